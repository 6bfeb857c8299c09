import { Agent } from 'node:http';
import express from 'express';
import { createProxyMiddleware } from 'http-proxy-middleware';

/*
 * A program to compare the portal with: express with http-proxy-middleware. The middleware keeps no connections open by itself, so it
 * gets an agent that does. `PORT` is where it listens, `UPSTREAM` the origin that it forwards to.
 */
const app = express();
app.disable('x-powered-by');
app.disable('etag');
app.use(
  createProxyMiddleware({
    target: process.env.UPSTREAM,
    changeOrigin: true,
    agent: new Agent({ keepAlive: true, maxSockets: 128 }),
  }),
);
app.listen(Number(process.env.PORT), '127.0.0.1');
