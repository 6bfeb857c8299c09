import { run } from './admin/run.ts';
import { openStore } from './store/store.ts';

// Whoever reads may have read enough (`… | head`): the command is done all the same.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});

/** `npm run admin`: what an operator does by hand. */
process.exitCode = await run(process.argv.slice(2), {
  env: process.env,
  open: openStore,
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
});
