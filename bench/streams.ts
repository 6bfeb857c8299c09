import { createHash, createHmac, randomBytes, randomUUID } from 'node:crypto';
import { type ClientRequest, get } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import pino from 'pino';
import { ownDatabase } from '../e2e/support/database.ts';
import { startOtherMoov } from '../e2e/support/other-moov.ts';
import { startPortal } from '../e2e/support/portal.ts';
import { freePort } from '../e2e/support/postgres.ts';
import { sessionsIn } from '../src/bff/store/sessions.ts';
import { openStore } from '../src/bff/store/store.ts';

const partnerAccountID = 'f0000000-0000-4000-8000-00000000000f';
const webhookSecret = 'webhook-secret';

/** What the streams received. `missing`, `twice`, `outOfOrder` and `wrongAccount` must be 0. */
type StreamReport = {
  streams: number;
  /** webhooks that were sent */
  events: number;
  /** events that all streams together received */
  deliveries: number;
  missing: number;
  twice: number;
  outOfOrder: number;
  /** events of an account that the stream's person may not see */
  wrongAccount: number;
  reconnects: number;
  /** from sending the webhook to its event in a stream; `p99Ms` includes those that came late because of the kill */
  p50Ms: number;
  p99Ms: number;
};

/**
 * Opens event streams for merchants of many accounts at two portals that share one PostgreSQL, and sends signed webhooks to either
 * portal. Halfway through, kills one portal and starts it again. Then checks what each stream received.
 * @param trial.server the address of the PostgreSQL; that of `TEST_DATABASE_URL` if left out
 * @throws when no portal takes a webhook
 */
export async function streamTrial(trial: {
  streams: number;
  events: number;
  accounts: number;
  server?: string | undefined;
}): Promise<StreamReport> {
  const database = await ownDatabase(trial.server);
  const ports = [await freePort(), await freePort()];
  const origin = `http://localhost:${ports[0]}`;
  const moov = await startOtherMoov({
    publicKey: 'public',
    secretKey: 'secret',
    origin: 'https://support.example',
    partnerAccountID,
    accounts: [{ accountID: partnerAccountID, displayName: 'Partner' }],
  });
  const start = (port: number) =>
    startPortal(
      {
        PORT: String(port),
        HOST: '127.0.0.1',
        PUBLIC_ORIGIN: origin,
        MOOV_API_URL: moov.origin,
        MOOV_PUBLIC_KEY: 'public',
        MOOV_SECRET_KEY: 'secret',
        MOOV_PARTNER_ACCOUNT_ID: partnerAccountID,
        MOOV_ORIGIN: 'https://support.example',
        MOOV_WEBHOOK_SECRET: webhookSecret,
        OIDC_ISSUER: 'http://localhost:9',
        OIDC_CLIENT_ID: 'portal',
        OIDC_CLIENT_SECRET: 'secret',
        LOG_LEVEL: 'fatal',
        ...database.settings,
      },
      `http://localhost:${port}`,
    );
  const portals = await Promise.all(ports.map(start));

  const accounts = Array.from({ length: trial.accounts }, () => randomUUID());
  const store = await openStore(
    { databaseURL: database.settings.DATABASE_URL, dataDir: 'unused' },
    pino({ level: 'silent' }),
  );
  const sessions = sessionsIn(store.db);
  const cookies = new Map<string, string>();
  for (const accountID of accounts) {
    const id = randomBytes(32).toString('base64url');
    await sessions.begin({
      idHash: createHash('sha256').update(id).digest('base64url'),
      person: { personID: accountID.slice(0, 22), issuer: 'bench', subject: accountID, name: 'Merchant' },
      role: 'merchant',
      accountID,
      idleMinutes: 60,
      maxHours: 1,
    });
    cookies.set(accountID, `__Host-Http-session=${id}`);
  }

  const sentAt = new Map<string, number>();
  const expected = new Map<string, string[]>(accounts.map((accountID) => [accountID, []]));
  const delays: number[] = [];
  let reconnects = 0;
  let over = false;
  const streams = Array.from({ length: trial.streams }, (_, index) => {
    const accountID = accounts[index % accounts.length] ?? '';
    const got: { id: number; ticketID: string; accountID: string }[] = [];
    let lastID = '';
    let current: ClientRequest | undefined;
    let ready: () => void;
    const opened = new Promise<void>((resolve) => {
      ready = resolve;
    });
    function connect(port: number) {
      current = get(
        {
          host: '127.0.0.1',
          port,
          path: '/api/events',
          headers: { cookie: cookies.get(accountID) ?? '', ...(lastID !== '' && { 'last-event-id': lastID }) },
        },
        (response) => {
          let text = '';
          response.setEncoding('utf8');
          response.on('data', (chunk: string) => {
            text += chunk;
            for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
              const block = text.slice(0, end);
              text = text.slice(end + 2);
              const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1];
              lastID = field('id') ?? lastID;
              if (field('event') === 'ready') ready();
              if (field('event') !== 'ticket') continue;
              const data: { ticketID: string; accountID: string } = JSON.parse(field('data') ?? '{}');
              got.push({ id: Number(field('id')), ...data });
              delays.push(Date.now() - (sentAt.get(data.ticketID) ?? 0));
            }
          });
          response.on('close', again);
        },
      );
      current.on('error', () => undefined);
      current.on('close', again);
      let done = false;
      function again() {
        if (done || over) return;
        done = true;
        reconnects += 1;
        setTimeout(() => connect(ports[Math.floor(Math.random() * ports.length)] ?? port), 50 + Math.random() * 200);
      }
    }
    connect(ports[index % ports.length] ?? 0);
    return { accountID, got, opened, close: () => current?.destroy() };
  });
  let restarting: Promise<unknown> = Promise.resolve();
  try {
    await Promise.all(streams.map((stream) => stream.opened));
    for (let index = 0; index < trial.events; index += 1) {
      if (index === Math.floor(trial.events / 2)) {
        await portals[1]?.stop('SIGKILL');
        restarting = start(ports[1] ?? 0).then((portal) => {
          portals[1] = portal;
        });
        // A failure is reported below, where this is awaited; until then it must not count as an unhandled rejection.
        restarting.catch(() => undefined);
      }
      const accountID = accounts[index % accounts.length] ?? '';
      const ticketID = randomUUID();
      expected.get(accountID)?.push(ticketID);
      sentAt.set(ticketID, Date.now());
      await deliver(ports, {
        eventID: randomUUID(),
        type: 'ticket.updated',
        data: { accountID, ticketID, status: 'in-progress' },
        createdOn: new Date().toISOString(),
      });
    }
    const due = streams.reduce((sum, stream) => sum + (expected.get(stream.accountID)?.length ?? 0), 0);
    const deadline = Date.now() + 30_000;
    while (streams.reduce((sum, stream) => sum + stream.got.length, 0) < due && Date.now() < deadline) await pause(50);
    await restarting;
  } finally {
    over = true;
    // Waits for a portal that is still starting: it would not be in `portals` yet, and would run on after the trial.
    await Promise.allSettled([restarting]);
    for (const stream of streams) stream.close();
    await store.close();
    for (const portal of portals) await portal.stop('SIGKILL');
    await moov.stop();
    await database.remove();
  }

  const report: StreamReport = {
    streams: trial.streams,
    events: trial.events,
    deliveries: 0,
    missing: 0,
    twice: 0,
    outOfOrder: 0,
    wrongAccount: 0,
    reconnects,
    p50Ms: 0,
    p99Ms: 0,
  };
  for (const { accountID, got } of streams) {
    const wanted = expected.get(accountID) ?? [];
    const ids = got.map((event) => event.ticketID);
    report.deliveries += got.length;
    report.missing += wanted.filter((id) => !ids.includes(id)).length;
    report.twice += ids.length - new Set(ids).size;
    report.wrongAccount += got.filter((event) => event.accountID !== accountID).length;
    report.outOfOrder += got.filter((event, index) => index > 0 && event.id <= (got[index - 1]?.id ?? 0)).length;
  }
  delays.sort((a, b) => a - b);
  report.p50Ms = delays[Math.floor(delays.length * 0.5)] ?? 0;
  report.p99Ms = delays[Math.floor(delays.length * 0.99)] ?? 0;
  return report;
}

/**
 * Delivers a webhook as Moov does: signs it, and sends the same event again (to either portal) until a portal accepts it.
 * @throws after 200 attempts
 */
async function deliver(
  ports: number[],
  event: { eventID: string; type: string; data: Record<string, string>; createdOn: string },
) {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    const [timestamp, nonce, id] = [String(Math.floor(Date.now() / 1000)), randomUUID(), randomUUID()];
    const port = ports[Math.floor(Math.random() * ports.length)];
    const taken = await fetch(`http://127.0.0.1:${port}/webhooks/moov`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'x-timestamp': timestamp,
        'x-nonce': nonce,
        'x-webhook-id': id,
        'x-signature': createHmac('sha512', webhookSecret).update(`${timestamp}|${nonce}|${id}`).digest('hex'),
      },
      body: JSON.stringify(event),
      signal: AbortSignal.timeout(5_000),
    }).then(
      (answer) => answer.ok,
      () => false,
    );
    if (taken) return;
    await pause(50);
  }
  throw new Error('no portal took a webhook');
}
