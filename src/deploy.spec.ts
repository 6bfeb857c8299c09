import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import * as z from 'zod/mini';
import { readSettings } from './bff/settings.ts';
import { merchant, openWorld, type World } from './bff/testing/world.ts';

const root = path.join(import.meta.dirname, '..');
const read = (name: string) => readFileSync(path.join(root, name), 'utf8');
const operate = read('docs/operate.md');

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
  let output: string;
  beforeAll(async () => {
    world = await openWorld();
    const { metrics, app } = world.portal;
    await world.file(await world.session(merchant), '4af4784a-c777-48f6-8211-063d5341f84b', { title: 'One' });
    metrics.limited('create');
    metrics.cspReport();
    expect((await app.request('http://localhost:3000/healthz')).status).toBe(200);
    output = await metrics.registry.metrics();
  });
  afterAll(() => world.close());

  test('has no alert twice', () => {
    expect(new Set(rules.map(({ alert }) => alert)).size).toBe(rules.length);
  });
  test.each(rules)('$alert reads metrics and labels that /metrics really has', ({ expr }) => {
    for (const name of metricsOf(expr)) expect(output).toMatch(new RegExp(`^${name}[{ ]`, 'm'));
    for (const [, name = '', matchers = ''] of expr.matchAll(/([\w:]+)\{([^}]*)\}/g))
      for (const [, label = ''] of matchers.matchAll(/(\w+)\s*[!=]/g))
        if (!given.has(name)) expect(output).toMatch(new RegExp(`^${name}\\{[^}]*\\b${label}="`, 'm'));
  });
  test.each(rules)('docs/operate.md says what to do on $alert', ({ alert }) => {
    expect(operate).toContain(`| \`${alert}\` |`);
  });
  test('an expression with a name that does not exist would be found', () => {
    expect(
      metricsOf('sum by (le) (rate(portal_x_bucket{route!~"/a"}[5m])) > 5 and absent(portal_y) or up == 0'),
    ).toEqual(['portal_x_bucket', 'portal_y']);
  });
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
