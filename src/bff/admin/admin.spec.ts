import { execFile, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';
import path from 'node:path';
import { sql } from 'drizzle-orm';
import pg from 'pg';
import pino from 'pino';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import * as z from 'zod/mini';
import { type Sandbox, startSandbox } from '../../sandbox/start.ts';
import { readSettings } from '../settings.ts';
import type { Store } from '../store/engine.ts';
import { rowsOf } from '../store/query.ts';
import { sessionsIn } from '../store/sessions.ts';
import { openStore } from '../store/store.ts';
import { submissionsIn } from '../store/submissions.ts';
import { presentSubmission } from '../submissions/present.ts';
import { freshDatabase } from '../testing/database.ts';
import { accounts } from '../testing/world.ts';
import { commands } from './commands.ts';
import { examine } from './doctor.ts';
import { run } from './run.ts';

const log = pino({ level: 'silent' });
const secrets = {
  body: 'canary-body-of-a-ticket',
  title: 'canary-title-of-a-ticket',
  hash: 'canary-hash-of-a-session',
};
let database: Awaited<ReturnType<typeof freshDatabase>>;
let sandbox: Sandbox;
let settings: Record<string, string>;
const ids = {
  waits: randomUUID(),
  unclear: randomUUID(),
  dead: randomUUID(),
  created: randomUUID(),
  cancel: randomUUID(),
  lost: randomUUID(),
};
const said: string[] = [];

/** Opened once for all commands: opening it for each would take a second. */
let store: Store;

beforeAll(async () => {
  database = await freshDatabase();
  sandbox = await startSandbox();
  settings = {
    ...sandbox.settings,
    PUBLIC_ORIGIN: 'http://localhost:3000',
    DATA_DIR: database.where.dataDir,
    ...(database.where.databaseURL !== undefined && { DATABASE_URL: database.where.databaseURL }),
  };
  store = await openStore(database.where, log);
  const { db } = store;
  const submissions = submissionsIn(db);
  // The settle time is long, so that it cannot be over before the test sends the submission by hand, even on a busy machine.
  const sending = { owner: 'a', leaseMs: 60_000, settlesInMs: 3_600_000 };
  const accept = (submissionID: string, sends: boolean) =>
    submissions.accept(
      {
        submissionID,
        accountID: accounts.own,
        personID: 'p',
        personName: 'Mel Roberts',
        idempotencyKey: randomUUID(),
        fingerprint: 'f',
        payload: { title: secrets.title, body: `<p>${secrets.body}</p>`, contact: { email: 'canary@example.com' } },
        asItself: true,
        foreignID: `portal-${submissionID}`,
        requestID: `request-${submissionID.slice(0, 8)}`,
      },
      sends ? sending : undefined,
    );
  await accept(ids.waits, false);
  await accept(ids.cancel, false);
  await accept(ids.unclear, true);
  await submissions.requeued(
    ids.unclear,
    'a',
    { reason: 'timeout', mayHaveArrived: true, againInMs: 3_600_000 },
    'up-7',
  );
  await accept(ids.lost, true);
  await submissions.requeued(ids.lost, 'a', { reason: 'timeout', mayHaveArrived: true, againInMs: 3_600_000 });
  await accept(ids.dead, false);
  await submissions.rejected(ids.dead, { type: 'x', title: 'No', status: 422, detail: 'No', requestID: 'r' });
  await accept(ids.created, true);
  await submissions.created(ids.created, 'ticket-1', 'up-1');
  for (const [index, ends] of ['now', 'later', 'later'].entries())
    await sessionsIn(db).begin({
      idHash: `${secrets.hash}-${index}`,
      person: {
        personID: 'mel',
        issuer: 'test',
        subject: 'subject-mel',
        name: 'Mel Roberts',
        email: 'Mel@Example.com',
      },
      role: 'merchant',
      accountID: accounts.own,
      idleMinutes: ends === 'now' ? -1 : 60,
      maxHours: 12,
    });
});
afterAll(async () => {
  await sandbox.stop();
  await store.close();
  await database.drop();
  // No command in this file may have printed any of these.
  const all = said.join('\n');
  for (const secret of [
    ...Object.values(secrets),
    'canary@example.com',
    sandbox.settings.MOOV_SECRET_KEY,
    sandbox.settings.OIDC_CLIENT_SECRET,
  ])
    expect(all).not.toContain(secret);
});

/** Runs a command as a shell would, in this process. */
async function admin(args: string, env: Record<string, string | undefined> = settings) {
  let [out, err] = ['', ''];
  const status = await run(args.split(' ').filter(Boolean), {
    env,
    open: async (where, to) =>
      where.databaseURL === database.where.databaseURL
        ? { ...store, close: () => Promise.resolve() }
        : openStore(where, to),
    out: (text) => {
      out += text;
    },
    err: (text) => {
      err += text;
    },
  });
  said.push(out, err);
  return { status, out, err };
}
const shape = z.strictObject({
  ok: z.boolean(),
  command: z.nullable(z.string()),
  message: z.string(),
  data: z.unknown(),
});
/** The same with `--json`: one object of one shape on standard output, nothing else anywhere. */
async function asked(args: string, env?: Record<string, string | undefined>) {
  const { status, out, err } = await admin(`${args} --json`, env);
  expect(err).toBe('');
  const told = shape.parse(JSON.parse(out));
  expect(told.ok).toBe(status === 0);
  return { status, ...told };
}

describe('help', () => {
  test('the first page lists every command', async () => {
    const { status, out } = await admin('--help');
    expect(status).toBe(0);
    for (const { name, summary } of commands) {
      expect(out).toContain(name);
      expect(out).toContain(summary);
    }
  });
  test.each(commands)('$name has a page of its own: usage, options, an example, every exit status', async (command) => {
    const { status, out, err } = await admin(`${command.name} --help`, {});
    expect([status, err]).toEqual([0, '']);
    expect(out).toMatch(new RegExp(`^Usage: npm run admin -- ${[command.name, ...command.operands].join(' ')}`));
    for (const option of [...Object.keys(command.options), 'json', 'help']) expect(out).toContain(`  --${option}`);
    expect(out).toMatch(/\nExample:\n {2}npm run admin -- \S/);
    expect(out).toContain(`npm run admin -- ${command.name}`);
    expect(out).toMatch(/\nExit status:\n {2}0 {2}.+\n {2}1 {2}.+\n {2}2 {2}used wrongly\n$/);
  });
  test('a group of commands has one too', async () => {
    const { status, out } = await admin('submissions --help');
    expect(status).toBe(0);
    expect(out).toContain('submissions cancel ID');
    expect(out).not.toContain('sessions');
  });
});

test.each([
  ['', 'Name a command.'],
  ['docter', 'There is no command docter. Did you mean doctor?'],
  ['submission list', 'There is no command submission. Did you mean submissions?'],
  ['frobnicate', 'There is no command frobnicate.'],
  ['submissions', 'submissions needs a command: list, show, send, cancel, give-up.'],
  ['submissions lsit', 'submissions has no command lsit. Did you mean list?'],
  ['submissions list --stat dead', 'submissions list has no option --stat. Did you mean --state?'],
  ['submissions list --state', '--state needs a value: --state KIND'],
  ['submissions list --state ded', 'waiting, dead, sending, queued, created, rejected, cancelled. Did you mean dead?'],
  ['submissions list --state dead --state dead', '--state is given twice.'],
  ['submissions list --json=yes', '--json takes no value.'],
  ['submissions list more', 'submissions list does not take “more”.'],
  ['submissions show', 'submissions show needs ID.'],
  ['submissions show 12', '“12” is no id of a submission (a UUID).'],
  ['sessions end', 'sessions end needs --person WHO.'],
  ['purge --forse', 'purge has no option --forse.'],
])('“%s” is used wrongly: status 2, what is wrong, and where to read on', async (args, complaint) => {
  const { status, out, err } = await admin(args);
  expect([status, out]).toEqual([2, '']);
  expect(err.split('\n')[0]).toContain(complaint);
  expect(err).toMatch(/\nSee: npm run admin -- .*--help\n$/);
  expect(await asked(args.replace(' --json=yes', ' --jso'))).toMatchObject({ status: 2, ok: false, data: null });
});

describe('settings', () => {
  test('right ones: status 0', async () => {
    expect(await admin('settings')).toEqual({ status: 0, out: 'Every setting is right.\n', err: '' });
  });
  test('one with which the portal starts and cannot work is named as well: status 1', async () => {
    const { status, err } = await admin('settings', {
      ...settings,
      MOOV_API_URL: 'https://api.moov.io',
      MOOV_ORIGIN: '',
    });
    expect(status).toBe(1);
    expect(err).toMatch(/^MOOV_ORIGIN is on localhost, which Moov never accepts/);
  });
  test('wrong ones are named, without their value: status 1', async () => {
    const wrong = { ...settings, PORT: 'canary-body-of-a-ticket', MOOV_PUBLIC_KEY: '' };
    const { status, out, err } = await admin('settings', wrong);
    expect([status, out]).toEqual([1, '']);
    expect(err).toContain('MOOV_PUBLIC_KEY is missing');
    expect(err).toContain('PORT must be a whole number');
    expect(await asked('submissions list', wrong)).toMatchObject({
      status: 1,
      command: 'submissions list',
      data: null,
    });
  });
});

const namesOf = (data: unknown) =>
  z
    .array(z.object({ submissionID: z.string() }))
    .parse(data)
    .map((one) => one.submissionID);

describe('submissions', () => {
  test('list gives what waits, oldest first, for people and for machines', async () => {
    const { data } = await asked('submissions list');
    expect(namesOf(data)).toEqual([ids.waits, ids.cancel, ids.unclear, ids.lost]);
    const { status, out } = await admin('submissions list');
    expect(status).toBe(0);
    expect(out.trimEnd().split('\n')).toHaveLength(4);
    expect(out).toContain(`${ids.unclear}  queued`);
  });
  test('list --state gives the dead ones, or those in one state', async () => {
    expect(namesOf((await asked('submissions list --state dead')).data)).toEqual([ids.dead]);
    expect(namesOf((await asked('submissions list --state created')).data)).toEqual([ids.created]);
    expect(await admin('submissions list --state cancelled')).toEqual({ status: 0, out: 'None.\n', err: '' });
  });
  test('of a refused one the reason is the status with which Moov refused it', async () => {
    expect((await asked(`submissions show ${ids.dead}`)).data).toMatchObject({
      state: 'rejected',
      reason: 'refused-422',
    });
    expect((await asked('submissions list --state dead')).data).toMatchObject([{ reason: 'refused-422' }]);
  });
  test('show gives one with its audit trail and the request ids to quote', async () => {
    const { data } = await asked(`submissions show ${ids.unclear.toUpperCase()}`);
    expect(data).toMatchObject({
      submissionID: ids.unclear,
      accountID: accounts.own,
      filedBy: 'Mel Roberts',
      state: 'queued',
      reason: 'timeout',
      mayHaveArrived: true,
      trail: [
        { action: 'submission-sending', by: 'Mel Roberts', requestID: `request-${ids.unclear.slice(0, 8)}` },
        { action: 'submission-queued', upstreamRequestID: 'up-7' },
      ],
    });
    expect((await admin(`submissions show ${ids.created}`)).out).toMatch(
      /submission-created +Mel Roberts +ticket-1 .*up-1/,
    );
  });
  test('send makes a waiting one due now, and says of a settled one that it does not wait', async () => {
    expect(await asked(`submissions send ${ids.unclear}`)).toMatchObject({ status: 0, data: { due: true } });
    expect(await asked(`submissions send ${ids.created}`)).toMatchObject({
      status: 1,
      message: 'It does not wait: it is created.',
    });
    // If it is looked for and not found, it is sent again only after the settle time.
    expect(
      await store.db.execute(
        sql`select 1 from submissions where submission_id = ${ids.unclear} and settles_at > now()`,
      ),
    ).toMatchObject({ rows: [{}] });
    const due = await submissionsIn(store.db).claimDue('worker', 1, 16);
    expect(due.map(({ submissionID }) => submissionID)).toContain(ids.unclear);
    const trail = await store.db.execute(
      sql`select action, person_name from audit where submission_id = ${ids.unclear} order by audit_id desc limit 1`,
    );
    expect(rowsOf(z.object({ action: z.string(), person_name: z.string() }), trail)).toEqual([
      { action: 'submission-sent-by-hand', person_name: 'operator' },
    ]);
  });
  test('send says of one that is being sent that it is, and leaves it alone', async () => {
    const submissions = submissionsIn(store.db);
    const owner = 'sender';
    await store.db.execute(sql`update submissions set lease_owner = ${owner} where submission_id = ${ids.waits}`);
    await submissions.sendingAgain(ids.waits, { owner, leaseMs: 60_000, settlesInMs: 60_000 });
    expect(await asked(`submissions send ${ids.waits}`)).toMatchObject({
      status: 1,
      message: 'It is being sent already.',
      data: { due: false },
    });
    await submissions.requeued(ids.waits, owner, { reason: 'unavailable', mayHaveArrived: false, againInMs: 0 });
  });
  test('cancel takes only what surely has not arrived', async () => {
    expect(await asked(`submissions cancel ${ids.cancel}`)).toMatchObject({ status: 0, data: { cancelled: true } });
    expect(await asked(`submissions cancel ${ids.unclear}`)).toMatchObject({
      status: 1,
      message: 'It cannot be cancelled: it is queued and may have arrived.',
    });
  });
  test('give-up ends what may have arrived, once, and the person finds it in the list until that is read', async () => {
    const submissions = submissionsIn(store.db);
    const listed = async () => (await submissions.waiting(accounts.own)).map(({ submissionID }) => submissionID);
    expect(await asked(`submissions give-up ${ids.lost}`)).toMatchObject({
      status: 0,
      message: 'It is given up.',
      data: { givenUp: true },
    });
    expect(await asked(`submissions give-up ${ids.lost}`)).toMatchObject({
      status: 1,
      message: 'It cannot be given up: it is rejected.',
      data: { givenUp: false },
    });
    expect(await asked(`submissions show ${ids.lost}`)).toMatchObject({
      data: {
        state: 'rejected',
        reason: 'given-up',
        mayHaveArrived: true,
        trail: expect.arrayContaining([expect.objectContaining({ action: 'submission-rejected', by: 'operator' })]),
      },
    });
    const given = await submissions.find(accounts.own, ids.lost);
    expect(given?.payload, 'its content is erased').toBeUndefined();
    expect(given && presentSubmission(given)).toMatchObject({
      state: 'rejected',
      cancellable: false,
      problem: { type: '/problems/given-up', requestID: `request-${ids.lost.slice(0, 8)}` },
    });
    expect(await listed()).toContain(ids.lost);
    await submissions.dismissed(accounts.own, ids.lost, { personID: 'p', personName: 'Mel', requestID: 'r' });
    expect(await listed()).not.toContain(ids.lost);
  });
  test('give-up leaves one that surely has not arrived, which can be cancelled', async () => {
    expect(await asked(`submissions give-up ${ids.waits}`)).toMatchObject({
      status: 1,
      message: 'It surely has not arrived: “submissions cancel” ends it.',
      data: { givenUp: false },
    });
  });
  test.each(['show', 'send', 'cancel', 'give-up'])('%s says when there is no such submission', async (action) => {
    expect(await asked(`submissions ${action} ${accounts.unknown}`)).toMatchObject({
      status: 1,
      message: `There is no submission ${accounts.unknown}.`,
    });
  });
});

describe('sessions', () => {
  test('list shows who is signed in, never what opens the session', async () => {
    const { data } = await asked('sessions list');
    expect(data).toHaveLength(2);
    expect(data).toMatchObject([
      { personID: 'mel', name: 'Mel Roberts', role: 'merchant', accountID: accounts.own },
      {},
    ]);
    expect((await admin('sessions list --person subject-mel')).out.trimEnd().split('\n')).toHaveLength(3);
    expect(await asked('sessions list --person nobody')).toMatchObject({ status: 1, data: [] });
  });
  test('end signs a person out everywhere, by email address in any case', async () => {
    expect(await asked('sessions end --person mel@example.COM')).toMatchObject({ status: 0, data: { ended: 3 } });
    expect(await admin('sessions end --person mel')).toMatchObject({
      status: 0,
      out: 'Mel Roberts: 0 sessions ended.\n',
    });
    expect(await asked('sessions end --person nobody')).toMatchObject({ status: 1 });
    expect(await asked('sessions list')).toMatchObject({ status: 0, message: 'None.' });
  });
  test('list of several people with one email address gives all sessions begun last first, and says when it is not all', async () => {
    const email = 'front-desk@example.com';
    for (const [idHash, personID, maxHours] of [
      ['first', 'ana', 12],
      ['second', 'bo', 1],
      ['third', 'ana', 12],
    ] as const)
      await sessionsIn(store.db).begin({
        idHash: `${secrets.hash}-${idHash}`,
        person: { personID, issuer: 'test', subject: personID, name: personID, email },
        role: 'partner',
        idleMinutes: 60,
        maxHours,
      });
    const list = async () => {
      const { data, message } = await asked(`sessions list --person ${email}`);
      return { names: z.array(z.object({ name: z.string() })).parse(data), message };
    };
    expect((await list()).names).toMatchObject([{ name: 'ana' }, { name: 'bo' }, { name: 'ana' }]);
    const more = (from: number, to: number) =>
      store.db.execute(sql`
        insert into sessions (id_hash, person_id, name, role, created_at, idle_ends_at, ends_at)
        select ${secrets.hash} || i, case when i % 2 = 0 then 'ana' else 'bo' end, 'before', 'partner', now() - interval '1 hour', now() + interval '1 hour', now() + interval '1 hour'
        from generate_series(${from}::int, ${to}::int) as i`);
    await more(4, 500);
    const all = await list();
    expect([all.names.length, all.message.includes('Only the first')]).toEqual([500, false]);
    await more(501, 501);
    const cut = await list();
    expect([cut.names.length, cut.message.includes('Only the first 500 are listed.')]).toEqual([500, true]);
    expect(await asked(`sessions end --person ${email}`)).toMatchObject({ data: { ended: 501 } });
  });
});

test('restored marks whatever waits or is on the wire, so that it is looked for first', async () => {
  await store.db.execute(
    sql`update submissions set state = 'sending', lease_owner = 'dead', lease_ends_at = now() + interval '1 hour' where submission_id = ${ids.waits}`,
  );
  expect(namesOf((await asked('submissions list')).data)).toEqual([ids.waits, ids.unclear]);
  expect(await asked('restored')).toMatchObject({ status: 0, data: { waiting: 2 } });
  const { data } = await asked('submissions list');
  expect(data).toMatchObject([{ mayHaveArrived: true }, { mayHaveArrived: true }]);
  // Requests that were on the wire when the earlier instances ended may still arrive, so the settle time begins anew.
  expect(
    await store.db.execute(
      sql`select 1 from submissions where state = 'queued' and settles_at > now() + interval '50 seconds'`,
    ),
  ).toMatchObject({ rows: [{}, {}] });
  expect(await submissionsIn(store.db).claimDue('after', 1, 16)).toHaveLength(2);
});

test('purge removes what has had its time, and counts it', async () => {
  await store.db.execute(
    sql`update submissions set settled_at = now() - interval '31 days' where submission_id = ${ids.created}`,
  );
  await store.db.execute(
    sql`insert into limits (key, points, expire) values ('list:mel', 3, 1), ('list:pat', 3, 1e15)`,
  );
  expect(await asked('purge')).toMatchObject({
    status: 0,
    data: { sessions: 0, logins: 0, submissions: 1, claims: 0, events: 0, webhookEvents: 0, limits: 1 },
  });
  expect(await asked(`submissions show ${ids.created}`)).toMatchObject({ status: 1 });
});

/** A port on which nobody listens. */
const closedPort = () =>
  new Promise<number>((resolve) => {
    const probe = createServer().listen(0, () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });

describe('doctor', () => {
  const findings = z.array(z.strictObject({ party: z.string(), ok: z.boolean(), ms: z.number(), says: z.string() }));
  test('reaches every outside party once, and says how long each took', async () => {
    const before = sandbox.moov.received.length;
    const { status, data } = await asked('doctor');
    expect(status).toBe(0);
    const found = findings.parse(data);
    expect(found.map(({ party, ok }) => [party, ok])).toEqual([
      ['database', true],
      ['identity provider', true],
      ['identity provider keys', true],
      ['identity provider client', true],
      ['Moov token', true],
      ['Moov API', true],
      ['partner account', true],
      ['clock', true],
      ['webhooks', true],
    ]);
    for (const { ms } of found) expect(ms).toBeGreaterThan(0);
    expect(sandbox.moov.received.slice(before).map(({ path }) => path.split('?')[0])).toEqual([
      '/oauth2/token',
      '/accounts',
      '/oauth2/token',
      `/accounts/${settings.MOOV_PARTNER_ACCOUNT_ID}`,
    ]);
  });
  test('tells what fails and what was therefore not tried: status 1', async () => {
    const { status, out, err } = await admin('doctor', {
      ...settings,
      MOOV_SECRET_KEY: 'wrong',
      OIDC_ISSUER: `http://localhost:${await closedPort()}`,
    });
    expect([status, out]).toEqual([1, '']);
    expect(err).toMatch(/^ok +database/m);
    expect(err).toMatch(/^FAILED +identity provider +\d+ ms +.*ECONNREFUSED/m);
    expect(err).toMatch(/^FAILED +identity provider keys +0 ms +not tried without the identity provider$/m);
    expect(err).toMatch(/^FAILED +Moov token .*check MOOV_PUBLIC_KEY, MOOV_SECRET_KEY, and that MOOV_ORIGIN/m);
    expect(err).toMatch(/^FAILED +Moov API +0 ms +not tried without the Moov token$/m);
    expect(err).toMatch(/^FAILED +clock +0 ms +not tried without the Moov API$/m);
  });
  if (process.env.TEST_DATABASE_URL !== undefined)
    test('says when somebody keeps the tables locked, though the database answers: status 1', async () => {
      const other = new pg.Client({ connectionString: settings.DATABASE_URL });
      await other.connect();
      await other.query('begin; lock table submissions');
      try {
        const { status, err } = await admin('doctor');
        expect(status).toBe(1);
        expect(err).toMatch(/^FAILED +database +\d+ ms +it cannot be used just now \(55P03\): docs\/operate\.md/m);
        expect(err).toMatch(/^ok +Moov API/m);
      } finally {
        await other.end();
      }
    });
  test('says that OIDC_ISSUER is wrong where something answers that is no provider of that name: status 1', async () => {
    const { status, err } = await admin('doctor', { ...settings, OIDC_ISSUER: `${settings.OIDC_ISSUER}/elsewhere` });
    expect(status).toBe(1);
    expect(err).toMatch(/^FAILED +identity provider +\d+ ms +check OIDC_ISSUER, to the letter.*\(OAUTH_/m);
  });
  test.each([
    ['secret', { OIDC_CLIENT_SECRET: 'wrong' }],
    ['id', { OIDC_CLIENT_ID: 'nobody' }],
  ])('says that the identity provider does not take the client, where its %s is wrong: status 1', async (_, wrong) => {
    const { status, err } = await admin('doctor', { ...settings, ...wrong });
    expect(status).toBe(1);
    expect(err).toMatch(/^ok +identity provider keys/m);
    expect(err).toMatch(
      /^FAILED +identity provider client .*\(invalid_client\): check OIDC_CLIENT_ID and OIDC_CLIENT_SECRET/m,
    );
  });
  test('says that the identity provider does not answer, not that its address is wrong: status 1', async () => {
    const silent = createServer().listen(0);
    await once(silent, 'listening');
    const address = z.looseObject({ port: z.number() }).parse(silent.address());
    try {
      const asked = readSettings({ ...settings, OIDC_ISSUER: `http://localhost:${address.port}` });
      const found = await examine(asked, () => Promise.reject(new Error('not asked')), log, { timeoutMs: 200 });
      expect(found.find(({ party }) => party === 'identity provider')).toMatchObject({
        ok: false,
        says: expect.stringMatching(/^it does not answer in time.*\(OAUTH_TIMEOUT\)$/),
      });
    } finally {
      silent.close();
    }
  });
  test.each([
    ['', 'none are taken, and live news comes from polling: MOOV_WEBHOOK_SECRET is not set'],
    ['a-secret', 'those signed with MOOV_WEBHOOK_SECRET are taken at http://localhost:3000/webhooks/moov'],
  ])('says what becomes of webhooks with the secret “%s”', async (secret, said) => {
    const { status, out } = await admin('doctor', { ...settings, MOOV_WEBHOOK_SECRET: secret });
    expect([status, out]).toEqual([0, expect.stringContaining(said)]);
  });
  test('says that MOOV_PARTNER_ACCOUNT_ID is wrong, without which staff could do nothing: status 1', async () => {
    const { status, err } = await admin('doctor', { ...settings, MOOV_PARTNER_ACCOUNT_ID: randomUUID() });
    expect(status).toBe(1);
    expect(err).toMatch(/^ok +Moov API/m);
    expect(err).toMatch(
      /^FAILED +partner account .*Moov does not show it to this key \(404\): check MOOV_PARTNER_ACCOUNT_ID$/m,
    );
  });
  test('says that MOOV_API_URL may be wrong where something answers that is not Moov: status 1', async () => {
    const { status, err } = await admin('doctor', { ...settings, MOOV_API_URL: settings.OIDC_ISSUER ?? '' });
    expect(status).toBe(1);
    expect(err).toMatch(/^FAILED +Moov token .*Moov refuses it \(404\): does MOOV_API_URL lead to Moov/m);
  });
  test('says why Moov cannot be reached: status 1', async () => {
    const { status, err } = await admin('doctor', {
      ...settings,
      MOOV_API_URL: `http://localhost:${await closedPort()}`,
    });
    expect(status).toBe(1);
    expect(err).toMatch(/^FAILED +Moov token .*Moov does not answer \(unavailable, ECONNREFUSED\)$/m);
  });
  test.each([
    [-10 * 60_000, /^FAILED +clock .*it is (59\d|60\d) s behind Moov's: set it, or nobody can sign in/m],
    [10 * 60_000, /^FAILED +clock .*it is (59\d|60\d) s ahead of Moov's: set it, or nobody can sign in/m],
  ])('says when the clock is wrong by %i ms: status 1', async (offMs, said) => {
    const now = Date.now.bind(Date);
    // The sandbox runs in this process too, but Node does not take the time of its `Date` header from `Date.now`.
    const clock = vi.spyOn(Date, 'now').mockImplementation(() => now() + offMs);
    try {
      const { status, err } = await admin('doctor');
      expect(status).toBe(1);
      expect(err).toMatch(said);
    } finally {
      clock.mockRestore();
    }
  });
});

test('a database that cannot be reached is said in a sentence, without its password: status 1', async () => {
  const { status, message } = await asked('submissions list', {
    ...settings,
    DATABASE_URL: 'postgres://portal:canary-body-of-a-ticket@127.0.0.1:1/portal',
  });
  expect(status).toBe(1);
  expect(message).toMatch(/^The database cannot be used \(ECONNREFUSED\)/);
  // The library takes a part of this password for the host, so the host must not be printed either.
  const mistaken = await asked('submissions list', {
    ...settings,
    DATABASE_URL: 'postgres://portal:x@canary/y@db/portal',
  });
  expect(mistaken.status).toBe(1);
  expect(mistaken.message).toMatch(/^The database cannot be used .*percent-encoded/);
  expect(mistaken.message).not.toContain('canary');
});

test('what a database quotes of what it stores when it refuses a question is told to nobody: status 1', async () => {
  const refusal = Object.assign(new Error('invalid input syntax for type json: "Mel’s ticket of canary@example.com"'), {
    severity: 'ERROR',
    code: '22P02',
  });
  const err: string[] = [];
  const status = await run(['submissions', 'list'], {
    env: settings,
    open: () => Promise.reject(new Error('Failed query', { cause: refusal })),
    out: (text) => err.push(text),
    err: (text) => err.push(text),
  });
  expect([status, err]).toEqual([
    1,
    ['The database cannot be used (22P02): invalid input syntax for type json: "…"\n'],
  ]);
});

test('as a program of its own it prints and exits alike', async () => {
  const ran = await new Promise<{ status: number | string | null; out: string; err: string }>((resolve) => {
    const program = path.join(import.meta.dirname, '../admin.ts');
    execFile(process.execPath, [program, 'setings'], { env: { PATH: process.env.PATH } }, (error, out, err) =>
      resolve({ status: error?.code ?? 0, out, err }),
    );
  });
  expect(ran).toMatchObject({ status: 2, out: '' });
  expect(ran.err).toContain('There is no command setings. Did you mean settings?');
});

test('whoever stops reading its output sees no stack of it, and the status is that of the command', async () => {
  const program = spawn(process.execPath, [path.join(import.meta.dirname, '../admin.ts'), '--help'], {
    env: { PATH: process.env.PATH },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  program.stdout.destroy();
  let err = '';
  program.stderr.on('data', (chunk) => {
    err += String(chunk);
  });
  await once(program, 'close');
  expect([program.exitCode, err]).toEqual([0, '']);
});
