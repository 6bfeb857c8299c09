import { readID } from '../../contract/paths.ts';
import { createLogger, scrubText } from '../guard/logger.ts';
import { doubtsAbout, type Settings } from '../settings.ts';
import type { Store } from '../store/engine.ts';
import { eventsIn } from '../store/events.ts';
import { type OperatorSubmission, operatorLists, operatorsIn } from '../store/operators.ts';
import { sessionsIn } from '../store/sessions.ts';
import type { openStore } from '../store/store.ts';
import { keepSettledDays, submissionsIn } from '../store/submissions.ts';
import { tallyIn } from '../store/tally.ts';
import { givenUpProblem } from '../submissions/present.ts';
import { examine } from './doctor.ts';
import { hint, type Usage, UsageError } from './usage.ts';

/** The result of a command: `message` for people, `data` for `--json`. If it is not `ok`, the exit status is 1. */
export type Report = { ok: boolean; message: string; data: unknown };
type Given = {
  settings: Settings;
  open: typeof openStore;
  operands: string[];
  options: ReadonlyMap<string, string>;
};
export type Command = Usage & { run(given: Given): Promise<Report> };

const quiet = createLogger({ level: 'silent' });
/** The most rows that a list shows: nobody reads more by hand. */
const mostListed = 500;
const plural = (count: number, noun: string) => `${count} ${noun}${count === 1 ? '' : 's'}`;

/** Opens the database for one command, and closes it afterwards. @throws {StoreError} when it cannot be opened */
async function withStore(
  { settings, open }: Pick<Given, 'settings' | 'open'>,
  work: (store: Store) => Promise<Report>,
): Promise<Report> {
  const store = await open({ databaseURL: settings.DATABASE_URL, dataDir: settings.DATA_DIR }, quiet);
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

/** Does work with the submission that the operand names, or reports that there is none. @throws {UsageError} when it is not a UUID */
function withSubmission(
  { operands: [given = ''], ...rest }: Given,
  work: (one: OperatorSubmission, store: Store) => Promise<Report>,
): Promise<Report> {
  const submissionID = readID(given);
  if (submissionID === undefined) throw new UsageError(`“${given}” is no id of a submission (a UUID).`);
  return withStore(rest, async (store) => {
    const one = await operatorsIn(store.db).submission(submissionID);
    return one === undefined
      ? { ok: false, message: `There is no submission ${submissionID}.`, data: null }
      : work(one, store);
  });
}

/** Rows as lines of text, in columns as wide as their widest cell. */
function table(rows: readonly (string | number | null)[][]): string {
  const texts = rows.map((row) => row.map((cell) => String(cell ?? '-')));
  const widths = (texts[0] ?? []).map((_, column) => Math.max(...texts.map((row) => row[column]?.length ?? 0)));
  return texts
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
/** Reads a list that may be too long to show: one row more than is shown tells whether it is. */
async function cut<Row>(read: (most: number) => Promise<Row[]>): Promise<{ rows: Row[]; note: string }> {
  const found = await read(mostListed + 1);
  return {
    rows: found.slice(0, mostListed),
    note: found.length > mostListed ? `\nOnly the first ${mostListed} are listed.` : '',
  };
}

/** Whom the audit trail names when an operator ends a submission. */
const operator = { personID: 'operator', personName: 'operator', requestID: 'admin' };
const operandID = 'ID';
const notThere = 'there is no such submission';

/** Every command, in the order in which help lists them. */
export const commands: readonly Command[] = [
  {
    name: 'settings',
    summary: 'checks the settings and names every one that is missing or wrong',
    operands: [],
    options: {},
    notes: 'It reads the environment as npm start does, and reaches nobody. No value is ever printed.',
    example: 'settings',
    statuses: { done: 'every setting is right', not: 'some are missing or wrong' },
    async run({ settings }) {
      const doubts = doubtsAbout(settings);
      return {
        ok: doubts.length === 0,
        message: doubts.length === 0 ? 'Every setting is right.' : doubts.join('\n'),
        data: null,
      };
    },
  },
  {
    name: 'doctor',
    summary: 'reaches every outside party once: database, identity provider, Moov',
    operands: [],
    options: {},
    notes: `In turn: the database (tables that are older than this program are brought up to date, as at start), the identity
provider's metadata and keys and whether it takes the client's secret (it is asked for tokens with a code that does not exist,
which its own log may show), a token from Moov, one call with it, whose answer tells whether this machine's clock is right, and
the partner's own account there. For each it says how long it took.`,
    example: 'doctor --json',
    statuses: { done: 'all answered, and the clock is right', not: 'at least one did not, or it is wrong' },
    async run({ settings, open }) {
      const findings = await examine(settings, open, quiet);
      const failed = findings.filter(({ ok }) => !ok).length;
      return {
        ok: failed === 0,
        message: table(
          findings.map(({ party, ok, ms, says }) => [ok ? 'ok' : 'FAILED', party, `${ms} ms`, scrubText(says)]),
        ),
        data: findings.map((finding) => ({ ...finding, says: scrubText(finding.says) })),
      };
    },
  },
  {
    name: 'submissions list',
    summary: 'lists tickets that wait, or another kind of them',
    operands: [],
    options: {
      state: { value: 'KIND', means: `${operatorLists.join(', ')}; waiting unless given` },
    },
    notes: `“waiting” is what is queued or being sent. “dead” needs somebody: refused by Moov, or given up, after the person was told that the
ticket is kept, and not read by that person yet; or still waiting a day after it was filed. The others are states.
What waits or is dead is listed oldest first, what is in a settled state newest first, at most ${mostListed}. Never what a ticket
says.`,
    example: 'submissions list --state dead',
    statuses: { done: 'listed, even if there are none', not: 'the settings or the database are at fault' },
    run({ options, ...given }) {
      const asked = options.get('state') ?? 'waiting';
      const kind = operatorLists.find((one) => one === asked);
      if (kind === undefined)
        throw new UsageError(`--state is one of ${operatorLists.join(', ')}.${hint(asked, operatorLists)}`);
      return withStore(given, async ({ db }) => {
        const { rows: found, note } = await cut((most) => operatorsIn(db).submissions(kind, most));
        const rows = found.map((one) => [
          one.submissionID,
          one.state,
          one.createdOn,
          plural(one.attempts, 'attempt'),
          one.reason,
          one.accountID,
          one.filedBy,
        ]);
        return { ok: true, message: found.length === 0 ? 'None.' : table(rows) + note, data: found };
      });
    },
  },
  {
    name: 'submissions show',
    summary: 'shows one, with its audit trail',
    operands: [operandID],
    options: {},
    notes:
      'Who filed it for whom, what became of it and when, with the request ids of the portal and of Moov. Never what it says.',
    example: 'submissions show 4af4784a-c777-48f6-8211-063d5341f84b',
    statuses: { done: 'shown', not: notThere },
    run: (given) =>
      withSubmission(given, async (one, { db }) => {
        const trail = await operatorsIn(db).trail(one.submissionID);
        const about = Object.entries(one).map(([name, value]) => [name, value === null ? null : String(value)]);
        const rows = trail.map((row) => [
          row.at,
          row.action,
          row.by,
          row.ticketID,
          row.requestID,
          row.upstreamRequestID,
        ]);
        return { ok: true, message: `${table(about)}\n\n${table(rows)}`, data: { ...one, trail } };
      }),
  },
  {
    name: 'submissions send',
    summary: 'sends a waiting one again, now',
    operands: [operandID],
    options: {},
    notes: `It becomes due at once, whatever pause it was in, and a running portal sends it within a second. Where an earlier attempt may
have arrived it is looked for first, as always. So is an “unreadable” one, which Moov said it took: by itself it is never
sent again, so look for it at Moov before you send it. One that Moov has refused holds no content any more: the person
corrects and sends it.`,
    example: 'submissions send 4af4784a-c777-48f6-8211-063d5341f84b',
    statuses: { done: 'it is due now', not: `it is being sent already or is settled, or ${notThere}` },
    run: (given) =>
      withSubmission(given, async (one, { db }) => {
        const due = await operatorsIn(db).sendNow(one.submissionID, given.settings.SETTLE_MS);
        return {
          ok: due,
          message: due
            ? 'It is due now.'
            : one.state === 'sending'
              ? 'It is being sent already.'
              : `It does not wait: it is ${one.state}.`,
          data: { submissionID: one.submissionID, due },
        };
      }),
  },
  {
    name: 'submissions cancel',
    summary: 'cancels one that surely has not arrived',
    operands: [operandID],
    options: {},
    notes:
      'Its content is erased, and the person sees that it is cancelled. One that may have arrived cannot be cancelled.',
    example: 'submissions cancel 4af4784a-c777-48f6-8211-063d5341f84b',
    statuses: { done: 'it is cancelled', not: `it is settled or may have arrived, or ${notThere}` },
    run: (given) =>
      withSubmission(given, async (one, { db }) => {
        const cancelled = (await submissionsIn(db).cancelled(one.accountID, one.submissionID, operator)) !== undefined;
        return {
          ok: cancelled,
          message: cancelled
            ? 'It is cancelled.'
            : `It cannot be cancelled: it is ${one.state}${one.mayHaveArrived ? ' and may have arrived' : ''}.`,
          data: { submissionID: one.submissionID, cancelled },
        };
      }),
  },
  {
    name: 'submissions give-up',
    summary: 'ends a waiting one of which nobody can find out whether it has arrived',
    operands: [operandID],
    options: {},
    notes: `For one that is looked for without end: its account is closed for good, or Moov has it and the portal cannot read that. Look for
it at Moov first. It is neither looked for nor sent any more, and its content is erased. It stays in the person's list, as one
whose outcome is unknown, until somebody has read that; its page says to look for the ticket before submitting it again.`,
    example: 'submissions give-up 4af4784a-c777-48f6-8211-063d5341f84b',
    statuses: { done: 'it is given up', not: `it surely has not arrived, is being sent or is settled, or ${notThere}` },
    run: (given) =>
      withSubmission(given, async (one, { db }) => {
        const problem = givenUpProblem(one.requestID);
        const givenUp = (await submissionsIn(db).givenUp(one.submissionID, operator, problem)) !== undefined;
        return {
          ok: givenUp,
          message: givenUp
            ? 'It is given up.'
            : one.state === 'queued'
              ? 'It surely has not arrived: “submissions cancel” ends it.'
              : `It cannot be given up: it is ${one.state}.`,
          data: { submissionID: one.submissionID, givenUp },
        };
      }),
  },
  {
    name: 'sessions list',
    summary: 'lists who is signed in',
    operands: [],
    options: { person: { value: 'WHO', means: 'only this person: an email address, a subject or a person id' } },
    notes: `Those begun last first; of more than ${mostListed}, those that may last longest. Nothing with which a session could be taken over
is shown.`,
    example: 'sessions list --person mel@example.com',
    statuses: { done: 'listed, even if there are none', not: 'nobody of that name has signed in here' },
    run: ({ options, ...given }) =>
      withStore(given, async ({ db }) => {
        const who = options.get('person');
        const operators = operatorsIn(db);
        const people = who === undefined ? undefined : await operators.people(who);
        if (people?.length === 0) return { ok: false, message: 'Nobody of that name has signed in here.', data: [] };
        const { rows: found, note } = await cut((most) =>
          operators.sessions(
            people?.map(({ personID }) => personID),
            most,
          ),
        );
        const rows = found.map((one) => [
          one.personID,
          one.name,
          one.role,
          one.accountID,
          one.begunOn,
          one.seenOn,
          one.endsOn,
        ]);
        return {
          ok: true,
          message:
            found.length === 0
              ? 'None.'
              : table([['person', 'name', 'role', 'account', 'begun', 'seen', 'ends'], ...rows]) + note,
          data: found,
        };
      }),
  },
  {
    name: 'sessions end',
    summary: 'signs a person out everywhere',
    operands: [],
    options: { person: { value: 'WHO', means: 'an email address, a subject or a person id; required' } },
    notes: 'Every instance forgets these sessions at once. It does not keep the person from signing in again.',
    example: 'sessions end --person mel@example.com',
    statuses: {
      done: 'every session has ended, even if there was none',
      not: 'nobody of that name has signed in here',
    },
    run({ options, ...given }) {
      const who = options.get('person');
      if (who === undefined) throw new UsageError('sessions end needs --person WHO.');
      return withStore(given, async ({ db }) => {
        const people = await operatorsIn(db).people(who);
        let ended = 0;
        for (const { personID } of people) ended += await sessionsIn(db).endAll({ personID });
        return people.length === 0
          ? { ok: false, message: 'Nobody of that name has signed in here.', data: { people, ended } }
          : {
              ok: true,
              message: `${people.map(({ name }) => name).join(', ')}: ${plural(ended, 'session')} ended.`,
              data: { people, ended },
            };
      });
    },
  },
  {
    name: 'restored',
    summary: 'after a restore from a backup, before the portal starts',
    operands: [],
    options: {},
    notes: `What waited when the backup was made may have been delivered since: all of it is looked for, and sent where it has not been
found when SETTLE_MS have passed. Run it once, with every instance stopped.`,
    example: 'restored',
    statuses: { done: 'whatever waits is marked', not: 'the settings or the database are at fault' },
    run: (given) =>
      withStore(given, async ({ db }) => {
        const waiting = await operatorsIn(db).doubtAll(given.settings.SETTLE_MS);
        return { ok: true, message: `${waiting} waiting: looked for before they are sent.`, data: { waiting } };
      }),
  },
  {
    name: 'purge',
    summary: 'removes what has had its time',
    operands: [],
    options: {},
    notes: `Sessions and sign-ins that have ended, submissions settled more than ${keepSettledDays} days ago, live news older than an hour, ids
of webhooks and of logout tokens older than two days, counts of limits whose time is over. The portal does this every ten minutes by
itself. The audit trail stays.`,
    example: 'purge --json',
    statuses: { done: 'removed, even if there was nothing', not: 'the settings or the database are at fault' },
    run: (given) =>
      withStore(given, async ({ db }) => {
        const data = {
          ...(await sessionsIn(db).purge()),
          ...(await submissionsIn(db).purge()),
          ...(await eventsIn(db).purge()),
          limits: await tallyIn(db).purge(),
        };
        return { ok: true, message: table(Object.entries(data).map(([name, count]) => [name, count])), data };
      }),
  },
];
