import { isIP } from 'node:net';
import * as z from 'zod/mini';
import { idPattern } from '../contract/paths.ts';

/** Whether a host name means this machine. Only then is plain http allowed. */
export const isLoopback = (host: string) => /^(localhost|127(\.\d{1,3}){3}|\[::1\]|.+\.localhost)$/.test(host);

/** An https address (http for this machine) without credentials, query and fragment. `what` is its name in the sentences. */
const address = (what: string) =>
  z.string().check(
    z.refine((value) => URL.canParse(value), `must be ${what}, for example https://host.example`),
    z.refine((value) => {
      if (!URL.canParse(value)) return true;
      const { protocol, hostname } = new URL(value);
      return protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname));
    }, 'must begin with https:// (http:// is for localhost only)'),
    z.refine((value) => {
      if (!URL.canParse(value)) return true;
      const { username, password } = new URL(value);
      return username === '' && password === '';
    }, 'must not hold a user name or password'),
    z.refine((value) => !/[?#]/.test(value), 'must not hold a query or a fragment'),
  );

/** Scheme, host and port only, normalised to the form in which a browser sends it as `Origin`. */
const origin = z.pipe(
  address('an origin').check(
    z.refine(
      (value) => !URL.canParse(value) || new URL(value).pathname === '/',
      'must be scheme and host alone, without a path',
    ),
  ),
  z.transform((value) => new URL(value).origin),
);

/** A whole number between two bounds. */
const whole = (least: number, most: number) =>
  z.pipe(
    z
      .string()
      .check(
        z.refine(
          (value) => /^\d{1,9}$/.test(value) && Number(value) >= least && Number(value) <= most,
          `must be a whole number from ${least} to ${most}`,
        ),
      ),
    z.transform(Number),
  );

/** Whether a text is an IP address or a network in CIDR form. */
function isNetwork(value: string): boolean {
  const [address = '', prefix, ...rest] = value.split('/');
  const family = isIP(address);
  if (family === 0 || rest.length > 0) return false;
  return prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= (family === 6 ? 128 : 32));
}

/** Whether a text is an IP address or a host name to listen on, without scheme and port. */
const isHost = (value: string) =>
  isIP(value) !== 0 || (/^[a-z\d]([a-z\d._-]*[a-z\d])?$/i.test(value) && !/^[\d.]+$/.test(value));

const text = z.string();
const uuid = z.string().check(z.toLowerCase(), z.regex(idPattern, 'must be an account id (a UUID)'));

const schema = z.object({
  PORT: z._default(whole(0, 65535), 3000),
  HOST: z._default(
    text.check(z.refine(isHost, 'must be an address or a host name alone, for example 0.0.0.0')),
    '0.0.0.0',
  ),
  PUBLIC_ORIGIN: origin,
  MOOV_API_URL: z._default(address('an address'), 'https://api.moov.io'),
  MOOV_PUBLIC_KEY: text,
  MOOV_SECRET_KEY: text,
  MOOV_PARTNER_ACCOUNT_ID: uuid,
  MOOV_ORIGIN: z.optional(origin),
  MOOV_WEBHOOK_SECRET: z.optional(text),
  OIDC_ISSUER: address('the address of an OpenID Connect provider'),
  OIDC_CLIENT_ID: text,
  OIDC_CLIENT_SECRET: text,
  OIDC_SCOPE: z._default(
    text.check(z.refine((value) => value.split(' ').includes('openid'), 'must contain openid')),
    'openid profile email',
  ),
  OIDC_ROLE_CLAIM: z._default(text, 'moov_role'),
  OIDC_ACCOUNT_CLAIM: z._default(text, 'moov_account_id'),
  DATABASE_URL: z.optional(
    text.check(
      z.refine((value) => /^postgres(ql)?:\/\//i.test(value), { error: 'must begin with postgres://', abort: true }),
      z.refine(
        (value) => URL.canParse(value),
        'must be a whole address: its port is a number up to 65535, and signs such as @ / ? # in a user name or password are percent-encoded',
      ),
    ),
  ),
  DATA_DIR: z._default(text, './.data'),
  SESSION_IDLE_MINUTES: z._default(whole(1, 10_080), 60),
  SESSION_MAX_HOURS: z._default(whole(1, 720), 12),
  CREATE_LIMIT_PER_MINUTE: z._default(whole(1, 100_000), 30),
  UPSTREAM_TIMEOUT_MS: z._default(whole(50, 120_000), 15_000),
  ANSWER_WITHIN_MS: z._default(whole(50, 60_000), 4_000),
  SETTLE_MS: z._default(whole(0, 3_600_000), 60_000),
  LOG_LEVEL: z._default(
    z.enum(
      ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'],
      'must be one of trace, debug, info, warn, error, fatal, silent',
    ),
    'info',
  ),
  TRUSTED_PROXIES: z._default(
    z.pipe(
      text.check(
        z.refine(
          (value) => value.split(',').every((part) => isNetwork(part.trim())),
          'must list addresses or networks, for example 10.0.0.0/8,192.0.2.7',
        ),
      ),
      z.transform((value) => value.split(',').map((part) => part.trim())),
    ),
    [],
  ),
  ADMIN_PORT: z.optional(whole(1, 65535)),
});

/**
 * What is wrong with a value, whichever setting it is; undefined if nothing is. `docker run --env-file` passes quotation marks on as part
 * of the value, and a secret with them would look valid.
 */
function misspelt(value: string): string | undefined {
  if (/^(["'`]).*\1$/s.test(value)) return 'must not stand in quotation marks';
  if (/\p{Cc}/u.test(value)) return 'must not hold a line break or another control character';
  return undefined;
}

/** The schema with the rules about several settings together. */
const together = schema.check(
  z.refine(({ PORT, ADMIN_PORT }) => ADMIN_PORT === undefined || ADMIN_PORT !== PORT, {
    error: 'must be another port than PORT',
    path: ['ADMIN_PORT'],
    // Checked even if other settings are missing or wrong, so that all faults are reported at once.
    when: () => true,
  }),
);

type Parsed = z.output<typeof schema>;
/** Every setting of `npm start`, parsed: URLs normalised, numbers as numbers, times in the unit of their name. */
export type Settings = Omit<Parsed, 'MOOV_ORIGIN'> & { MOOV_ORIGIN: string };

/** Thrown by `readSettings`. Its message names every setting at fault, one on each line, and never a value. */
export class SettingsError extends Error {
  override name = 'SettingsError';
}

/**
 * Parses the environment. White space around a value is removed; an empty value counts as unset.
 * @throws {SettingsError} naming every missing or bad setting at once; never a value, since some are secret
 */
export function readSettings(env: Record<string, string | undefined>): Settings {
  const given = Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) =>
      value === undefined || value.trim() === '' ? [] : [[name, value.trim()]],
    ),
  );
  const parsed = together.safeParse(given);
  const faults = new Map<string, string>();
  for (const name of Object.keys(schema.shape)) {
    const fault = misspelt(given[name] ?? '');
    if (fault !== undefined) faults.set(name, fault);
  }
  if (!parsed.success || faults.size > 0) {
    for (const issue of parsed.error?.issues ?? []) {
      const name = String(issue.path[0]);
      if (!faults.has(name)) faults.set(name, name in given ? issue.message : 'is missing');
    }
    throw new SettingsError(
      `The portal cannot start. ${faults.size === 1 ? 'One setting is' : `${faults.size} settings are`} missing or wrong:\n${[
        ...faults,
      ]
        .map(([name, fault]) => `  ${name} ${fault}`)
        .join('\n')}\nThe README lists every setting under “Settings”.`,
    );
  }
  return { ...parsed.data, MOOV_ORIGIN: parsed.data.MOOV_ORIGIN ?? parsed.data.PUBLIC_ORIGIN };
}

/** Sentences about settings that are each well-formed but will not work together. */
export function doubtsAbout(settings: Pick<Settings, 'MOOV_ORIGIN' | 'MOOV_API_URL'>): string[] {
  const isHere = (address: string) => isLoopback(new URL(address).hostname);
  return isHere(settings.MOOV_ORIGIN) && !isHere(settings.MOOV_API_URL)
    ? ['MOOV_ORIGIN is on localhost, which Moov never accepts: set it to an origin that is registered on the API key.']
    : [];
}
