import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { expect, test } from '@playwright/test';
import { createClient } from './support/client.ts';
import { bodyOf, listen } from './support/listen.ts';
import { startNginx } from './support/nginx.ts';
import { freePort } from './support/postgres.ts';

const toUndo: (() => unknown)[] = [];
test.afterEach(async () => {
  for (const undo of toUndo.splice(0).reverse()) await undo();
});

/**
 * A port to which no connection is made, as at a machine that is gone without a word: its process is frozen, and as many connections
 * as the system holds for it wait already.
 */
async function startGone(): Promise<number> {
  const port = await freePort();
  const program = `require('node:net').createServer().listen({ port: ${port}, host: '127.0.0.1', backlog: 1 }, () => process.stdout.write('listening'))`;
  const frozen = spawn(process.execPath, ['--eval', program], { stdio: ['ignore', 'pipe', 'inherit'] });
  toUndo.push(() => frozen.kill('SIGKILL'));
  await once(frozen.stdout, 'data');
  frozen.kill('SIGSTOP');
  await expect.poll(() => readFileSync(`/proc/${frozen.pid}/stat`, 'utf8')).toMatch(/\) T /);
  // Linux holds one more than it was told.
  for (let held = 0; held < 2; held += 1) {
    const socket = connect({ port, host: '127.0.0.1' });
    socket.on('error', () => undefined);
    toUndo.push(() => socket.destroy());
    await once(socket, 'connect');
  }
  return port;
}

test('while the machine of one instance is gone without a word, the other one answers every request, changes too', async () => {
  const gone = await startGone();
  const alive = await listen(async (request, response) => response.end(`${request.method} ${await bodyOf(request)}`));
  toUndo.push(() => alive.stop());
  const [http, https] = [await freePort(), await freePort()];
  const nginx = await startNginx({ http, https, portals: [gone, Number(new URL(alive.origin).port)] });
  toUndo.push(() => nginx.stop());
  const client = createClient(`https://localhost:${https}`, nginx.ca);
  toUndo.push(() => client.close());
  const timeouts = () => nginx.log().split('upstream timed out').length - 1;
  // Each process of nginx asks the instances in turn: after some requests the one that is gone was asked, by either kind.
  for (const method of ['POST', 'GET'] as const) {
    const before = timeouts();
    do {
      const { status, text } =
        method === 'GET' ? await client.get('/api/session') : await client.change('POST', '/api/any', { a: 1 });
      expect([status, text]).toEqual([200, method === 'GET' ? 'GET ' : 'POST {"a":1}']);
    } while (timeouts() === before);
  }
});
