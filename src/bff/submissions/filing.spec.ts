import { randomUUID } from 'node:crypto';
import pino from 'pino';
import { expect, onTestFinished, test, vi } from 'vitest';
import type { NewTicket, Ticket } from '../../contract/ticket.ts';
import { startSandbox } from '../../sandbox/start.ts';
import { createMoov } from '../moov/moov.ts';
import type { Outcome } from '../moov/outcome.ts';
import { submissionsIn } from '../store/submissions.ts';
import { freshStore } from '../testing/database.ts';
import { accounts } from '../testing/world.ts';
import { createDelivery } from './delivery.ts';
import { createFiling, type Filing } from './filing.ts';

const log = pino({ level: 'silent' });
const fresh = freshStore();
const settings = {
  MOOV_API_URL: 'http://127.0.0.1:9',
  MOOV_PUBLIC_KEY: 'public',
  MOOV_SECRET_KEY: 'secret',
  MOOV_PARTNER_ACCOUNT_ID: accounts.partner,
  MOOV_ORIGIN: 'http://localhost:3000',
  UPSTREAM_TIMEOUT_MS: 2_000,
  ANSWER_WITHIN_MS: 4_000,
  SETTLE_MS: 1_000,
};
const filing = (title: string, idempotencyKey: string, answerWithinMs = 10_000): Filing => ({
  accountID: accounts.own,
  personID: 'p',
  personName: 'Mel',
  asItself: true,
  idempotencyKey,
  ticket: { title, body: '<p>x</p>', contact: { email: 'a@example.com' } },
  requestID: 'r-1',
  answerBy: Date.now() + answerWithinMs,
});
const created = (title: string): Ticket => {
  const createdOn = new Date().toISOString();
  const contact = { email: 'a@example.com' };
  return { ticketID: randomUUID(), number: 7, title, contact, status: 'new', createdOn, updatedOn: createdOn };
};
type Created = Outcome<{ ticket?: Ticket }>;
type GetTicket = ReturnType<typeof createMoov>['getTicket'];

/**
 * The filing desk of one instance; all instances use one database. `looked` is called at each reading of the ledger. The ledger notes
 * a created ticket only when `noting` has resolved.
 */
function instance({
  create = () => Promise.reject(new Error('another instance sends it')),
  getTicket = () => Promise.reject(new Error('nothing is read')),
  isDown = () => false,
  looked = () => undefined,
  noting = Promise.resolve(),
}: {
  create?: (ticket: NewTicket) => Promise<Created>;
  getTicket?: GetTicket;
  isDown?: () => boolean;
  looked?: () => void | Promise<void>;
  noting?: Promise<void>;
}) {
  const moov = Object.assign(
    createMoov(settings, log, () => undefined),
    { createTicket: (_: string, __: boolean, ticket: NewTicket) => create(ticket), getTicket },
  );
  Object.assign(moov.circuit, { isDown });
  const ledger = submissionsIn(fresh.store.db);
  const submissions: typeof ledger = {
    ...ledger,
    async find(...given) {
      const found = await ledger.find(...given);
      await looked();
      return found;
    },
    async created(...given) {
      await noting;
      return ledger.created(...given);
    },
  };
  const delivery = createDelivery({ settings, moov, submissions, log, owner: randomUUID() });
  return createFiling({ settings, moov, submissions, delivery, log });
}

/** One instance has sent a ticket and waits. @returns `answer`: lets Moov answer; `equal`: files the same ticket at another instance */
async function onTheWire(title: string, getTicket?: GetTicket) {
  const key = randomUUID();
  const wire = Promise.withResolvers<void>();
  const moov = Promise.withResolvers<Created>();
  const sender = instance({
    create() {
      wire.resolve();
      return moov.promise;
    },
  });
  const first = sender.file(filing(title, key));
  await wire.promise;
  return {
    async answer(outcome: Created) {
      moov.resolve(outcome);
      const filed = await first;
      await sender.settle();
      return filed;
    },
    /** @param then is called when the other instance reads the ledger and sees that the ticket is being sent */
    async equal(answerWithinMs: number, then: () => void = () => undefined) {
      const other = instance({ looked: then, ...(getTicket !== undefined && { getTicket }) });
      return other.file(filing(title, key, answerWithinMs));
    },
  };
}

test('an equal request that another instance gets is told of the ticket as soon as it is created', async () => {
  const ticket = created('Twice');
  const { answer, equal } = await onTheWire('Twice', () => Promise.resolve({ kind: 'ok', value: ticket }));
  const filed = await equal(10_000, () => void answer({ kind: 'ok', value: { ticket } }));
  expect(filed).toEqual({ kind: 'created', ticket });
});

test('an equal request that another instance gets is told why the ticket is refused', async () => {
  const { answer, equal } = await onTheWire('Twice refused');
  const filed = await equal(10_000, () => void answer({ kind: 'refused', status: 400, error: 'It is closed.' }));
  expect(filed).toMatchObject({ kind: 'rejected', problem: { status: 400, detail: 'It is closed.' } });
});

test('an equal request that another instance gets is told in time that the ticket is kept, while it is on the wire', async () => {
  const { answer, equal } = await onTheWire('Twice and slow');
  const asked = Date.now();
  const filed = await equal(250);
  expect(Date.now() - asked).toBeLessThan(2_000);
  expect(filed).toMatchObject({ kind: 'kept', submission: { state: 'sending' } });
  await answer({ kind: 'refused', status: 400 });
});

test('an equal request is told in time that the ticket is there, though Moov does not show it', async () => {
  const { answer, equal } = await onTheWire(
    'Twice and unseen',
    (_, __, ___, withinMs) =>
      new Promise((resolve) => {
        setTimeout(resolve, withinMs ?? 60_000, { kind: 'unclear', reason: 'timeout', mayHaveArrived: false });
      }),
  );
  const ticket = created('Twice and unseen');
  await answer({ kind: 'ok', value: { ticket } });
  const asked = Date.now();
  const filed = await equal(250);
  expect(Date.now() - asked).toBeLessThan(5_000);
  expect(filed).toMatchObject({ kind: 'kept', submission: { state: 'created', ticketID: ticket.ticketID } });
});

test('who reads an account after a ticket of it is created waits until the ledger knows of it, a second at most; nobody else does', async () => {
  const noting = Promise.withResolvers<void>();
  const ticket = created('Noted late');
  const desk = instance({
    create: () => Promise.resolve({ kind: 'ok', value: { ticket } }),
    noting: noting.promise,
  });
  expect((await desk.file(filing('Noted late', randomUUID()))).kind).toBe('created');
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  let isKnown = false;
  const known = desk.recorded(accounts.own).then(() => {
    isKnown = true;
  });
  await desk.recorded(accounts.other);
  expect(isKnown).toBe(false);
  await vi.advanceTimersByTimeAsync(1_000);
  await known;
  vi.useRealTimers();
  noting.resolve();
  await desk.settle();
  expect(await submissionsIn(fresh.store.db).waiting(accounts.own)).not.toContainEqual(
    expect.objectContaining({ payload: expect.objectContaining({ title: 'Noted late' }) }),
  );
});

test('of two different corrections at the same time one is filed, as it was written, and the other is not told that it was', async () => {
  const sent: NewTicket[] = [];
  const desk = instance({
    create(ticket) {
      sent.push(ticket);
      return Promise.resolve(
        ticket.title === 'Short'
          ? { kind: 'refused', status: 422, fields: { title: 'Say more.' } }
          : { kind: 'ok', value: { ticket: created(ticket.title) } },
      );
    },
  });
  const key = randomUUID();
  const corrected = (title: string): Filing => {
    const whole = filing(title, key);
    return { ...whole, ticket: { ...whole.ticket, foreignID: 'INV-1' } };
  };
  await desk.file(filing('Short', key));
  const filed = await Promise.all(['Longer', 'Longest'].map((title) => desk.file(corrected(title))));
  await desk.settle();
  expect(filed.map(({ kind }) => kind).sort()).toEqual(['created', 'key-reused']);
  expect(sent.slice(1)).toMatchObject([{ foreignID: 'INV-1' }]);
});

test('a request whose content was refused and corrected while it waited is not told of the corrected ticket', async () => {
  const [sent, read, corrected] = [0, 1, 2].map(() => Promise.withResolvers<void>());
  const verdict = Promise.withResolvers<Created>();
  const desk = instance({
    create(ticket) {
      sent?.resolve();
      return ticket.title === 'Short'
        ? verdict.promise
        : Promise.resolve({ kind: 'ok', value: { ticket: created(ticket.title) } });
    },
  });
  const key = randomUUID();
  const first = desk.file(filing('Short', key));
  await sent?.promise;
  const other = instance({
    looked() {
      read?.resolve();
      return corrected?.promise;
    },
  });
  const equal = other.file(filing('Short', key));
  await read?.promise;
  verdict.resolve({ kind: 'refused', status: 422, fields: { title: 'Say more.' } });
  expect((await first).kind).toBe('rejected');
  expect((await desk.file(filing('Longer', key))).kind).toBe('created');
  await desk.settle();
  corrected?.resolve();
  expect((await equal).kind).toBe('key-reused');
});

test('a ticket that is corrected keeps the reference by which the portal and operators find it', async () => {
  const sent: NewTicket[] = [];
  const desk = instance({
    create(ticket) {
      sent.push(ticket);
      return Promise.resolve({ kind: 'refused', status: 422, fields: { title: 'Say more.' } });
    },
  });
  const key = randomUUID();
  for (const title of ['Short', 'Longer']) await desk.file(filing(title, key));
  expect(sent.map(({ title }) => title)).toEqual(['Short', 'Longer']);
  expect(sent[1]?.foreignID).toBe(sent[0]?.foreignID);
});

test('a ticket that is corrected while Moov is down waits, and is sent by nobody before Moov is back', async () => {
  let isDown = false;
  const sent: string[] = [];
  const desk = instance({
    create({ title }) {
      sent.push(title);
      return Promise.resolve({ kind: 'refused', status: 422, fields: { title: 'Say more.' } });
    },
    isDown: () => isDown,
  });
  const key = randomUUID();
  expect((await desk.file(filing('Short', key))).kind).toBe('rejected');
  isDown = true;
  expect(await desk.file(filing('Longer', key))).toMatchObject({ kind: 'kept', submission: { state: 'queued' } });
  await desk.settle();
  expect(sent).toEqual(['Short']);
});

test('a process that stood still until its ticket may be another one’s does not send it any more', async () => {
  const sandbox = await startSandbox();
  let stoodStillMs = 0;
  const realNow = Date.now;
  const clock = vi.spyOn(Date, 'now').mockImplementation(() => realNow() + stoodStillMs);
  const reachable = { ...settings, ...sandbox.settings };
  const moov = createMoov(reachable, log, () => undefined);
  onTestFinished(async () => {
    clock.mockRestore();
    await moov.close();
    await sandbox.stop();
  });
  const ledger = submissionsIn(fresh.store.db);
  const delivery = createDelivery({ settings, moov, submissions: ledger, log, owner: randomUUID() });
  const submissions: typeof ledger = {
    ...ledger,
    async accept(...given) {
      const accepted = await ledger.accept(...given);
      // Its answer might come when the lease is over.
      stoodStillMs = delivery.leaseMs - settings.UPSTREAM_TIMEOUT_MS + 1;
      return accepted;
    },
  };
  const desk = createFiling({ settings: reachable, moov, submissions, delivery, log });
  expect((await desk.file(filing('Too late', randomUUID()))).kind).toBe('kept');
  await desk.settle();
  expect(sandbox.moov.received.filter(({ path }) => path.endsWith('/tickets'))).toEqual([]);
  expect(await ledger.waiting(accounts.own)).toContainEqual(
    expect.objectContaining({
      state: 'queued',
      mayHaveArrived: false,
      payload: expect.objectContaining({ title: 'Too late' }),
    }),
  );
});
