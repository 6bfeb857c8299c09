import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { connect } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import pino from 'pino';
import { expect, onTestFinished, test } from 'vitest';
import * as z from 'zod/mini';
import { problemSchema } from '../../contract/problem.ts';
import { answerNoRequest, answerUnreadable, withHostOnly } from './unreadable.ts';

/**
 * Sends some bytes to a server, and `more` as soon as something comes back.
 * @returns what came back until the connection ended, and what was logged
 */
async function exchange(sent: string, more?: string, listener?: RequestListener) {
  const lines: string[] = [];
  const log = pino({}, { write: (line) => lines.push(line) });
  const server = createServer(
    { headersTimeout: 150, requestTimeout: 200, connectionsCheckingInterval: 20, requireHostHeader: false },
    listener ??
      withHostOnly(
        getRequestListener(() => new Response('read'), { hostname: 'here', errorHandler: answerNoRequest(log) }),
        log,
      ),
  );
  answerUnreadable(server, log);
  server.listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  const { port } = z.looseObject({ port: z.number() }).parse(server.address());
  const socket = connect(port, '127.0.0.1').setEncoding('utf8');
  let back = '';
  socket.on('data', (text) => {
    back += text;
  });
  if (more !== undefined) socket.once('data', () => socket.write(more));
  socket.write(sent);
  await once(socket, 'close');
  return { back, logged: lines.join('') };
}

test.each([
  ['no HTTP', 'HELLO\r\n\r\n', 400],
  ['a host that is none', 'GET / HTTP/1.1\r\nhost: a b\r\nconnection: close\r\n\r\n', 400],
  ['no host', 'GET / HTTP/1.1\r\n\r\n', 400],
  ['an expectation that nobody knows', 'GET / HTTP/1.1\r\nhost: a\r\nexpect: tea\r\n\r\n', 417],
  ['giant headers', `GET / HTTP/1.1\r\nhost: a\r\nx-giant: ${'x'.repeat(40_000)}`, 431],
  ['headers that never end', 'GET / HTTP/1.1\r\nhost: a\r\n', 408],
])('%s is answered by a problem with a reference that is in the log', async (_, sent, status) => {
  const { back, logged } = await exchange(sent);
  expect(back).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
  const [head = '', body = ''] = back.split('\r\n\r\n');
  expect(head).toMatch(/^connection: close$/im);
  expect(head).toMatch(/^cache-control: no-store$/im);
  expect(head).toMatch(/^x-content-type-options: nosniff$/im);
  expect(head).toMatch(/^content-type: application\/problem\+json$/im);
  const problem = problemSchema.parse(JSON.parse(body));
  expect(problem.status).toBe(status);
  expect(head).toContain(`x-request-id: ${problem.requestID}`);
  expect(logged).toContain(problem.requestID);
});

test.each([
  ['that never ends', 'content-length: 10', 'half', 408],
  ['whose parts say too much of themselves', 'transfer-encoding: chunked', `1;${'x'.repeat(40_000)}`, 413],
])('a body %s is answered, though somebody waits for it', async (_, header, body, status) => {
  const { back } = await exchange(
    `POST / HTTP/1.1\r\nhost: a\r\n${header}\r\n\r\n${body}`,
    undefined,
    (request, response) => {
      request
        .on('error', () => undefined)
        .on('end', () => response.end('read'))
        .resume();
    },
  );
  expect(back).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
});

test('HTTP/1.0, which has no host, is read', async () => {
  const { back } = await exchange('GET / HTTP/1.0\r\n\r\n');
  expect(back).toMatch(/^HTTP\/1\.1 200 [\s\S]*read$/);
});

test('what cannot be read after a whole answer is answered as well', async () => {
  const { back } = await exchange('GET / HTTP/1.1\r\nhost: a\r\n\r\n', 'HELLO\r\n\r\n');
  expect(back).toMatch(/^HTTP\/1\.1 200 [\s\S]*readHTTP\/1\.1 400 /);
});

test('nothing is written into the middle of an answer', async () => {
  const { back } = await exchange('GET / HTTP/1.1\r\nhost: a\r\n\r\n', 'HELLO\r\n\r\n', (_, response) => {
    response.writeHead(200, { 'content-length': 100 });
    response.write('half');
  });
  expect(back).toMatch(/^HTTP\/1\.1 200 /);
  expect(back).not.toContain('400');
});
