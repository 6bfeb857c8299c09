import { randomInt, randomUUID } from 'node:crypto';
import { type IncomingHttpHeaders, request as send } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { embeddedDatabase, ownDatabase } from '../e2e/support/database.ts';
import { bodyOf, listen } from '../e2e/support/listen.ts';
import { startOtherIssuer } from '../e2e/support/other-issuer.ts';
import { startOtherMoov } from '../e2e/support/other-moov.ts';
import { type Portal, startPortal } from '../e2e/support/portal.ts';
import { freePort } from '../e2e/support/postgres.ts';
import { signIn } from './sign-in.ts';

/** The share of the calls to the API that meet a fault. */
const faultShare = 0.45;
const upstreamTimeoutMs = 400;
/** The portal's SETTLE_MS. Must be longer than `latestMs`, the longest that the faulty line holds a call back. */
const settleMs = 1_500;
const latestMs = 900;

const partner = { accountID: 'f0000000-0000-4000-8000-00000000000f', displayName: 'Northern Partners' };
const connected = { accountID: 'b0000000-0000-4000-8000-00000000000b', displayName: 'Bakery on the Hill' };

/** What became of the tickets of a trial. `lost`, `twice` and `contradicted` must be 0. */
type FaultReport = {
  /** tickets that the portal answered with 201 or 202 */
  accepted: number;
  /** accepted tickets that the API never got */
  lost: number;
  /** tickets that the API got more than once */
  twice: number;
  /** idempotency keys for which two requests were answered with different tickets */
  contradicted: number;
  /** how often a portal was killed */
  kills: number;
  /** how often the line caused each kind of fault */
  faults: Record<string, number>;
  at201: number;
  at202: number;
  seconds: number;
};

/**
 * Files tickets through a line that breaks 45 % of all calls to the API (see `startFaultyLine`), while portals are killed again and
 * again. Then counts how often each ticket arrived at the API.
 * @param trial how many tickets and kills, how many portals share one PostgreSQL (a single one uses an embedded database), how many
 *   clients file at a time (16 when left out), and the address of that PostgreSQL (`server`; that of `TEST_DATABASE_URL` when left out)
 * @throws when a ticket is refused, gets no answer, or still waits three minutes after the line was mended
 */
export async function faultTrial(trial: {
  tickets: number;
  kills: number;
  instances: number;
  clients?: number;
  server?: string;
}): Promise<FaultReport> {
  const begun = Date.now();
  const ports = await Promise.all(Array.from({ length: trial.instances }, freePort));
  const origin = `http://localhost:${ports[0]}`;
  const issuer = await startOtherIssuer({
    id: 'portal',
    secret: 'oidc-secret',
    redirectURI: `${origin}/auth/callback`,
    person: { sub: 'staff', name: 'Pat', email: 'pat@partner.example', claims: { moov_role: 'partner' } },
  });
  const moov = await startOtherMoov({
    publicKey: 'public',
    secretKey: 'secret',
    origin: 'https://support.example',
    partnerAccountID: partner.accountID,
    accounts: [partner, connected],
  });
  const line = await startFaultyLine(moov.origin);
  const database = await (trial.instances === 1 ? embeddedDatabase() : ownDatabase(trial.server));
  const settings = (port: number) => ({
    PORT: String(port),
    HOST: '127.0.0.1',
    PUBLIC_ORIGIN: origin,
    MOOV_API_URL: line.origin,
    MOOV_PUBLIC_KEY: 'public',
    MOOV_SECRET_KEY: 'secret',
    MOOV_PARTNER_ACCOUNT_ID: partner.accountID,
    MOOV_ORIGIN: 'https://support.example',
    OIDC_ISSUER: issuer.issuer,
    OIDC_CLIENT_ID: 'portal',
    OIDC_CLIENT_SECRET: 'oidc-secret',
    UPSTREAM_TIMEOUT_MS: String(upstreamTimeoutMs),
    ANSWER_WITHIN_MS: '700',
    SETTLE_MS: String(settleMs),
    CREATE_LIMIT_PER_MINUTE: '100000',
    LOG_LEVEL: 'fatal',
    ...database.settings,
  });
  // All portals have the same public origin, so each is asked on its own port whether it is ready.
  const start = (port: number) => startPortal({ ...settings(port) }, `http://localhost:${port}`);
  const portals: Portal[] = [];
  for (const port of ports) portals.push(await start(port));
  const cookie = await signIn(origin);

  const answers = new Map<number, string>();
  let contradicted = 0;
  let at201 = 0;
  let at202 = 0;
  let next = 0;
  async function client() {
    for (;;) {
      const index = next;
      next += 1;
      if (index >= trial.tickets) return;
      const key = randomUUID();
      const body = JSON.stringify({
        // Some tickets share their title and their reference with others, some only one of the two, most of them neither.
        title: index % 5 === 0 ? 'The same title' : `Title ${index}`,
        body: `<p>marker-${index}-end</p>`,
        contact: { email: 'pat@partner.example' },
        ...(index % 4 === 0 && { foreignID: 'shared-reference' }),
      });
      const account = index % 3 === 0 ? connected.accountID : partner.accountID;
      const twice = index % 4 === 1;
      const outcomes = await Promise.all(Array.from({ length: twice ? 2 : 1 }, () => file(account, key, body)));
      const created = new Set(outcomes.flatMap((outcome) => outcome.ticketID ?? []));
      if (created.size > 1) contradicted += 1;
      if (outcomes[0]?.status === 201) at201 += 1;
      else at202 += 1;
      answers.set(index, key);
    }
  }
  /** Files one ticket as a browser does: sends it again with the same key until there is an answer. */
  async function file(account: string, key: string, body: string): Promise<{ status: number; ticketID?: string }> {
    for (let attempt = 0; attempt < 600; attempt += 1) {
      const port = ports[randomInt(ports.length)];
      try {
        const answer = await fetch(`http://127.0.0.1:${port}/api/accounts/${account}/tickets`, {
          method: 'POST',
          headers: { cookie, origin, 'content-type': 'application/json', 'idempotency-key': key },
          body,
          signal: AbortSignal.timeout(5_000),
        });
        const json: unknown = await answer.json();
        if (answer.status === 201 || answer.status === 202) {
          const ticketID =
            typeof json === 'object' && json !== null && 'ticketID' in json && typeof json.ticketID === 'string'
              ? json.ticketID
              : undefined;
          return { status: answer.status, ...(ticketID !== undefined && { ticketID }) };
        }
        if (answer.status < 500) throw new Error(`a ticket was refused: ${answer.status} ${JSON.stringify(json)}`);
      } catch (error) {
        if (error instanceof Error && error.message.startsWith('a ticket was refused')) throw error;
      }
      await pause(100);
    }
    throw new Error('a ticket had no answer after 600 tries');
  }

  let filed = false;
  let over = false;
  let kills = 0;
  async function killer() {
    const perKill = trial.tickets / (trial.kills + 1);
    while (!over && kills < trial.kills) {
      // Spreads the kills evenly over the tickets. Those that are left when all are filed come while the queue is being delivered.
      if (!filed && answers.size < perKill * (kills + 1)) {
        await pause(20);
        continue;
      }
      const victim = kills % portals.length;
      await portals[victim]?.stop('SIGKILL');
      kills += 1;
      const port = ports[victim];
      if (port !== undefined) portals[victim] = await start(port);
    }
  }
  const killing = killer();
  // A failure is reported below, where this is awaited; until then it must not count as an unhandled rejection.
  killing.catch(() => undefined);
  try {
    await Promise.all(Array.from({ length: trial.clients ?? 16 }, client));
    filed = true;
    await killing;
    // From now on no call fails: everything that still waits must be delivered.
    line.mend();
    await untilNothingWaits(origin, cookie);
  } finally {
    over = true;
    // Waits for a portal that is just starting: it would not be in `portals` yet, and would run on after the trial.
    await Promise.allSettled([killing]);
    for (const portal of portals) await portal.stop('SIGKILL');
    await line.stop();
    await moov.stop();
    await issuer.stop();
    await database.remove();
  }

  const arrived = new Map<number, number>();
  for (const { body } of moov.taken) {
    const index = Number(/marker-(\d+)-end/.exec(String(body.body))?.[1]);
    arrived.set(index, (arrived.get(index) ?? 0) + 1);
  }
  return {
    accepted: answers.size,
    lost: [...answers.keys()].filter((index) => !arrived.has(index)).length,
    twice: [...arrived.values()].filter((count) => count > 1).length,
    contradicted,
    kills,
    faults: line.faults,
    at201,
    at202,
    seconds: Math.round((Date.now() - begun) / 1000),
  };
}

async function untilNothingWaits(origin: string, cookie: string) {
  const deadline = Date.now() + 180_000;
  for (;;) {
    let waiting = 0;
    for (const { accountID } of [partner, connected]) {
      const answer = await fetch(`${origin}/api/accounts/${accountID}/submissions`, {
        headers: { cookie },
        signal: AbortSignal.timeout(5_000),
      });
      const json: unknown = await answer.json();
      if (typeof json === 'object' && json !== null && 'items' in json && Array.isArray(json.items))
        waiting += json.items.length;
      else waiting += 1;
    }
    if (waiting === 0) return;
    if (Date.now() > deadline)
      throw new Error(`${waiting} submissions are still waiting three minutes after the line was mended`);
    await pause(200);
  }
}

/**
 * A proxy in front of the API that breaks a share of the calls, until `mend` is called:
 * - `cut-before`: the connection is cut, and the call never reaches the API
 * - `cut-after`: the call reaches the API, and the connection is cut before the answer
 * - `late`: the call reaches the API at once, and the answer comes after the portal has given up
 * - `late-arrival`: the call reaches the API only after the portal has given up
 * - `500-after`: the call reaches the API, and is answered with 500
 * - `429`: the call is answered with 429, and never reaches the API
 */
async function startFaultyLine(target: string) {
  const faults: Record<string, number> = {};
  let broken = true;
  const server = await listen((request, response) => {
    void (async () => {
      const body = await bodyOf(request);
      const kinds = ['cut-before', 'cut-after', 'late', 'late-arrival', '500-after', '429'] as const;
      const fault = broken && Math.random() < faultShare ? kinds[randomInt(kinds.length)] : undefined;
      if (fault !== undefined) faults[fault] = (faults[fault] ?? 0) + 1;
      if (fault === 'cut-before') return response.socket?.destroy();
      if (fault === '429') return response.writeHead(429, { 'retry-after': '1' }).end();
      if (fault === 'late-arrival') await pause(randomInt(upstreamTimeoutMs, latestMs));
      const answer = await forward(target, request.method ?? 'GET', request.url ?? '/', request.headers, body);
      if (fault === 'cut-after') return response.socket?.destroy();
      if (fault === '500-after') return response.writeHead(500).end();
      if (fault === 'late') await pause(randomInt(upstreamTimeoutMs, latestMs));
      return response
        .writeHead(answer.status, { 'content-type': 'application/json', 'x-request-id': randomUUID() })
        .end(answer.body);
    })().catch(() => response.socket?.destroy());
  });
  return {
    ...server,
    faults,
    mend() {
      broken = false;
    },
  };
}

function forward(target: string, method: string, path: string, headers: IncomingHttpHeaders, body: string) {
  return new Promise<{ status: number; body: string }>((resolve, reject) => {
    const onward = send(
      new URL(path, target),
      { method, headers: { ...headers, host: new URL(target).host, connection: 'close' } },
      (reply) => {
        bodyOf(reply).then((text) => resolve({ status: reply.statusCode ?? 502, body: text }), reject);
      },
    );
    onward.once('error', reject);
    onward.end(body);
  });
}
