import { afterAll, beforeAll, expect, test } from 'vitest';
import { openWorld, origin, type World } from '../testing/world.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

/** A report as a browser sends it: no cookie that counts, any origin, a content type of its own. */
const report = (body: string | Uint8Array<ArrayBuffer>, type = 'application/csp-report') =>
  world.portal.app.request(`${origin}/api/csp-reports`, { method: 'POST', headers: { 'content-type': type }, body });
const counted = async () =>
  Number(/^portal_csp_reports_total (\d+)$/m.exec(await world.portal.metrics.registry.metrics())?.[1]);
const about = 'https://portal.example/accounts/canary-account?email=canary@example.com';
const older = {
  'csp-report': { 'effective-directive': 'script-src-elem', 'document-uri': about, 'script-sample': 'canary' },
};
const list = [
  { type: 'csp-violation', url: about, body: { effectiveDirective: 'require-trusted-types-for', sample: 'canary' } },
];

test.each([
  ['the older form', JSON.stringify(older), 'application/csp-report', 'script-src-elem'],
  ['the Reporting API’s list', JSON.stringify(list), 'application/reports+json', 'require-trusted-types-for'],
])(
  'what a browser stopped, told in %s, is counted in the metrics and logged by its directive alone',
  async (_, body, type, directive) => {
    const before = await counted();
    expect((await report(body, type)).status).toBe(204);
    expect(await counted()).toBe(before + 1);
    expect(world.logged.at(-2)).toContain(directive);
    expect(world.logged.at(-1), 'by the route that answers, not by a limit on the whole branch').toContain(
      '"route":"/api/csp-reports"',
    );
    expect(world.logged.join('')).not.toContain('canary');
  },
);

test.each([
  '',
  'null',
  '[]x',
  '{}',
  '[1]',
  '{"csp-report":{"effective-directive":7}}',
  JSON.stringify([{ body: { effectiveDirective: 'x'.repeat(201) } }]),
  Uint8Array.of(0xff),
])('what is no report, %j, is taken and counted as none', async (body) => {
  const before = await counted();
  expect((await report(body)).status).toBe(204);
  expect(await counted()).toBe(before);
});

test('of a long list of reports the log holds the first twenty', async () => {
  const many = Array.from({ length: 45 }, (_, at) => ({ body: { effectiveDirective: `directive-${at}.` } }));
  expect((await report(JSON.stringify(many))).status).toBe(204);
  expect(world.logged.at(-2)).toContain('directive-19.');
  expect(world.logged.at(-2)).not.toContain('directive-20.');
});

test('a report of more than 64 KB is refused unread', async () => {
  expect((await report(JSON.stringify(older).padEnd(70_000))).status).toBe(413);
});
