import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect, test } from 'vitest';

/** Runs the sandbox until it ends. @returns its exit status and what it printed */
async function run(settings: Record<string, string>) {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'main.ts')], {
    env: { PATH: process.env.PATH ?? '', ...settings },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (part: string) => {
      said += part;
    });
  await once(child, 'close');
  return { status: child.exitCode, said };
}

test('a port that is taken is named, with what to do instead of a stack', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const address = other.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const { status, said } = await run({ PORT: String(address.port) });
  expect(status).toBe(1);
  expect(said).toBe(
    `Port ${address.port} is taken. End what listens there, or choose other ports, for example PORT=4000 npm run sandbox\n`,
  );
  other.close();
});

test('a setting that makes no sense is named', async () => {
  expect(await run({ PORT: '65533' })).toEqual({ status: 1, said: 'PORT must be a whole number up to 65532.\n' });
  expect(await run({ SANDBOX_EXPIRES_IN: 'weeks' })).toEqual({
    status: 1,
    said: 'SANDBOX_EXPIRES_IN must be seconds or timestamp.\n',
  });
});
