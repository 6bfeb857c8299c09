import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { embeddedDatabase, ownDatabase } from '../e2e/support/database.ts';
import { startOtherIssuer } from '../e2e/support/other-issuer.ts';
import { freePort, startPostgres } from '../e2e/support/postgres.ts';
import { type Load, load } from './load.ts';
import { keepOffTheMeasuredCore, need, type Program, startProgram } from './machine.ts';
import { signIn } from './sign-in.ts';

const partnerAccountID = 'f0000000-0000-4000-8000-00000000000f';
/**
 * The tickets of a connected account: for these the portal has to look up whether partner staff may see them. `load.lua` puts another
 * account number into each request.
 */
const path = '/accounts/b0000000-0000-4000-8000-%012d/tickets';
/** The tickets of one and the same account in all requests. */
const samePath = path.replace('%012d', '000000000007');
/** Enough people to share the load, so that nobody reaches the limit of 600 readings a minute. */
const people = 900;
/** `PORTAL_BUILD=folder` measures that build in place of `dist`, for example to compare a change with the version before it. */
const build = process.env.PORTAL_BUILD ?? join(import.meta.dirname, '..', 'dist');
/** `PORTAL_PROFILE=folder` leaves CPU profiles of the portal there (and makes it slower). */
const profiling =
  process.env.PORTAL_PROFILE === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${process.env.PORTAL_PROFILE}`];
/** The same as in `npm start`. */
const flags = ['--max-semi-space-size=8', '--heap-growing-percent=30'];
const allocator = { MALLOC_ARENA_MAX: '2' };
const concurrencies = [1, 32] as const;
const growthRequests = 100_000;
/** On its single core a server gets faster for about ten seconds, while code is being compiled and pools fill. */
const warmUpSeconds = 12;

/**
 * One server under both loads, with 1 and with 32 connections. `create20`: creating one ticket after another while the upstream takes
 * 20 ms for each call. `readyMs`: from the start of its process to its first good answer.
 */
export type Measured = {
  name: string;
  read: Record<(typeof concurrencies)[number], Load>;
  create: Record<(typeof concurrencies)[number], Load>;
  create20?: Load;
  /** the same as `read`, everybody reading the list of one account */
  readSame?: Measured['read'];
  readyMs: number;
  /** after the load, in MB */
  memory: number;
  /** how much more memory it had after 100,000 further requests, in MB */
  growth?: number;
};

type Upstream = { port: number; slowPort: number };
type Paths = { headers: string; none: string; body: string };

/** How long each load lasts, in seconds: few for a quick look, more for results to keep. */
type Paces = { seconds: number };

/**
 * Measures the bare upstream, nginx, fastify, express and the portal (on both databases), one after another. Each of them but the bare
 * upstream is pinned to a core of its own, and keeps its connections to the upstream open.
 * @param only what to measure: `upstream`, `nginx`, `fastify`, `express`, `PostgreSQL`, `embedded`; all when left out
 * @param told called with each result as soon as it is there
 * @throws when wrk or nginx is not installed, or when more requests fail than may
 */
export async function measureProxies(
  { seconds }: Paces,
  only?: string[],
  told: (one: Measured) => void = () => undefined,
): Promise<Measured[]> {
  need({ wrk: 'wrk', nginx: 'nginx' });
  const core = keepOffTheMeasuredCore();
  const folder = await mkdtemp(join(tmpdir(), 'portal-bench-'));
  const started: { stop(): Promise<void> }[] = [];
  try {
    const upstream = { port: await freePort(), slowPort: await freePort() };
    const upstreamProgram = (port: number, delay: string) =>
      startProgram(
        process.execPath,
        [join(import.meta.dirname, 'upstream.ts')],
        { PORT: String(port), DELAY_MS: delay },
        'beside',
        `http://127.0.0.1:${port}/accounts`,
      );
    const quick = await upstreamProgram(upstream.port, '0');
    const slow = await upstreamProgram(upstream.slowPort, '20');
    started.push(quick, slow);
    const files = { headers: join(folder, 'cookies'), none: join(folder, 'none'), body: join(folder, 'body.json') };
    await writeFile(files.none, '-\n');
    await writeFile(files.body, newTicket);

    const wanted = (name: string) => only === undefined || only.includes(name);
    const measured: Measured[] = [];
    const note = (one: Measured) => {
      measured.push(one);
      told(one);
    };
    if (wanted('upstream')) {
      const bare = await measurePeer('the upstream itself', quick, upstream.port, files, seconds);
      const create20 = await createSlowly(onPeer(slow, upstream.slowPort, files), seconds);
      note({ ...bare, create20 });
    }
    for (const peer of peers) {
      if (!wanted(peer.name)) continue;
      const port = await freePort();
      const program = await peer.start(port, upstream, folder);
      started.push(program);
      note(await measurePeer(peer.title, program, port, files, seconds));
      await program.stop();
    }
    for (const engine of ['PostgreSQL', 'embedded'] as const)
      if (wanted(engine)) note(await measurePortal(engine, upstream, files, seconds));
    return measured;
  } finally {
    for (const program of started) await program.stop();
    await rm(folder, { recursive: true, force: true });
    core.free();
  }
}

const newTicket = JSON.stringify({
  title: 'Payout of 12 May has not arrived at the bank',
  body: `<p>Hello,</p>${'<p>the payout of <strong>1,204.50 USD</strong> from 12 May shows as <em>completed</em>, and has not arrived. We have asked the bank, which knows nothing of it.</p>'.repeat(12)}<ul><li><p>one</p></li><li><p>two</p></li></ul>`,
  contact: { email: 'pat@partner.example', name: 'Pat Nguyen' },
});

type Peer = { name: string; title: string; start(port: number, upstream: Upstream, folder: string): Promise<Program> };
const nodePeer = (file: string, port: number, upstream: Upstream) =>
  startProgram(
    process.execPath,
    [join(import.meta.dirname, file)],
    { PORT: String(port), UPSTREAM: `http://127.0.0.1:${upstream.port}` },
    'measured',
    `http://127.0.0.1:${port}${samePath}`,
  );
const peers: readonly Peer[] = [
  {
    name: 'nginx',
    title: 'nginx',
    async start(port, upstream, folder) {
      const file = join(folder, 'nginx.conf');
      await writeFile(
        file,
        `worker_processes 1; daemon off; pid ${folder}/nginx.pid; error_log ${folder}/nginx.log;
events { worker_connections 1024; }
http {
  access_log off;
  client_body_temp_path ${folder}/body; proxy_temp_path ${folder}/proxy; fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi; scgi_temp_path ${folder}/scgi;
  keepalive_requests 10000000;
  upstream behind { server 127.0.0.1:${upstream.port}; keepalive 128; keepalive_requests 10000000; }
  server { listen 127.0.0.1:${port}; location / { proxy_pass http://behind; proxy_http_version 1.1; proxy_set_header Connection ""; } }
}
`,
      );
      return startProgram('nginx', ['-c', file], {}, 'measured', `http://127.0.0.1:${port}${samePath}`);
    },
  },
  {
    name: 'fastify',
    title: 'fastify http-proxy',
    start: (port, upstream) => nodePeer('peer-fastify.ts', port, upstream),
  },
  {
    name: 'express',
    title: 'express + http-proxy-middleware',
    start: (port, upstream) => nodePeer('peer-express.ts', port, upstream),
  },
];

async function measurePeer(
  name: string,
  program: Program,
  port: number,
  files: Paths,
  seconds: number,
): Promise<Measured> {
  const loads = await bothLoads(onPeer(program, port, files), seconds);
  return { name, ...loads, readyMs: program.readyMs, memory: await program.memory() };
}

type Target = Omit<Parameters<typeof load>[0], 'mode' | 'connections' | 'seconds'>;
const onPeer = (program: Program, port: number, files: Paths): Target => ({
  program,
  port,
  origin: `http://127.0.0.1:${port}`,
  path,
  headers: files.none,
  body: files.body,
  // One lost request in ten thousand does not change what is measured of a peer. The portal must not lose any.
  mayFail: 0.0001,
});

async function series(on: Target, mode: 'read' | 'create', seconds: number, warmUp = warmUpSeconds) {
  await load({ ...on, mode, connections: 32, seconds: warmUp });
  return {
    1: await load({ ...on, mode, connections: 1, seconds }),
    32: await load({ ...on, mode, connections: 32, seconds }),
  };
}
const bothLoads = async (on: Target, seconds: number) => ({
  read: await series(on, 'read', seconds),
  create: await series(on, 'create', seconds),
});
/** Measures creating one ticket after another over a single connection, after a short warm-up. */
async function createSlowly(on: Target, seconds: number): Promise<Load> {
  await load({ ...on, mode: 'create', connections: 8, seconds: 3 });
  return load({ ...on, mode: 'create', connections: 1, seconds });
}

async function measurePortal(
  engine: 'PostgreSQL' | 'embedded',
  upstream: Upstream,
  files: Paths,
  seconds: number,
): Promise<Measured> {
  const postgres = engine === 'PostgreSQL' ? await startPostgres() : undefined;
  const database = await (postgres === undefined ? embeddedDatabase() : ownDatabase(postgres.url));
  const port = await freePort();
  const origin = `http://localhost:${port}`;
  const client = {
    id: 'portal',
    secret: 'oidc-secret',
    redirectURI: `${origin}/auth/callback`,
    person: { sub: '', name: 'Pat', email: 'pat@partner.example', claims: { moov_role: 'partner' } },
  };
  const issuer = await startOtherIssuer(client);
  const settings = {
    PORT: String(port),
    HOST: '127.0.0.1',
    PUBLIC_ORIGIN: origin,
    MOOV_PUBLIC_KEY: 'public',
    MOOV_SECRET_KEY: 'secret',
    MOOV_PARTNER_ACCOUNT_ID: partnerAccountID,
    MOOV_ORIGIN: 'https://support.example',
    OIDC_ISSUER: issuer.issuer,
    OIDC_CLIENT_ID: 'portal',
    OIDC_CLIENT_SECRET: 'oidc-secret',
    CREATE_LIMIT_PER_MINUTE: '100000',
    // Makes the portal believe `x-forwarded-for`, so that each person signs in from an address of their own.
    TRUSTED_PROXIES: '127.0.0.1',
    LOG_LEVEL: 'warn',
    ...database.settings,
  };
  const start = (upstreamPort: number) =>
    startProgram(
      process.execPath,
      [...profiling, ...flags, join(build, 'bff', 'main.js')],
      { ...settings, ...allocator, MOOV_API_URL: `http://127.0.0.1:${upstreamPort}` },
      'measured',
      `http://127.0.0.1:${port}/readyz`,
    );
  let portal: Program | undefined;
  try {
    // The first start creates the tables. `readyMs` is that of the second start.
    await (await start(upstream.slowPort)).stop();
    portal = await start(upstream.port);
    const { readyMs } = portal;
    const on = { program: portal, port, origin, path: `/api${path}`, headers: files.headers, body: files.body };
    const cookies: string[] = [];
    for (let person = 0; person < people; person += 1) {
      client.person = { ...client.person, sub: `person-${person}` };
      cookies.push(await signIn(origin, `10.0.${person >> 8}.${person & 255}`));
    }
    await writeFile(files.headers, `${cookies.join('\n')}\n`);
    const loads = await bothLoads(on, seconds);
    const readSame = await series({ ...on, path: `/api${samePath}` }, 'read', seconds, 2);
    const memory = await portal.memory();
    let served = 0;
    const pace = loads.read[32].perSecond;
    while (served < growthRequests)
      served += (
        await load({
          ...on,
          mode: 'read',
          connections: 32,
          seconds: Math.ceil(Math.min((growthRequests - served) / pace, 20)),
        })
      ).requests;
    const growth = (await portal.memory()) - memory;
    await portal.stop();
    portal = await start(upstream.slowPort);
    const create20 = await createSlowly({ ...on, program: portal }, seconds);
    return { name: `the portal, ${engine}`, ...loads, readSame, create20, readyMs, memory, growth };
  } finally {
    await portal?.stop();
    await issuer.stop();
    await database.remove();
    postgres?.stop();
  }
}

if (import.meta.main) {
  const [seconds = '5', ...only] = process.argv.slice(2);
  await measureProxies({ seconds: Number(seconds) }, only.length > 0 ? only : undefined, (one) =>
    process.stdout.write(`${JSON.stringify(one)}\n`),
  );
}
