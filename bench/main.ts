import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startPostgres } from '../e2e/support/postgres.ts';
import { measureCleaning } from './cleaning.ts';
import { faultTrial } from './faults.ts';
import { machine, versionOf } from './machine.ts';
import { measurePage } from './page.ts';
import { type Measured, measureProxies } from './proxies.ts';
import { streamTrial } from './streams.ts';

const report = join(import.meta.dirname, '..', 'docs', 'benchmarks.md');
const head = `# Benchmarks

Written by \`npm run bench\` (all parts) and \`npm run bench -- proxies\` (one or some); what the figures led to is in [performance.md](performance.md).
`;

/** A table in Markdown. */
const table = (columns: string[], rows: (string | number)[][]) =>
  [columns, columns.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');
const one = (value: number) => value.toFixed(1);
const two = (value: number) => value.toFixed(2);

/** Runs `run` with the address of a fresh PostgreSQL, and stops that afterwards. */
async function onPostgres<T>(run: (server: string) => Promise<T>): Promise<T> {
  const postgres = await startPostgres();
  try {
    return await run(postgres.url);
  } finally {
    postgres.stop();
  }
}

async function page(): Promise<string> {
  const { visit, typing, list, browser } = await measurePage();
  return `Chromium ${browser}, 1.6 Mbit/s, 150 ms a request, CPU 4 × slower, HTTP/1.1; the first visit of a signed-in merchant to the new-ticket page, median of 5. “Title” and “message”: the first key typed there. Every key kept: ${visit.kept ? 'yes' : 'NO'}.

${table(
  [
    ...['first paint', 'title', 'message', 'React has the form', 'editor in place', 'blocking', 'CLS'],
    ...['transferred', 'of it before React has the form', 'requests'],
  ],
  [
    [
      ...[visit.firstPaint, visit.title, visit.message, visit.takenOver, visit.editor].map(
        (ms) => `${two(ms / 1000)} s`,
      ),
      `${Math.round(visit.blocking)} ms`,
      two(visit.cls),
      ...[visit.bytes, visit.bytesBeforeTakeOver].map((bytes) => `${Math.round(bytes / 1000)} kB`),
      visit.requests,
    ],
  ],
)}

Typing in a message of 20,000 characters, from key to paint:

${table(
  ['', '÷ bare, p95', 'p50', 'p95'],
  [
    ['a bare contenteditable', '1', `${one(typing.bare.p50Ms)} ms`, `${one(typing.bare.p95Ms)} ms`],
    [
      'the editor',
      two(typing.editor.p95Ms / typing.bare.p95Ms),
      `${one(typing.editor.p50Ms)} ms`,
      `${one(typing.editor.p95Ms)} ms`,
    ],
  ],
)}

The list of an account with 10,000 tickets, CPU 4 × slower: first row after ${two(list.firstRowMs / 1000)} s, ${list.nodes} elements in the page.`;
}

async function proxies(): Promise<string> {
  const measured = await measureProxies({ seconds: 5 });
  const nginx = measured.find(({ name }) => name === 'nginx');
  const bare = measured[0];
  if (nginx === undefined || bare === undefined) throw new Error('nginx was not measured');
  const rowOf = (name: string, what: 'read' | 'create', loads: Measured['read']) => [
    name,
    ...([1, 32] as const).flatMap((connections) => {
      const load = loads[connections];
      return [
        two(load.perSecond / nginx[what][connections].perSecond),
        loads === bare[what] ? '–' : `${two(load.p50Ms - bare[what][connections].p50Ms)} ms`,
        Math.round(load.perSecond),
      ];
    }),
    Math.round(loads[32].cpuUs),
  ];
  const rows = (what: 'read' | 'create') => measured.map((row) => rowOf(row.name, what, row[what]));
  const same = measured.flatMap(({ name, readSame }) =>
    readSame === undefined ? [] : [rowOf(`${name}, all the same list`, 'read', readSame)],
  );
  const columns = ['1 connection', '32 connections'].flatMap((at) => [`${at}: ÷ nginx`, 'added p50', 'a second']);
  return `wrk ${await versionOf('wrk', '-v')}, nginx ${await versionOf('nginx', '-v')}. Each server in a process of its own that has a core to itself; wrk, the upstream and PostgreSQL share the rest. The portal checks session, permission (of partner staff for a connected account) and every field; the others pass bytes on. Each request is about the next of 50 accounts; where all read the same list, the portal asks once for those that come at the same moment. Warm-up, then 5 s each.

Reading a list of tickets (2 KB):

${table(['', ...columns, 'CPU µs a request'], [...rows('read'), ...same])}

Creating a ticket (2 KB), each with a key of its own; the portal cleans it and keeps it in its database before and after the call:

${table(['', ...columns, 'CPU µs a request'], rows('create'))}

${table(
  [
    '',
    'ready after',
    'memory after the load',
    'more after 100,000 requests',
    `creating, added to the p50 of an upstream that takes 20 ms (${one(bare.create20?.p50Ms ?? 0)} as measured)`,
  ],
  measured.map((row) => [
    row.name,
    `${Math.round(row.readyMs)} ms`,
    `${Math.round(row.memory)} MB`,
    row.growth === undefined ? '' : `${Math.round(row.growth)} MB`,
    row === bare || row.create20 === undefined || bare.create20 === undefined
      ? ''
      : `${one(row.create20.p50Ms - bare.create20.p50Ms)} ms`,
  ]),
)}`;
}

function cleaning(): Promise<string> {
  return Promise.resolve(
    table(
      ['message', 'bytes', 'p50', 'worst of 30'],
      measureCleaning().map((row) => [row.what, row.bytes, `${two(row.p50Ms)} ms`, `${two(row.worstMs)} ms`]),
    ),
  );
}

async function faults(): Promise<string> {
  const row = (engine: string, instances: number, of: Awaited<ReturnType<typeof faultTrial>>) => [
    engine,
    instances,
    ...[of.accepted, of.lost, of.twice, of.contradicted, of.kills, of.at201, of.at202, of.seconds],
  ];
  const embedded = row('embedded', 1, await faultTrial({ tickets: 1_000, kills: 20, instances: 1, clients: 8 }));
  const real = await onPostgres((server) => faultTrial({ tickets: 1_000, kills: 20, instances: 2, server }));
  return `45 % of all calls to the API broken (cut before and after the work, arriving late, 500 after creating, 429), the portal killed 20 times.

${table(
  ['engine', 'instances', 'accepted', 'lost', 'twice', 'contradicted', 'kills', '201', '202', 'seconds'],
  [embedded, row('PostgreSQL', 2, real)],
)}`;
}

async function streams(): Promise<string> {
  const news = await onPostgres((server) => streamTrial({ streams: 600, events: 400, accounts: 20, server }));
  return `Event streams over two instances on one PostgreSQL; one is killed half way and started again.

${table(
  ['streams', 'events', 'deliveries', 'missing', 'twice', 'out of order', 'wrong account', 'p50', 'p99'],
  [
    [
      ...[news.streams, news.events, news.deliveries, news.missing, news.twice, news.outOfOrder, news.wrongAccount],
      `${news.p50Ms} ms`,
      `${news.p99Ms} ms`,
    ],
  ],
)}`;
}

const parts: Record<string, { title: string; measure: () => Promise<string> }> = {
  page: { title: 'The page on a bad phone', measure: page },
  proxies: { title: 'The portal beside plain proxies', measure: proxies },
  cleaning: { title: 'Cleaning a message', measure: cleaning },
  faults: { title: 'Accept once, deliver once', measure: faults },
  streams: { title: 'Live news', measure: streams },
};

/**
 * `npm run bench [-- part ...]`: measures the chosen parts (all when none is named), prints the results, and puts each into its place
 * in docs/benchmarks.md. The parts that were not measured keep their text there.
 */
async function main(chosen: string[]) {
  const unknown = chosen.filter((name) => !(name in parts));
  if (unknown.length > 0)
    throw new Error(`there is no part ${unknown.join(', ')}: choose of ${Object.keys(parts).join(', ')}`);
  const kept = new Map<string, string>();
  const before = await readFile(report, 'utf8').catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return '';
    throw error;
  });
  for (const section of before.split(/^## /m).slice(1)) kept.set(section.split('\n', 1)[0] ?? '', section.trim());
  for (const [name, { title, measure }] of Object.entries(parts)) {
    if (chosen.length > 0 && !chosen.includes(name)) continue;
    const text = await measure();
    const where = `${new Date().toISOString().slice(0, 10)}, ${machine()}`;
    kept.set(title, `${title}\n\n${where}.\n\n${text}`);
    process.stdout.write(`## ${kept.get(title)}\n\n`);
    // The file is written after each part, so that a failure in a later part does not lose the results so far.
    const sections = Object.values(parts).flatMap((part) => kept.get(part.title) ?? []);
    await writeFile(report, `${[head, ...sections.map((section) => `## ${section}\n`)].join('\n')}`);
  }
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
