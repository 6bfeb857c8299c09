import { expect, test } from 'vitest';
import { doubtsAbout, readSettings, SettingsError } from './settings.ts';

const complete = {
  PUBLIC_ORIGIN: 'http://localhost:3000/',
  MOOV_PUBLIC_KEY: 'public-canary',
  MOOV_SECRET_KEY: 'secret-canary',
  MOOV_PARTNER_ACCOUNT_ID: 'AAAAAAAA-c777-48f6-8211-063d5341f84b',
  OIDC_ISSUER: 'https://login.example',
  OIDC_CLIENT_ID: 'portal',
  OIDC_CLIENT_SECRET: 'oidc-canary',
};
const faultsOf = (env: Record<string, string | undefined>) => {
  try {
    readSettings(env);
  } catch (error) {
    if (error instanceof SettingsError) return error.message;
    throw error;
  }
  return '';
};

test('an operator who sets only what is required gets the documented defaults', () => {
  expect(readSettings(complete)).toMatchObject({
    PORT: 3000,
    HOST: '0.0.0.0',
    PUBLIC_ORIGIN: 'http://localhost:3000',
    MOOV_ORIGIN: 'http://localhost:3000',
    MOOV_API_URL: 'https://api.moov.io',
    MOOV_PARTNER_ACCOUNT_ID: 'aaaaaaaa-c777-48f6-8211-063d5341f84b',
    OIDC_SCOPE: 'openid profile email',
    OIDC_ROLE_CLAIM: 'moov_role',
    OIDC_ACCOUNT_CLAIM: 'moov_account_id',
    DATA_DIR: './.data',
    TRUSTED_PROXIES: [],
    SESSION_IDLE_MINUTES: 60,
    SESSION_MAX_HOURS: 12,
    CREATE_LIMIT_PER_MINUTE: 30,
    UPSTREAM_TIMEOUT_MS: 15_000,
    ANSWER_WITHIN_MS: 4_000,
    SETTLE_MS: 60_000,
    LOG_LEVEL: 'info',
  });
});

test('an operator sees every missing setting at once', () => {
  const faults = faultsOf({});
  for (const name of Object.keys(complete)) expect(faults).toContain(`${name} is missing`);
});

test('an operator sees every bad setting at once, and no value of any', () => {
  const faults = faultsOf({
    ...complete,
    PORT: 'eighty-canary',
    HOST: 'http://canary',
    PUBLIC_ORIGIN: 'http://portal-canary.example',
    MOOV_API_URL: 'http://canary.example',
    MOOV_ORIGIN: 'https://canary.example/path',
    MOOV_PARTNER_ACCOUNT_ID: 'canary',
    OIDC_ISSUER: 'canary',
    OIDC_SCOPE: 'canary',
    DATABASE_URL: 'mysql://canary',
    SETTLE_MS: '-1',
    LOG_LEVEL: 'canary',
  });
  for (const name of [
    'PORT',
    'HOST',
    'PUBLIC_ORIGIN',
    'MOOV_API_URL',
    'MOOV_ORIGIN',
    'MOOV_PARTNER_ACCOUNT_ID',
    'OIDC_ISSUER',
    'OIDC_SCOPE',
    'DATABASE_URL',
    'SETTLE_MS',
    'LOG_LEVEL',
  ])
    expect(faults).toMatch(new RegExp(`^ {2}${name} must`, 'm'));
  expect(faults).not.toContain('canary');
});

test.each(['0.0.0.0', '::', '::1', 'fe80::1%eth0', 'localhost', 'portal-1.internal'])(
  '%s may be listened on',
  (HOST) => {
    expect(readSettings({ ...complete, HOST }).HOST).toBe(HOST);
  },
);

test.each(['not a host', '0.0.0.0:3000', 'http://0.0.0.0', '[::1]', '300.1.1.1', 'portal/x'])(
  'nobody can listen on %s, and that is said with the other settings',
  (HOST) => {
    expect(faultsOf({ ...complete, HOST })).toContain('HOST must be an address or a host name alone');
  },
);

test.each([
  ['"secret-canary"', 'must not stand in quotation marks'],
  ["'secret-canary'", 'must not stand in quotation marks'],
  ['secret\ncanary', 'must not hold a line break or another control character'],
])('a secret that is not what the operator meant is named, not used: %j', (value, fault) => {
  const faults = faultsOf({ ...complete, MOOV_SECRET_KEY: value, OIDC_ISSUER: '"https://login.example"' });
  expect(faults).toContain(`  MOOV_SECRET_KEY ${fault}`);
  expect(faults).toContain('  OIDC_ISSUER must not stand in quotation marks');
  expect(faults).not.toContain('canary');
});

test.each(['"secret-canary"', '`secret-canary`', 'secret\tcanary'])(
  'the portal does not start with such a secret though nothing else is wrong: %j',
  (MOOV_SECRET_KEY) => {
    const faults = faultsOf({ ...complete, MOOV_SECRET_KEY });
    expect(faults).toMatch(/^The portal cannot start\. One setting is missing or wrong:\n {2}MOOV_SECRET_KEY must not/);
    expect(faults).not.toContain('canary');
  },
);

test('quotation marks inside a secret, and line breaks around it, do no harm', () => {
  expect(readSettings({ ...complete, MOOV_SECRET_KEY: ' a"b\'c"\r\n' }).MOOV_SECRET_KEY).toBe('a"b\'c"');
  expect(readSettings({ ...complete, ELSEWHERE: '"quoted"' }).PORT).toBe(3000);
});

test('the metrics cannot have the port of the portal, which is said with all else that is wrong', () => {
  expect(() => readSettings({ ...complete, ADMIN_PORT: '3000' })).toThrow('ADMIN_PORT must be another port than PORT');
  const faults = faultsOf({ PORT: '9090', ADMIN_PORT: '9090' });
  expect(faults).toContain('MOOV_SECRET_KEY is missing');
  expect(faults).toContain('ADMIN_PORT must be another port than PORT');
  expect(faultsOf({ ...complete, PORT: 'canary' })).not.toContain('ADMIN_PORT');
});

test('an empty setting counts as unset', () => {
  expect(faultsOf({ ...complete, MOOV_SECRET_KEY: ' ' })).toContain('MOOV_SECRET_KEY is missing');
  expect(readSettings({ ...complete, DATABASE_URL: '' }).DATABASE_URL).toBeUndefined();
});

test.each([
  ['PORT', '65536'],
  ['PORT', '3000.5'],
  ['ADMIN_PORT', '0'],
  ['ADMIN_PORT', '65536'],
  ['SESSION_IDLE_MINUTES', '0'],
  ['SESSION_IDLE_MINUTES', '10081'],
  ['SESSION_MAX_HOURS', '721'],
  ['UPSTREAM_TIMEOUT_MS', '49'],
])('a number out of its range is refused: %s of %s', (name, value) => {
  expect(faultsOf({ ...complete, [name]: value })).toContain(`${name} must be a whole number from`);
});

test('a number may be the least or the most of its range', () => {
  expect(readSettings({ ...complete, PORT: '0', ADMIN_PORT: '65535', UPSTREAM_TIMEOUT_MS: '50' })).toMatchObject({
    PORT: 0,
    ADMIN_PORT: 65_535,
    UPSTREAM_TIMEOUT_MS: 50,
  });
});

test('proxies are addresses and networks of both families, with or without spaces', () => {
  const TRUSTED_PROXIES = '10.0.0.0/8, 192.0.2.7 ,0.0.0.0/32,2001:db8::1,fd00::/128';
  expect(readSettings({ ...complete, TRUSTED_PROXIES }).TRUSTED_PROXIES).toEqual([
    '10.0.0.0/8',
    '192.0.2.7',
    '0.0.0.0/32',
    '2001:db8::1',
    'fd00::/128',
  ]);
});

test.each(['10.0.0.0/33', 'fd00::/129', '10.0.0.0/', '10.0.0.0/-1', '10.0.0.0/8/8', '10.0.0', 'proxy/8', '192.0.2.7,'])(
  '%s is no list of proxies',
  (TRUSTED_PROXIES) => {
    expect(faultsOf({ ...complete, TRUSTED_PROXIES })).toContain('TRUSTED_PROXIES must list addresses or networks');
  },
);

test('either name of the scheme of PostgreSQL will do, and an origin at Moov of its own is kept', () => {
  for (const DATABASE_URL of ['postgres://db.example/portal', 'postgresql://db.example/portal'])
    expect(readSettings({ ...complete, DATABASE_URL }).DATABASE_URL).toBe(DATABASE_URL);
  expect(readSettings({ ...complete, MOOV_ORIGIN: 'https://moov-origin.example' }).MOOV_ORIGIN).toBe(
    'https://moov-origin.example',
  );
});

test.each([
  ['mysql://db.example/portal', 'DATABASE_URL must begin with postgres://'],
  ['postgres://db.example:99999/portal', 'DATABASE_URL must be a whole address: its port is a number up to 65535'],
  ['postgres://portal:se/cret@db.example/portal', 'are percent-encoded'],
])('what is wrong with the address %s of a database is said', (DATABASE_URL, said) => {
  const faults = faultsOf({ ...complete, DATABASE_URL });
  expect(faults).toContain(said);
  expect(faults).not.toContain('db.example');
});

test.each([
  'http://localhost.portal.example',
  'http://127.0.0.1.portal.example',
  'http://notlocalhost',
  'http://portal.localhost.example',
  'http://192.0.2.7',
  'ftp://localhost',
])('%s is neither https nor this machine', (address) => {
  for (const name of ['PUBLIC_ORIGIN', 'MOOV_API_URL', 'OIDC_ISSUER'])
    expect(faultsOf({ ...complete, [name]: address })).toContain(`${name} must begin with https://`);
});

test.each([
  'http://localhost:3000',
  'http://portal.localhost:3000',
  'http://127.0.0.1:1',
  'http://[::1]:1',
  'https://portal.example',
])('%s may be the public origin', (PUBLIC_ORIGIN) => {
  expect(readSettings({ ...complete, PUBLIC_ORIGIN }).PUBLIC_ORIGIN).toBe(PUBLIC_ORIGIN);
});

test.each(['https://a@canary.example', 'https://a:b@canary.example', 'https://:b@canary.example'])(
  'an operator who puts a name or a password into an address, %s, is told for each, and the value is not repeated',
  (address) => {
    const names = ['PUBLIC_ORIGIN', 'MOOV_API_URL', 'MOOV_ORIGIN', 'OIDC_ISSUER'];
    const faults = faultsOf({ ...complete, ...Object.fromEntries(names.map((name) => [name, address])) });
    for (const name of names) expect(faults).toContain(`${name} must not hold a user name or password`);
    expect(faults).not.toContain('canary');
  },
);

test.each(['https://moov.example/?key=canary', 'https://moov.example/#canary'])(
  'an address with a part that would be left out, %s, is refused',
  (address) => {
    for (const name of ['MOOV_API_URL', 'OIDC_ISSUER'])
      expect(faultsOf({ ...complete, [name]: address })).toContain(`${name} must not hold a query or a fragment`);
  },
);

test('an origin on localhost, which Moov never accepts, is doubted; beside a stand-in on this machine it is not', () => {
  const onLocalhost = { MOOV_ORIGIN: 'http://localhost:3000' };
  expect(doubtsAbout({ ...onLocalhost, MOOV_API_URL: 'https://api.moov.io' })).toEqual([
    expect.stringMatching(/^MOOV_ORIGIN is on localhost, .*registered on the API key\.$/),
  ]);
  expect(doubtsAbout({ MOOV_ORIGIN: 'http://portal.localhost', MOOV_API_URL: 'https://api.moov.io' })).toHaveLength(1);
  expect(doubtsAbout({ ...onLocalhost, MOOV_API_URL: 'http://127.0.0.1:3001' })).toEqual([]);
  expect(doubtsAbout({ MOOV_ORIGIN: 'https://support.example', MOOV_API_URL: 'https://api.moov.io' })).toEqual([]);
});
