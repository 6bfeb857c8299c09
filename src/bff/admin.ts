import { parseArgs } from 'node:util';
import { createLogger } from './guard/logger.ts';
import { createMetrics } from './guard/metrics.ts';
import { createProvider } from './identity/provider.ts';
import { createMoov } from './moov/moov.ts';
import { readSettings, type Settings, SettingsError } from './settings.ts';
import { eventsIn } from './store/events.ts';
import { operatorsIn } from './store/operators.ts';
import { sessionsIn } from './store/sessions.ts';
import { openStore, type Store, StoreError } from './store/store.ts';
import { submissionsIn } from './store/submissions.ts';

const help = `Usage: npm run admin -- <command> [--json]

  settings                          checks the settings and says what is missing or wrong
  doctor                            reaches every outside party once: the database, Moov, the identity provider
  submissions list [--state STATE]  waiting ones; or those that are queued, sending, created, rejected or cancelled
  submissions show ID               one, with its audit trail
  submissions send ID               makes a waiting one due now; it is looked for first wherever it may have arrived
  submissions cancel ID             cancels one that surely has not arrived
  sessions end --person WHO         signs a person out everywhere; WHO is an email address, a subject or a person id
  restored                          after a restore from a backup, before the portal starts: whatever waits is looked for
                                    before it is sent, since it may have been delivered after the backup was made
  purge                             removes what has had its time, as the portal does every ten minutes

  --json   machine-readable output        --help   this page

Exit status: 0 done, 1 not done, 2 wrong usage. It reads the same settings as npm start. The embedded database
serves one process alone: stop the portal first, or use DATABASE_URL.
`;

/** What a command has to say, for people and for machines; `ok: false` makes the exit status 1. */
type Report = { ok: boolean; text: string; json: unknown };
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const states = ['queued', 'sending', 'created', 'rejected', 'cancelled'];
const quiet = createLogger({ level: 'silent' });

class UsageError extends Error {}

async function withStore(settings: Settings, work: (store: Store) => Promise<Report>): Promise<Report> {
  const store = await openStore({ databaseURL: settings.DATABASE_URL, dataDir: settings.DATA_DIR }, quiet);
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

async function submissionsCommand(
  settings: Settings,
  action: string | undefined,
  id: string | undefined,
  state: string | undefined,
): Promise<Report> {
  if (action === 'list') {
    if (state !== undefined && !states.includes(state)) throw new UsageError(`--state is one of ${states.join(', ')}`);
    return withStore(settings, async ({ db }) => {
      const found = await operatorsIn(db).submissions(state === undefined ? ['queued', 'sending'] : [state]);
      const lines = found.map(
        (one) =>
          `${one.submissionID}  ${one.state.padEnd(9)} ${one.createdOn}  attempts ${one.attempts}  ${one.reason ?? ''}  account ${one.accountID}  by ${one.filedBy}`,
      );
      return { ok: true, text: found.length === 0 ? 'None.' : lines.join('\n'), json: found };
    });
  }
  if (id === undefined || !uuid.test(id)) throw new UsageError('name a submission by its id (a UUID)');
  const submissionID = id.toLowerCase();
  const unknown: Report = {
    ok: false,
    text: `There is no submission ${submissionID}.`,
    json: { submissionID, found: false },
  };
  return withStore(settings, async ({ db }) => {
    const operators = operatorsIn(db);
    const one = await operators.submission(submissionID);
    if (one === undefined) return unknown;
    switch (action) {
      case 'show': {
        const trail = await operators.trail(submissionID);
        const about = Object.entries(one).map(([name, value]) => `${name.padEnd(16)} ${value ?? ''}`);
        const rows = trail.map(
          (row) =>
            `${row.at}  ${row.action.padEnd(24)} ${row.by ?? ''}  ${row.requestID ?? ''}  ${row.upstreamRequestID ?? ''}`,
        );
        return { ok: true, text: [...about, '', ...rows].join('\n'), json: { ...one, trail } };
      }
      case 'send': {
        const ok = await operators.sendNow(submissionID);
        return {
          ok,
          text: ok ? 'It is due now.' : `It does not wait: it is ${one.state}.`,
          json: { submissionID, due: ok },
        };
      }
      case 'cancel': {
        const cancelled = await submissionsIn(db).cancelled(one.accountID, submissionID, {
          personID: 'operator',
          personName: 'operator',
          requestID: 'admin',
        });
        const ok = cancelled !== undefined;
        return {
          ok,
          text: ok
            ? 'It is cancelled.'
            : `It cannot be cancelled: it is ${one.state}${one.mayHaveArrived ? ' and may have arrived' : ''}.`,
          json: { submissionID, cancelled: ok },
        };
      }
      default:
        throw new UsageError('submissions takes list, show, send or cancel');
    }
  });
}

async function sessionsCommand(
  settings: Settings,
  action: string | undefined,
  person: string | undefined,
): Promise<Report> {
  if (action !== 'end' || person === undefined || person === '')
    throw new UsageError('sessions takes end --person WHO');
  return withStore(settings, async ({ db }) => {
    const people = await operatorsIn(db).people(person);
    let ended = 0;
    for (const { personID } of people) ended += await sessionsIn(db).endAll({ personID });
    if (people.length === 0)
      return { ok: false, text: 'Nobody of that name has signed in here.', json: { people, ended } };
    return {
      ok: true,
      text: `${people.map(({ name }) => name).join(', ')}: ${ended} session${ended === 1 ? '' : 's'} ended.`,
      json: { people, ended },
    };
  });
}

async function restored(settings: Settings): Promise<Report> {
  return withStore(settings, async ({ db }) => {
    const waiting = await operatorsIn(db).doubtAll();
    return { ok: true, text: `${waiting} waiting: looked for before they are sent.`, json: { waiting } };
  });
}

async function purge(settings: Settings): Promise<Report> {
  return withStore(settings, async ({ db }) => {
    await sessionsIn(db).purge();
    await submissionsIn(db).purge(30);
    await eventsIn(db).purge();
    return { ok: true, text: 'What has had its time is removed.', json: { purged: true } };
  });
}

/** Asks every outside party one harmless thing. */
async function doctor(settings: Settings): Promise<Report> {
  const moov = createMoov(settings, quiet, createMetrics(quiet).upstream);
  const checks: Record<string, () => Promise<string>> = {
    database: async () => {
      const store = await openStore({ databaseURL: settings.DATABASE_URL, dataDir: settings.DATA_DIR }, quiet);
      await store.ping();
      await store.close();
      return store.engine === 'postgres' ? 'PostgreSQL answers' : 'the embedded database opens';
    },
    moov: async () => {
      const accounts = await moov.listAccounts();
      if (accounts.kind === 'ok') return `Moov answers; ${accounts.value.length} connected accounts`;
      if (accounts.kind === 'refused') throw new Error(`Moov refuses to list accounts (${accounts.status})`);
      throw new Error(
        accounts.reason === 'unauthorized'
          ? 'Moov does not accept the keys or the origin: check MOOV_PUBLIC_KEY, MOOV_SECRET_KEY, and that MOOV_ORIGIN is registered on the key'
          : `Moov does not answer (${accounts.reason})`,
      );
    },
    'identity provider': async () => {
      await createProvider(settings).endSession();
      return 'its metadata can be read';
    },
  };
  const results: { party: string; ok: boolean; says: string }[] = [];
  for (const [party, check] of Object.entries(checks)) {
    try {
      results.push({ party, ok: true, says: await check() });
    } catch (error) {
      results.push({ party, ok: false, says: error instanceof Error ? error.message : 'failed' });
    }
  }
  await moov.close();
  return {
    ok: results.every((result) => result.ok),
    text: results.map((result) => `${result.ok ? 'ok    ' : 'FAILED'}  ${result.party}: ${result.says}`).join('\n'),
    json: results,
  };
}

async function run(args: string[]): Promise<{ status: number; out: string }> {
  let parsed: ReturnType<typeof parse>;
  try {
    parsed = parse(args);
  } catch (error) {
    return { status: 2, out: `${error instanceof Error ? error.message : ''}\n\n${help}` };
  }
  const { positionals, values } = parsed;
  const [command, action, id] = positionals;
  if (values.help === true || command === undefined)
    return { status: command === undefined && values.help !== true ? 2 : 0, out: help };
  try {
    const settings = readSettings(process.env);
    const report = await (async (): Promise<Report> => {
      switch (command) {
        case 'settings':
          return { ok: true, text: 'Every setting is right.', json: { ok: true } };
        case 'doctor':
          return doctor(settings);
        case 'submissions':
          return submissionsCommand(settings, action, id, values.state);
        case 'sessions':
          return sessionsCommand(settings, action, values.person);
        case 'restored':
          return restored(settings);
        case 'purge':
          return purge(settings);
        default:
          throw new UsageError(`there is no command ${command}`);
      }
    })();
    return {
      status: report.ok ? 0 : 1,
      out: `${values.json === true ? JSON.stringify(report.json, null, 2) : report.text}\n`,
    };
  } catch (error) {
    if (error instanceof UsageError) return { status: 2, out: `${error.message}\n\n${help}` };
    if (error instanceof SettingsError || error instanceof StoreError)
      return {
        status: 1,
        out: values.json === true ? `${JSON.stringify({ error: error.message })}\n` : `${error.message}\n`,
      };
    throw error;
  }
}

const parse = (args: string[]) =>
  parseArgs({
    args,
    allowPositionals: true,
    options: {
      help: { type: 'boolean', short: 'h' },
      json: { type: 'boolean' },
      state: { type: 'string' },
      person: { type: 'string' },
    },
  });

/** `npm run admin`: what an operator does by hand. */
const { status, out } = await run(process.argv.slice(2));
process[status === 0 ? 'stdout' : 'stderr'].write(out);
process.exitCode = status;
