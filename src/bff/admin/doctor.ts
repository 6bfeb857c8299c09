import type { Logger } from 'pino';
import { codeOf } from '../guard/error-code.ts';
import { createProvider } from '../identity/provider.ts';
import { createMoov } from '../moov/moov.ts';
import type { Outcome } from '../moov/outcome.ts';
import type { Settings } from '../settings.ts';
import { operatorsIn } from '../store/operators.ts';
import { outageOf } from '../store/outage.ts';
import type { openStore } from '../store/store.ts';

/** The result of one check. `ms` is how long it took; 0 if it was not tried. */
type Finding = { party: string; ok: boolean; ms: number; says: string };

/** @throws an error with a sentence for the operator, when an outcome is not ok */
function mustBe<T>(outcome: Outcome<T>): void {
  if (outcome.kind === 'ok') return;
  if (outcome.kind === 'refused')
    throw new Error(`Moov refuses it (${outcome.status}): does MOOV_API_URL lead to Moov, and may the key do this?`);
  throw new Error(
    outcome.reason === 'unauthorized'
      ? 'Moov does not accept the keys or the origin: check MOOV_PUBLIC_KEY, MOOV_SECRET_KEY, and that MOOV_ORIGIN is registered on the key'
      : `Moov does not answer (${[outcome.reason, outcome.status ?? outcome.code].filter(Boolean).join(', ')})`,
  );
}

/**
 * Checks every outside party with one harmless request, one after the other. A check is not tried if the one that it needs has failed.
 * Opening the database also brings its tables up to date.
 * @param patience.timeoutMs how long one request to the identity provider may take
 */
export async function examine(
  settings: Settings,
  open: typeof openStore,
  log: Logger,
  patience: { timeoutMs?: number } = {},
): Promise<Finding[]> {
  const moov = createMoov(settings, log, () => undefined);
  const provider = createProvider(settings, patience);
  const findings: Finding[] = [];
  const check = async (party: string, ask: () => Promise<string>, needs?: string) => {
    if (needs !== undefined && findings.some((finding) => finding.party === needs && !finding.ok)) {
      findings.push({ party, ok: false, ms: 0, says: `not tried without the ${needs}` });
      return;
    }
    const begun = performance.now();
    const done = (ok: boolean, says: string) =>
      findings.push({ party, ok, ms: Math.max(1, Math.round(performance.now() - begun)), says });
    try {
      done(true, await ask());
    } catch (error) {
      done(false, sentenceOf(error));
    }
  };
  await check('database', async () => {
    const store = await open({ databaseURL: settings.DATABASE_URL, dataDir: settings.DATA_DIR }, log);
    try {
      await store.ping();
      // Read a table too: the database may answer the ping while somebody keeps its tables locked.
      await operatorsIn(store.db).submissions('waiting', 1);
    } catch (error) {
      const code = outageOf(error);
      if (code === undefined) throw error;
      throw new Error(`it cannot be used just now (${code}): docs/operate.md says under “Log” what the code means`);
    } finally {
      await store.close();
    }
    return store.engine === 'postgres' ? 'PostgreSQL answers' : 'the embedded database opens';
  });
  const discovery = 'identity provider';
  await check(discovery, async () => {
    const issuer = await provider.reach().catch((error: unknown) => {
      if (codeOf(error) === 'OAUTH_TIMEOUT') throw new Error('it does not answer in time', { cause: error });
      // Something answers there, but it is not an identity provider, or it calls itself by another name than the setting.
      if (codeOf(error)?.startsWith('OAUTH_'))
        throw new Error('check OIDC_ISSUER, to the letter: a slash at its end counts', { cause: error });
      throw error;
    });
    return `its metadata can be read: ${issuer}`;
  });
  await check(
    'identity provider keys',
    async () => {
      const count = await provider.countKeys();
      if (count === 0) throw new Error('it publishes no keys: nobody can sign in');
      return `it publishes ${count} key${count === 1 ? '' : 's'}`;
    },
    discovery,
  );
  await check(
    'identity provider client',
    async () => {
      const word = await provider.tryClient();
      if (word === 'invalid_grant') return 'it takes the client and its secret';
      return word === undefined
        ? 'its answer does not say whether it takes the client'
        : `it does not refuse the client (${word})`;
    },
    discovery,
  );
  const token = 'Moov token';
  await check(token, async () => {
    mustBe(await moov.authenticate());
    return 'Moov takes the keys and the origin';
  });
  await check(
    'Moov API',
    async () => {
      mustBe(await moov.probe());
      return 'Moov answers';
    },
    token,
  );
  await check(
    'partner account',
    async () => {
      const account = await moov.getAccount(settings.MOOV_PARTNER_ACCOUNT_ID);
      if (account.kind === 'refused' || (account.kind === 'unclear' && account.reason === 'unauthorized'))
        throw new Error(`Moov does not show it to this key (${account.status}): check MOOV_PARTNER_ACCOUNT_ID`);
      mustBe(account);
      return 'Moov shows it to this key';
    },
    'Moov API',
  );
  await check('clock', async () => timeOf(moov.clockAheadMs()), 'Moov API');
  await moov.close();
  await check('webhooks', async () =>
    settings.MOOV_WEBHOOK_SECRET === undefined
      ? 'none are taken, and live news comes from polling: MOOV_WEBHOOK_SECRET is not set'
      : `those signed with MOOV_WEBHOOK_SECRET are taken at ${settings.PUBLIC_ORIGIN}/webhooks/moov`,
  );
  return findings;
}

/**
 * How far this machine's clock and Moov's may differ. Tokens and webhooks that are more than five minutes old or in the future are refused;
 * the clocks must not use up much of that.
 */
const mostApartMs = 60_000;

/** A sentence about this machine's clock. @throws when it is so wrong that sign-ins and webhooks are about to fail */
function timeOf(moovAheadMs: number | undefined): string {
  if (moovAheadMs === undefined) return 'Moov does not tell the time';
  const apart = `${Math.round(Math.abs(moovAheadMs) / 1000)} s ${moovAheadMs > 0 ? 'behind' : 'ahead of'} Moov's`;
  if (Math.abs(moovAheadMs) > mostApartMs)
    throw new Error(`it is ${apart}: set it, or nobody can sign in and webhooks are refused`);
  return `it is ${apart}`;
}

/** The message of an error with that of its cause, since a library's own message is often only "fetch failed". Never what was sent. */
function sentenceOf(error: unknown): string {
  if (!(error instanceof Error)) return 'failed';
  const codes = [error, error.cause].map(codeOf).filter((code) => code !== undefined);
  const said = error instanceof AggregateError || error.message === '' ? 'failed' : error.message;
  const cause = error.cause instanceof Error && error.cause.message !== '' ? `: ${error.cause.message}` : '';
  return [`${said}${cause}`, ...(codes.length === 0 ? [] : [`(${[...new Set(codes)].join(', ')})`])].join(' ');
}
