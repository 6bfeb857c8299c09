import { Agent } from 'node:http';
import express from 'express';
import { createProxyMiddleware } from 'http-proxy-middleware';

/* A program: express with http-proxy-middleware, with an agent that keeps its connections (it keeps none by itself). */
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
