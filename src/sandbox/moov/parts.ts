import type { HttpBindings } from '@hono/node-server';
import type { Caller } from './access.ts';
import type { FaultDesk } from './faults.ts';
import type { Outage } from './outage.ts';
import type { RateLimit } from './rate-limit.ts';
import type { Recorder } from './received.ts';
import type { Store } from './store.ts';
import type { TokenDesk } from './tokens.ts';
import type { Webhooks } from './webhooks.ts';

/** What the handlers of one stand-in share. */
export type Parts = {
  store: Store;
  tokens: TokenDesk;
  faults: FaultDesk;
  outage: Outage;
  received: Recorder;
  webhooks: Webhooks;
  rateLimit: RateLimit;
  /** where the portal is, for links on the pages */
  portalOrigin: string | undefined;
};

/** Bindings are there when the app is served by Node, and absent (even the object itself) when it is called in process. */
export type MoovEnv = {
  Bindings: Partial<HttpBindings>;
  Variables: { requestID: string; caller: Caller };
};
