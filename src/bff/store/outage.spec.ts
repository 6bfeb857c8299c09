import { randomUUID } from 'node:crypto';
import { expect, onTestFinished, test } from 'vitest';
import { freshDatabase } from '../testing/database.ts';
import { openLine } from '../testing/line.ts';
import { accounts, merchant, openWorld, problemOf, until } from '../testing/world.ts';
import { outageOf } from './outage.ts';

test('a fault of a statement or of the program is no outage; what an operator or a lock does to the database is', () => {
  const ofStatement = Object.assign(new Error('duplicate key value'), { code: '23505' });
  expect([ofStatement, new TypeError('undefined is not a function'), 'a word'].map(outageOf)).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
  const refusals = ['28P01', '3D000', '53100', '53300', '55P03', '57014', '25006'];
  expect(refusals.map((code) => outageOf(Object.assign(new Error('refused'), { code })))).toEqual(refusals);
  const stopping = Object.assign(new Error('the database system is shutting down'), { code: '57P03' });
  expect(outageOf(new Error('Failed query', { cause: stopping }))).toBe('57P03');
});

test.each([
  'CERT_HAS_EXPIRED',
  'CERT_NOT_YET_VALID',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'EMFILE',
])('a connection that cannot be made because of %s is an outage: people keep their text and try again', (code) => {
  const failed = Object.assign(new Error('no connection'), { code });
  expect(outageOf(new Error('Failed query', { cause: failed }))).toBe(code);
});

if (process.env.TEST_DATABASE_URL !== undefined)
  test('while PostgreSQL cannot be reached calls say so and when to try again, and the same ticket is filed once it can', async () => {
    const database = await freshDatabase();
    const line = await openLine(database.where.databaseURL ?? '');
    const world = await openWorld({ DATABASE_URL: line.databaseURL });
    onTestFinished(async () => {
      line.mend();
      await world.close();
      await database.drop();
    });
    const [cookie, stranger] = [await world.session(merchant), await world.session(merchant)];
    const key = randomUUID();
    const file = () => world.file(cookie, accounts.own, { title: 'Filed around an outage' }, key);
    const waiting = `/api/accounts/${accounts.own}/submissions`;
    expect((await world.call('GET', waiting, cookie)).status).toBe(200);

    line.cut();
    for (const answer of [
      // The session of somebody who has made a call is remembered for a while; that of a stranger must be read from the database.
      await world.call('GET', '/api/session', stranger),
      await world.call('GET', waiting, cookie),
      await file(),
    ]) {
      expect(answer.headers.get('retry-after')).toBe('5');
      expect(await problemOf(answer)).toMatchObject({
        type: '/problems/unavailable',
        status: 503,
        detail: expect.stringContaining('Your text is kept'),
      });
    }
    const lines = world.logged.filter((line) => line.includes('"level":50') || line.includes('"level":"error"'));
    expect(
      lines.filter((line) => line.includes('an unexpected error')),
      'no fault of the portal',
    ).toEqual([]);
    expect(lines.some((line) => line.includes('the database cannot be used just now'))).toBe(true);
    const page = await world.call('GET', '/auth/login', undefined, undefined, { accept: 'text/html' });
    expect(page.headers.get('location')).toMatch(/^\/sign-in-failed\?kind=unavailable&reference=/);
    expect(world.creations()).toEqual([]);

    line.mend();
    await until(file, ({ status }) => status === 201);
    expect(world.creations()).toHaveLength(1);
  });
