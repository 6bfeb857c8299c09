import { run } from './admin/run.ts';
import { openStore } from './store/store.ts';

/** `npm run admin`: what an operator does by hand. */
process.exitCode = await run(process.argv.slice(2), {
  env: process.env,
  open: openStore,
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
});
