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

/** What one run of load met. */
export type Load = {
  p50Ms: number;
  p99Ms: number;
  perSecond: number;
  requests: number;
  /** processor time that the loaded program took for one request, in µs */
  cpuUs: number;
};

/**
 * Loads a server with wrk, one thread.
 * @param on `headers` names a file with one person's cookie a line ("-" for none), `body` one with what is posted
 * @throws when more was answered with another status than 2xx or 3xx, or not at all, than `mayFail` allows
 */
export async function load(on: {
  program: Program;
  port: number;
  /** what the server believes itself to be */
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
