import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { promisify } from 'node:util';
import * as z from 'zod/mini';
import type { Program } from './machine.ts';

const run = promisify(execFile);

const reportSchema = z.object({
  p50Us: z.number(),
  p99Us: z.number(),
  requests: z.number(),
  durationUs: z.number(),
  failed: z.number(),
});

/** The result of one run of load. */
export type Load = {
  p50Ms: number;
  p99Ms: number;
  perSecond: number;
  requests: number;
  /** processor time of the measured program for each request, in µs */
  cpuUs: number;
};

/**
 * Puts a server under load with wrk (one thread, `load.lua`).
 * @param on `headers` is the path of a file that has one person's cookie in each line ("-" for no cookie), `body` the path of a file
 *   with the request body
 * @throws when there was no request at all, or when more requests than `mayFail` allows had no answer or a status of 400 or above
 */
export async function load(on: {
  program: Program;
  port: number;
  /** the server's public origin, sent as `Host` and `Origin` */
  origin: string;
  mode: 'read' | 'create';
  path: string;
  headers: string;
  body: string;
  connections: number;
  seconds: number;
  /** the share of requests that may fail; none when left out */
  mayFail?: number;
}): Promise<Load> {
  const word = randomBytes(4).toString('hex');
  const before = await on.program.cpuMs();
  const { stdout } = await run('wrk', [
    '-t1',
    `-c${on.connections}`,
    `-d${on.seconds}s`,
    '--timeout=10s',
    `-s${join(import.meta.dirname, 'load.lua')}`,
    `http://127.0.0.1:${on.port}`,
    '--',
    on.mode,
    on.path,
    on.headers,
    on.body,
    word,
    on.origin,
  ]);
  const cpuMs = (await on.program.cpuMs()) - before;
  const report = reportSchema.parse(JSON.parse(stdout.trim().split('\n').at(-1) ?? ''));
  if (report.failed > report.requests * (on.mayFail ?? 0) || report.requests === 0)
    throw new Error(`${report.failed} of ${report.requests} requests to ${on.origin} failed:\n${stdout}`);
  return {
    p50Ms: report.p50Us / 1000,
    p99Ms: report.p99Us / 1000,
    perSecond: report.requests / (report.durationUs / 1_000_000),
    requests: report.requests,
    cpuUs: (cpuMs * 1000) / report.requests,
  };
}
