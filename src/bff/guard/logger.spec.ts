import { once } from 'node:events';
import { mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DrizzleQueryError } from 'drizzle-orm';
import type { pino } from 'pino';
import { describe, expect, it, onTestFinished } from 'vitest';
import * as z from 'zod/mini';
import { createLogger, openOutput, RequestLog } from './logger.ts';

const canary = 'canary-9f3c';
const lineSchema = z.looseObject({ level: z.string(), time: z.string() });

/** What a log call writes. */
function written(use: (log: pino.Logger) => void, level = 'trace') {
  const lines: string[] = [];
  use(createLogger({ level }, { write: (line) => lines.push(line) }));
  return { text: lines.join(''), lines: lines.map((line) => lineSchema.parse(JSON.parse(line))) };
}

it('a log that could not be written, its disk being full, is written again when there is room, and says that it was not', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'portal-log-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = path.join(folder, 'log');
  const fd = openSync(file, 'w');
  const output = openOutput(fd, (about) => log.warn(about, 'the log could not be written for a while'));
  const log = createLogger({ level: 'info' }, output);
  await once(output, 'ready');
  output.emit('error', Object.assign(new Error('no space left on device'), { code: 'ENOSPC' }));
  output.emit('drop', 'a line');
  output.emit('drop', 'another line');
  // Must return, although the log cannot be written: pino's own `flushSync` would try for ever.
  output.flushSync();
  log.info('there is room');
  await expect
    .poll(() => readFileSync(file, 'utf8'))
    .toMatch(/there is room.*\n.*"code":"ENOSPC","lost":2,.*the log could not be written for a while/);
  log.info('and again');
  await expect.poll(() => readFileSync(file, 'utf8')).toContain('and again');
  expect(readFileSync(file, 'utf8').match(/could not be written/g)).toHaveLength(1);
});

describe('a line of the log', () => {
  it('tells who, for whom, what, with which result and how long, as JSON', () => {
    const { lines } = written((log) =>
      log
        .child({ requestID: 'r-1', personID: 'p-1' })
        .info(
          { accountID: 'a-1', upstreamRequestID: 'u-1', route: '/api/accounts/:accountID', status: 200, ms: 3.2 },
          'answered',
        ),
    );
    expect(lines).toEqual([
      expect.objectContaining({
        level: 'info',
        requestID: 'r-1',
        personID: 'p-1',
        accountID: 'a-1',
        upstreamRequestID: 'u-1',
        route: '/api/accounts/:accountID',
        status: 200,
        ms: 3.2,
        msg: 'answered',
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
      }),
    ]);
  });

  it('names a metric whole, however long its name is', () => {
    const metric = 'portal_submission_oldest_waiting_seconds';
    const { lines } = written((log) => log.warn({ metric }, 'a metric could not be read'));
    expect(lines).toEqual([expect.objectContaining({ metric })]);
  });

  it('of a request says which one it was, and who made it for which account once that is known', () => {
    const { lines } = written((log) => {
      const request = new RequestLog(log, { requestID: 'r-1' });
      request.warn({ limit: 'list' }, 'a limit was reached');
      Object.assign(request.about, { personID: 'p-1', accountID: 'a-1' });
      request.error({ err: new Error('broke') }, 'an unexpected error');
    });
    expect(lines).toMatchObject([
      { level: 'warn', requestID: 'r-1', limit: 'list', msg: 'a limit was reached' },
      { level: 'error', requestID: 'r-1', personID: 'p-1', accountID: 'a-1', err: { message: 'broke' } },
    ]);
  });

  it('keeps ids whole, however long', () => {
    const personID = 'a1b2c3d4'.repeat(8);
    expect(written((log) => log.child({ personID }).info({ ticketID: personID }, 'x')).lines[0]).toMatchObject({
      personID,
      ticketID: personID,
    });
  });

  it('is not written below the level', () => {
    expect(written((log) => log.info('quiet'), 'warn').text).toBe('');
  });

  it('stays one line, whatever is in it', () => {
    const { text } = written((log) => log.info({ route: '/x\n{"level":"fatal"}' }, 'a\r\nb'));
    expect(text.trimEnd().split('\n')).toHaveLength(1);
  });
});

describe('the log holds no', () => {
  it.each([
    ['body', { body: `<p>${canary}</p>` }],
    ['body of a ticket', { ticket: { title: canary, body: canary, contact: { email: canary } } }],
    ['payload', { submission: { payload: { x: canary } } }],
    ['session id', { sessionID: canary }],
    ['cookie', { headers: { cookie: canary } }],
    ['cookie, one level up', { cookie: canary, setCookie: canary }],
    ['authorization', { request: { authorization: `Bearer ${canary}` } }],
    ['token', { accessToken: canary, refresh_token: canary, idToken: canary, token: { access_token: canary } }],
    ['key', { MOOV_SECRET_KEY: canary, clientSecret: canary }],
    ['parameters of a query', { params: [canary], query: { title: canary } }],
    ['something very deep', { a: { b: { c: { d: { e: { f: canary } } } } } }],
    ['something in a list', { list: [{ body: canary }, { email: canary }] }],
    ['function', { data: () => 'canary-9f3c' }],
    ['error among the fields', { reason: Object.assign(new Error('x'), { body: canary }) }],
    ['error further down', { call: { err: Object.assign(new Error('x'), { body: canary }) } }],
    ['email address in the place of an id', { personID: `${canary}@wholebody.example` }],
    ['key in a field of any name', { reason: `${canary}-${'x1'.repeat(20)}` }],
  ])('%s', (_, fields) => {
    expect(written((log) => log.info(fields, 'x')).text).not.toContain(canary);
    expect(written((log) => log.child(fields).info('x')).text).not.toContain(canary);
  });

  it.each([
    'password',
    'passwd',
    'authorization',
    'credential',
    'signature',
    'codeVerifier',
    'nonce',
    'apiKey',
    'api_key',
    'session',
    'html',
    'title',
    'detail',
    'content',
    'text',
    'message',
    'contact',
    'email',
    'headers',
    'parameters',
    'query',
    'fields',
    'url',
    'databaseURL',
    'connectionString',
  ])('field that is called %s', (name) => {
    expect(written((log) => log.info({ [name]: canary, of: { [name]: canary } }, 'x')).text).not.toContain(canary);
  });

  it('bytes', () => {
    expect(written((log) => log.info({ data: Buffer.from(canary) }, 'x')).lines[0]).toMatchObject({
      data: '[removed]',
    });
  });

  it('email address, credential or token in a text', () => {
    const { text } = written((log) => {
      log.info({ reason: 'no answer for mel@wholebody.example' }, 'sent to mel@wholebody.example');
      log.warn('Authorization: Bearer canary-9f3c.abc');
      log.warn('Authorization: Bearer abc/canary-9f3c+abc=');
      log.warn('Authorization: Basic Y2FuYXJ5LTlmM2M=');
      log.warn(`the key ${'9f3c'.repeat(10)} is not right`);
      log.warn({ address: 'postgres://portal:canary-9f3c@db.example/portal' }, 'x');
      log.warn({ address: 'postgres://portal:canary-9f3c:a@db.example/portal' }, 'x');
      log.warn({ address: 'postgres://portal:canary-9f3c@a@db.example/portal' }, 'x');
      log.warn('eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJjYW5hcnkifQ.c2lnbmF0dXJl');
      log.error(new Error('mel@wholebody.example was refused'));
    });
    expect(text).not.toMatch(/mel@|canary|eyJ|Y2Fu|9f3c9f3c/);
    expect(text).toContain('[email]');
    expect(text).toContain('postgres://[removed]@db.example/portal');
  });

  it('text or list without an end', () => {
    const long = 'so it went on '.repeat(1_000);
    const { lines } = written((log) =>
      log.info(
        { reason: long, answered: `mel@wholebody.example ${long}`, list: Array.from({ length: 1_000 }, () => 1) },
        'x',
      ),
    );
    expect(String(lines[0]?.reason)).toHaveLength(500);
    expect(String(lines[0]?.answered)).toHaveLength(500);
    expect(lines[0]?.list).toHaveLength(50);
  });

  it('list that holds itself', () => {
    const list: unknown[] = [];
    list.push(list);
    expect(written((log) => log.info({ list }, 'x')).text).toContain('[removed]');
  });
});

describe('an error in the log', () => {
  it('tells its kind, its place and its causes', () => {
    const cause = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:5432'), {
      code: 'ECONNREFUSED',
      payload: canary,
    });
    const { lines, text } = written((log) => log.error({ err: new TypeError('failed', { cause }) }, 'it broke'));
    expect(lines[0]).toMatchObject({
      msg: 'it broke',
      err: {
        type: 'TypeError',
        message: 'failed',
        stack: expect.stringContaining('logger.spec.ts'),
        cause: { message: 'connect ECONNREFUSED 127.0.0.1:5432', code: 'ECONNREFUSED' },
      },
    });
    expect(text).not.toContain(canary);
  });

  it('tells what each of several attempts met, up to five', () => {
    const attempts = Array.from({ length: 9 }, (_, at) =>
      Object.assign(new Error(`attempt ${at}`), { payload: canary }),
    );
    const { lines, text } = written((log) => log.warn({ err: new AggregateError(attempts, 'all failed') }, 'x'));
    expect(lines[0]).toMatchObject({
      err: { message: 'all failed', errors: [0, 1, 2, 3, 4].map((at) => ({ message: `attempt ${at}` })) },
    });
    expect(text).not.toContain(canary);
  });

  it('has an end though the error is a cause of its own', () => {
    const error = new AggregateError([], 'in a circle');
    error.cause = error;
    error.errors.push(error);
    expect(written((log) => log.warn({ err: error }, 'x')).text).toContain('in a circle');
  });

  it('does not repeat what a query was given', () => {
    const refusal = Object.assign(new Error(`invalid input syntax for type uuid: "${canary}"`), {
      severity: 'ERROR',
      code: '22P02',
      detail: `Failing row contains (${canary})`,
      where: canary,
      table: 'submissions',
    });
    const error = new DrizzleQueryError('insert into "submissions" values ($1)', [canary], refusal);
    for (const use of [
      (log: pino.Logger) => log.error({ err: error }, 'x'),
      (log: pino.Logger) => log.error({ err: error }),
      (log: pino.Logger) => log.error(error),
      (log: pino.Logger) => log.error(error, 'x'),
    ]) {
      const { text, lines } = written(use);
      expect(text).not.toContain(canary);
      expect(lines[0]?.err).toMatchObject({
        message: expect.stringContaining('insert into'),
        cause: { code: '22P02', table: 'submissions', severity: 'ERROR' },
      });
    }
  });

  it('does not repeat what the database would not take, however it is quoted', () => {
    const refusal = Object.assign(new Error(`the word '${canary}' is too long`), { severity: 'ERROR' });
    expect(written((log) => log.warn({ err: refusal }, 'x')).text).not.toContain(canary);
  });

  it('does not repeat the text that could not be parsed', () => {
    const { text } = written((log) => {
      try {
        JSON.parse(`{"title": ${canary}`);
      } catch (error) {
        log.warn({ err: error }, 'x');
      }
    });
    expect(text).toContain('SyntaxError');
    expect(text).not.toContain(canary.slice(0, 6));
  });
});

it('what a provider calls a failure is told where it is a word, and left out where it is more', () => {
  const saying = (error: string) => Object.assign(new Error('failed'), { error });
  expect(written((log) => log.warn({ err: saying('invalid_client') }, 'x')).lines[0]).toMatchObject({
    err: { error: 'invalid_client' },
  });
  expect(written((log) => log.warn({ err: saying('Mel said: 4111 1111') }, 'x')).text).not.toContain('4111');
  expect(written((log) => log.warn({ err: saying('a'.repeat(41)) }, 'x')).text).not.toContain('aaaa');
});
