import type { HttpBindings } from '@hono/node-server';
import type { Caller } from './access.ts';
import type { FaultDesk } from './faults.ts';
import type { Outage } from './outage.ts';
import type { RateLimit } from './rate-limit.ts';
import type { Recorder } from './received.ts';
import type { Store } from './store.ts';
import type { TokenDesk } from './tokens.ts';
import type { Webhooks } from './webhooks.ts';

/** What all handlers of the stand-in share. */
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

/** Hono's types. The bindings are there when Node serves the app; when it is called in process, `c.env` itself is undefined. */
export type MoovEnv = {
  Bindings: Partial<HttpBindings>;
  Variables: { requestID: string; caller: Caller };
};
