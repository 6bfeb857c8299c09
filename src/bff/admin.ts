import { run } from './admin/run.ts';
import { openStore } from './store/store.ts';

// The reader of the output may stop reading (`… | head`). That is not an error of the command.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});

// `npm run admin`: the commands for operators (`admin/commands.ts`).
process.exitCode = await run(process.argv.slice(2), {
  env: process.env,
  open: openStore,
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
});
