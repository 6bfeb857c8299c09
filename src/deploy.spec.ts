import { execFileSync, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { globSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import * as z from 'zod/mini';
import { serveMetrics } from './bff/guard/metrics.ts';
import { readSettings } from './bff/settings.ts';
import { freshDatabase } from './bff/testing/database.ts';
import { accounts, merchant, openWorld, type World } from './bff/testing/world.ts';

const root = path.join(import.meta.dirname, '..');
const read = (name: string) => readFileSync(path.join(root, name), 'utf8');
const operate = read('docs/operate.md');

/** What Prometheus reads there. */
async function scrape(port: number): Promise<string> {
  const answer = await fetch(`http://127.0.0.1:${port}/metrics`);
  expect(answer.status).toBe(200);
  return answer.text();
}
/** Names and labels, without what was measured. */
const seriesOf = (text: string) =>
  text
    .split('\n')
    .filter((line) => line.startsWith('portal_'))
    .map((line) => line.slice(0, line.lastIndexOf(' ')))
    .sort();
const freePort = async () => {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = z.looseObject({ port: z.number() }).parse(probe.address());
  probe.close();
  await once(probe, 'close');
  return port;
};

describe('deploy/alerts.yaml', () => {
  const rulesSchema = z.object({
    groups: z.array(
      z.strictObject({
        name: z.string(),
        rules: z.array(
          z.strictObject({
            alert: z.string().check(z.regex(/^Portal[A-Z]\w+$/)),
            expr: z.string().check(z.minLength(1)),
            for: z.optional(z.string().check(z.regex(/^\d+[smh]$/))),
            labels: z.strictObject({ severity: z.enum(['warning', 'critical']) }),
            annotations: z.strictObject({ summary: z.string().check(z.minLength(10)) }),
          }),
        ),
      }),
    ),
  });
  const rules = rulesSchema.parse(parse(read('deploy/alerts.yaml'))).groups.flatMap((group) => group.rules);

  /** What Prometheus gives every scrape by itself. */
  const given = new Set(['up']);
  const givenLabels = new Set(['job', 'instance']);
  const words = new Set(['and', 'or', 'unless', 'by', 'without', 'on', 'ignoring', 'bool', 'offset']);
  /** The metrics that an expression reads: its names that are no function, no word of the language and no label. */
  const metricsOf = (expression: string) => {
    const bare = expression
      .replaceAll(/\{[^}]*\}|\[[^\]]*\]|"[^"]*"/g, ' ')
      .replaceAll(/\b(by|without|on|ignoring)\s*\([^)]*\)/g, ' ');
    return [...bare.matchAll(/[a-zA-Z_:][\w:]*(?!\w*\s*\()/g)]
      .map(([name]) => name)
      .filter((name) => !words.has(name) && !given.has(name));
  };

  let world: World;
  let served: Awaited<ReturnType<typeof serveMetrics>>;
  let output: string;
  beforeAll(async () => {
    // However busy the machine is, none of these is given up.
    world = await openWorld({ UPSTREAM_TIMEOUT_MS: '30000', ANSWER_WITHIN_MS: '30000' });
    const { metrics, app } = world.portal;
    const mel = await world.session(merchant);
    for (const title of ['One', 'Two', 'fault:422 body']) await world.file(mel, accounts.own, { title });
    metrics.limited('create');
    metrics.cspReport();
    expect((await app.request('http://localhost:3000/healthz')).status).toBe(200);
    served = await serveMetrics(metrics, { port: 0, host: '127.0.0.1' }, world.log);
    output = await scrape(served.port);
  });
  afterAll(async () => {
    await served.close();
    await world.close();
  });

  test('what was filed is counted by how it ended', () => {
    for (const [state, count] of [
      ['created', 2],
      ['rejected', 1],
      ['cancelled', 0],
    ])
      expect(output).toContain(`\nportal_submissions_settled_total{state="${state}"} ${count}\n`);
  });
  test('has no alert twice', () => {
    expect(new Set(rules.map(({ alert }) => alert)).size).toBe(rules.length);
  });
  test.each(rules)('$alert reads metrics and labels that /metrics really has', ({ expr }) => {
    for (const name of metricsOf(expr)) expect(output).toMatch(new RegExp(`^${name}[{ ]`, 'm'));
    for (const [, name = '', matchers = ''] of expr.matchAll(/([\w:]+)\{([^}]*)\}/g))
      for (const [, label = ''] of matchers.matchAll(/(\w+)\s*[!=]/g))
        if (!given.has(name) && !givenLabels.has(label))
          expect(output).toMatch(new RegExp(`^${name}\\{[^}]*\\b${label}="`, 'm'));
  });
  test.each(rules)('$alert is about the portal alone, though Prometheus reads other programs as well', ({ expr }) => {
    for (const [, name = '', matchers = ''] of expr.matchAll(/\b(up|(?:nodejs|process)_\w+)\b(\{[^}]*\})?/g))
      expect(matchers, name).toContain('job="support-portal"');
  });
  test.each(rules)('$alert is about what people ask for: health checks would hide that all of it fails', ({ expr }) => {
    for (const [, matchers = ''] of expr.matchAll(/\bportal_http_\w+(\{[^}]*\})?/g))
      expect(matchers).toMatch(/route!~"[^"]*\/healthz\|\/readyz"/);
  });
  test.each(rules)('docs/operate.md says what to do on $alert', ({ alert }) => {
    expect(operate).toContain(`| \`${alert}\` |`);
  });
  test('docs/operate.md says what to do on an ALERT in the log that no rule is about', () => {
    const [, text = ''] = /'(ALERT [^:']+)/.exec(read('src/bff/submissions/reconcile.ts')) ?? [];
    expect(text).not.toBe('');
    expect(operate.replaceAll('\n', ' ')).toContain(text);
  });
  test('/metrics grows with the routes there are, never with what is asked of them: no id, address or name is a label', async () => {
    const cookie = await world.session(merchant);
    const ask = async () => {
      for (const [method, address] of [
        ['GET', `/api/accounts/${randomUUID()}`],
        ['GET', `/api/accounts/${accounts.own}/tickets?foreignID=${randomUUID()}`],
        ['DELETE', `/api/accounts/${randomUUID()}/submissions/${randomUUID()}`],
        ['GET', `/${randomUUID()}/${randomUUID()}`],
        ['POST', `/api/${randomUUID()}`],
      ] as const)
        await (await world.call(method, address, cookie)).text();
      return seriesOf(await scrape(served.port));
    };
    const before = await ask();
    expect(await ask()).toEqual(before);
    for (const series of before) expect(series).not.toMatch(/[0-9a-f]{8}-[0-9a-f]{4}-|@|Mel Roberts/i);
    for (const name of [
      'portal_http_requests_total',
      'portal_upstream_calls_total',
      'portal_upstream_state',
      'portal_submissions',
    ])
      expect(before.some((series) => series.startsWith(`${name}{`))).toBe(true);
    expect(before.filter((series) => series.startsWith('portal_http_requests_total{')).join('\n')).toContain(
      'route="/api/accounts/:accountID"',
    );
  });
  test.each([
    ['GET', '/api/session'],
    ['GET', '/api/status'],
    ['POST', '/api/csp-reports'],
    ['GET', '/auth/login'],
    ['GET', '/readyz'],
  ] as const)('%s %s is counted, and logged, as what it is', async (method, address) => {
    await (await world.call(method, address, await world.session(merchant))).text();
    expect(await scrape(served.port)).toContain(`portal_http_requests_total{method="${method}",route="${address}"`);
    expect(world.logged.join('')).toContain(`"route":"${address}"`);
  });
  const startProgram = (settings: Record<string, string | undefined>) =>
    spawn(process.execPath, [path.join(root, 'src/bff/main.ts')], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        PATH: process.env.PATH,
        ...world.sandbox.settings,
        PORT: '0',
        HOST: '127.0.0.1',
        PUBLIC_ORIGIN: 'http://localhost:3000',
        ...settings,
      },
    });
  test('the program itself serves every metric of the alerts at ADMIN_PORT, and nowhere else', async () => {
    const database = await freshDatabase();
    const adminPort = await freePort();
    const program = startProgram({
      ADMIN_PORT: String(adminPort),
      DATA_DIR: database.where.dataDir,
      ...(database.where.databaseURL !== undefined && { DATABASE_URL: database.where.databaseURL }),
    });
    program.stderr.pipe(process.stderr);
    const ended = once(program, 'close');
    let rest = '';
    try {
      let port = 0;
      for await (const line of createInterface(program.stdout)) {
        port = z.looseObject({ port: z.optional(z.number()) }).parse(JSON.parse(line)).port ?? 0;
        if (port !== 0) break;
      }
      program.stdout.on('data', (chunk) => {
        rest += String(chunk);
      });
      const elsewhere = await fetch(`http://127.0.0.1:${port}/metrics`);
      expect(elsewhere.status).toBe(404);
      // Of a proxy that keeps connections for a minute, none is closed at the moment at which it uses it again.
      expect(elsewhere.headers.get('keep-alive')).toBe('timeout=65');
      const families = [...(await scrape(adminPort)).matchAll(/^# TYPE (\w+) /gm)].map(([, name]) => name);
      for (const { expr } of rules)
        for (const name of metricsOf(expr)) expect(families).toContain(name.replace(/_(bucket|count|sum)$/, ''));
    } finally {
      program.kill('SIGTERM');
      await ended;
      await database.drop();
    }
    expect(program.exitCode).toBe(0);
    expect(rest, 'whoever asked for metrics kept nobody waiting').toContain('"stopped"');
    expect(rest).not.toContain('the time to finish ran out');
  });
  test.each([
    ['ADMIN_PORT', (port: number) => `the metrics cannot be served on 127.0.0.1:${port} (ADMIN_PORT)`],
    ['PORT', (port: number) => `the portal cannot listen on 127.0.0.1:${port}`],
  ])('%s that is taken is named in a line of the log, and the program ends in order', async (name, sentence) => {
    const program = startProgram({ [name]: String(served.port), DATA_DIR: 'memory://' });
    let [out, err] = ['', ''];
    program.stdout.on('data', (chunk) => {
      out += String(chunk);
    });
    program.stderr.on('data', (chunk) => {
      err += String(chunk);
    });
    await once(program, 'close');
    expect([program.exitCode, err]).toEqual([1, '']);
    const lines = out
      .trimEnd()
      .split('\n')
      .map((line) => z.looseObject({ level: z.string(), msg: z.string() }).parse(JSON.parse(line)));
    expect(lines.filter(({ level }) => level === 'fatal').map(({ msg }) => msg)).toEqual([sentence(served.port)]);
  });
  test('told to stop while it still waits for its database, the program ends at once and well, in a container too', async () => {
    const silent = createServer().listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = z.looseObject({ port: z.number() }).parse(silent.address());
    const program = startProgram({
      DATABASE_URL: `postgres://portal@127.0.0.1:${port}/portal`,
      MOOV_API_URL: 'https://api.example',
      MOOV_ORIGIN: 'http://localhost:3000',
    });
    let out = '';
    program.stdout.on('data', (chunk) => {
      out += String(chunk);
    });
    const ended = once(program, 'close');
    const [socket] = await once(silent, 'connection');
    program.kill('SIGTERM');
    // The status of a process that the signal itself has ended is null.
    expect(await ended).toEqual([0, null]);
    expect(out, 'what will not work with these settings').toContain('MOOV_ORIGIN is on localhost');
    socket.destroy();
    silent.close();
  });
  test('an expression with a name that does not exist would be found', () => {
    expect(
      metricsOf('sum by (le) (rate(portal_x_bucket{route!~"/a"}[5m])) > 5 and absent(portal_y) or up == 0'),
    ).toEqual(['portal_x_bucket', 'portal_y']);
  });
});

test('docs/operate.md has every line of the log that an operator must act on', () => {
  const told = operate.replaceAll('\n', ' ');
  const lines = globSync('src/bff/**/*.ts', { cwd: root, exclude: (name) => name.includes('.spec.') }).flatMap((name) =>
    [...read(name).matchAll(/\.(?:warn|error|fatal)\(\s*(?:(?:\{[^;]*?\}|\w+),\s*)?(['`])(.+?)\1/g)].map(
      ([, , text = '']) => text,
    ),
  );
  expect(lines.length).toBeGreaterThan(35);
  // What follows a colon, or is put in, differs.
  expect(lines.filter((text) => !told.includes(text.split(/\$\{|: /)[0] ?? text))).toEqual([]);
});

test('docs/operate.md makes of deploy/nginx.conf one that nginx can use without containers', () => {
  const [, script = ''] = /\nsed '([^']+)' deploy\/nginx\.conf > /.exec(operate) ?? [];
  const made = execFileSync('sed', [script, path.join(root, 'deploy/nginx.conf')], { encoding: 'utf8' });
  // Names that only a network of containers has, what cannot be opened where systemd gives a socket, and the folder that it tidies up.
  expect(made).not.toMatch(/portal-\d|\/dev\/std|\/tmp\//);
  expect(made).toContain('pid /run/nginx.pid;');
  expect([...made.matchAll(/^ +server (\S+) max_fails=0;$/gm)].map(([, address]) => address)).toEqual([
    '10.0.0.11:3000',
    '10.0.0.12:3000',
  ]);
});

test('deploy/nginx.conf lets nginx open a file for every connection, however few systemd allows by itself', () => {
  const [, files, connections] =
    /^worker_rlimit_nofile (\d+);$[\s\S]*^ +worker_connections (\d+);$/m.exec(read('deploy/nginx.conf')) ?? [];
  expect(Number(files)).toBeGreaterThan(Number(connections));
});

describe('deploy/compose.yaml', () => {
  const serviceSchema = z.looseObject({
    read_only: z.literal(true),
    user: z.string().check(z.regex(/^[1-9]\d*:[1-9]\d*$/)),
    cap_drop: z.tuple([z.literal('ALL')]),
    security_opt: z.tuple([z.literal('no-new-privileges:true')]),
    image: z.string(),
    healthcheck: z.looseObject({ test: z.array(z.string()) }),
    environment: z._default(z.record(z.string(), z.string()), {}),
    env_file: z.optional(z.string()),
    stop_grace_period: z.optional(z.string()),
    ports: z._default(z.array(z.string()), []),
    networks: z.record(z.string(), z.looseObject({ ipv4_address: z.optional(z.string()) })),
  });
  const { services } = z
    .looseObject({
      services: z.object({
        'portal-1': serviceSchema,
        'portal-2': serviceSchema,
        nginx: serviceSchema,
        postgres: serviceSchema,
      }),
    })
    .parse(parse(read('deploy/compose.yaml'), { merge: true }));
  const portals = [services['portal-1'], services['portal-2']];

  test('every service has a read-only root, no capability, a user that is not root and a health check', () => {
    expect(Object.keys(services)).toHaveLength(4);
  });
  test('people reach nginx alone; the database has no way out', () => {
    expect(services.nginx.ports).toEqual(['80:80', '443:443']);
    for (const one of [...portals, services.postgres]) expect(one.ports).toEqual([]);
    expect(Object.keys(services.postgres.networks)).toEqual(['inside']);
  });
  test('the portals believe the address that nginx tells, and nobody else', () => {
    for (const portal of portals)
      expect(portal.environment.TRUSTED_PROXIES).toBe(services.nginx.networks.inside?.ipv4_address);
  });
  test('nginx knows both portals by their names and ports', () => {
    const configuration = read('deploy/nginx.conf');
    for (const name of ['portal-1', 'portal-2'] as const)
      expect(configuration).toContain(`server ${name}:${services[name].environment.PORT} `);
  });
  test('a portal may take its ten seconds to stop', () => {
    for (const portal of portals) expect(Number.parseInt(portal.stop_grace_period ?? '0', 10)).toBeGreaterThan(10);
  });
  test('secrets stand in files of their own, which nobody commits; filled in, the example is a whole configuration', () => {
    const text = read('deploy/compose.yaml');
    expect(text).not.toMatch(/SECRET|PASSWORD|DATABASE_URL/);
    for (const name of ['portal.env', 'postgres.env']) {
      expect(text).toContain(`env_file: ${name}`);
      expect(read('.gitignore').split('\n')).toContain('*.env');
    }
    const example = Object.fromEntries(
      read('deploy/portal.env.example')
        .split('\n')
        .filter((line) => /^\w+=/.test(line))
        .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
    );
    const filledIn = {
      ...services['portal-1'].environment,
      MOOV_PUBLIC_KEY: 'public',
      MOOV_SECRET_KEY: 'secret',
      MOOV_PARTNER_ACCOUNT_ID: '7d2c4a90-5b1e-4c63-9f2a-0c6d8e1b3a57',
      OIDC_ISSUER: 'https://login.example.com',
      OIDC_CLIENT_ID: 'portal',
      OIDC_CLIENT_SECRET: 'secret',
    };
    for (const name of Object.keys(filledIn))
      expect([...Object.keys(example), ...Object.keys(services['portal-1'].environment)]).toContain(name);
    expect(readSettings({ ...example, ...filledIn })).toMatchObject({ ADMIN_PORT: 9090, PORT: 3000 });
  });
});
