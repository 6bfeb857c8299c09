import { cpus } from 'node:os';
import { startPostgres } from '../e2e/support/postgres.ts';
import { faultTrial } from './faults.ts';
import { streamTrial } from './streams.ts';

/** `npm run bench`: what the portal promises, measured on both engines. Prints a report in Markdown. */
async function main() {
  const say = (line: string) => process.stdout.write(`${line}\n`);
  say(
    `# Benchmarks\n\n${new Date().toISOString().slice(0, 10)}, Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model.trim()}\n`,
  );
  say('## Accept once, deliver once\n');
  say(
    '45 % of all calls to the API broken (cut before and after the work, arriving late, 500 after creating, 429), the portal killed 20 times.\n',
  );
  say('| engine | instances | accepted | lost | twice | contradicted | kills | 201 | 202 | seconds |');
  say('|---|---|---|---|---|---|---|---|---|---|');
  const row = (engine: string, instances: number, report: Awaited<ReturnType<typeof faultTrial>>) =>
    say(
      `| ${engine} | ${instances} | ${report.accepted} | ${report.lost} | ${report.twice} | ${report.contradicted} | ${report.kills} | ${report.at201} | ${report.at202} | ${report.seconds} |`,
    );
  row('embedded', 1, await faultTrial({ tickets: 1_000, kills: 20, instances: 1, clients: 8 }));
  const postgres = await startPostgres();
  process.env.TEST_DATABASE_URL = postgres.url;
  try {
    row('PostgreSQL', 2, await faultTrial({ tickets: 1_000, kills: 20, instances: 2 }));
    say('\n## Live news\n');
    say('Event streams over two instances on one PostgreSQL; one is killed half way and started again.\n');
    say('| streams | events | deliveries | missing | twice | out of order | wrong account | p50 | p99 |');
    say('|---|---|---|---|---|---|---|---|---|');
    const news = await streamTrial({ streams: 600, events: 400, accounts: 20 });
    say(
      `| ${news.streams} | ${news.events} | ${news.deliveries} | ${news.missing} | ${news.twice} | ${news.outOfOrder} | ${news.wrongAccount} | ${news.p50Ms} ms | ${news.p99Ms} ms |`,
    );
  } finally {
    postgres.stop();
  }
}
await main();
