import proxy from '@fastify/http-proxy';
import fastify from 'fastify';

/*
 * A program to compare the portal with: fastify with @fastify/http-proxy, as its documentation sets it up, with a pool of connections
 * that stay open. `PORT` is where it listens, `UPSTREAM` the origin that it forwards to.
 */
const app = fastify();
await app.register(proxy, {
  upstream: process.env.UPSTREAM ?? '',
  undici: { connections: 128, pipelining: 1, keepAliveTimeout: 60_000 },
});
await app.listen({ port: Number(process.env.PORT), host: '127.0.0.1' });
