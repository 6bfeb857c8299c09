import { run } from './admin/run.ts';

/** `npm run admin`: what an operator does by hand. */
process.exitCode = await run(process.argv.slice(2), {
  env: process.env,
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
});
