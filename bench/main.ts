import { faultTrial } from './faults.ts';

/** `npm run bench`: what the portal promises, measured. Prints a table in Markdown. */
async function main() {
  const onPostgres = process.env.TEST_DATABASE_URL !== undefined;
  const report = await faultTrial(
    onPostgres ? { tickets: 1_000, kills: 20, instances: 2 } : { tickets: 1_000, kills: 20, instances: 1, clients: 8 },
  );
  process.stdout.write(`${JSON.stringify(report)}\n`);
}
await main();
