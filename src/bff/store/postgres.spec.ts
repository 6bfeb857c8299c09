import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { sql } from 'drizzle-orm';
import pg from 'pg';
import pino from 'pino';
import { describe, expect, onTestFinished, test } from 'vitest';
import * as z from 'zod/mini';
import { freshDatabase } from '../testing/database.ts';
import { openLine } from '../testing/line.ts';
import { StoreError } from './engine.ts';
import { outageOf } from './outage.ts';
import { openStore } from './store.ts';

const silent = pino({ level: 'silent' });

test('DATABASE_URL is named where it leads to a certificate that is not there, and what it holds is not told', async () => {
  const databaseURL = 'postgres://portal:canary@127.0.0.1:1/portal?sslmode=verify-full&sslrootcert=/nowhere/ca.pem';
  await expect(openStore({ databaseURL, dataDir: 'unused' }, silent)).rejects.toThrow(
    /^DATABASE_URL cannot be used \(ENOENT\): (?!.*canary).*sslrootcert/,
  );
  await expect(openStore({ databaseURL, dataDir: 'unused' }, silent)).rejects.toBeInstanceOf(StoreError);
});

if (process.env.TEST_DATABASE_URL !== undefined)
  describe('connections to PostgreSQL', () => {
    test('a server that is reached and cannot be used is told in a sentence', async () => {
      const { where, drop } = await freshDatabase();
      const address = new URL(where.databaseURL ?? '');
      const owner = new pg.Client({ connectionString: address.href });
      await owner.connect();
      const role = `guest_${randomUUID().replaceAll('-', '')}`;
      onTestFinished(async () => {
        await owner.query(`drop role ${role}`);
        await owner.end();
        await drop();
      });
      await owner.query(`create role ${role} login`);
      const asGuest = Object.assign(new URL(address), { username: role }).href;
      const refusal = (databaseURL: string) => expect(openStore({ databaseURL, dataDir: 'unused' }, silent)).rejects;
      await refusal(asGuest).toThrow(
        new StoreError(
          'The tables cannot be made or changed (42501): let the role of DATABASE_URL own the database, and all that is in it.',
        ),
      );
      await owner.query(`alter role ${role} set default_transaction_read_only = on`);
      await refusal(asGuest).toThrow(
        new StoreError('The database takes no writes (25006): let DATABASE_URL lead to the primary server.'),
      );
      await refusal(`${address.href}?sslmode=verify-full`).toThrow(
        /^The database cannot be used \(The server does not support SSL connections\)/,
      );
    });

    test('whom PostgreSQL does not let in is told why, without what was sent', async () => {
      const { where, drop } = await freshDatabase();
      onTestFinished(drop);
      const asked = (change: Partial<URL>) =>
        expect(
          openStore(
            { databaseURL: Object.assign(new URL(where.databaseURL ?? ''), change).href, dataDir: 'unused' },
            silent,
          ),
        ).rejects;
      await asked({ username: 'canary' }).toThrow(/^PostgreSQL does not take the user or the password .*\(28000\)/);
      await asked({ pathname: '/canary' }).toThrow(/^PostgreSQL has no database of the name .*\(3D000\)/);
    });

    /** A fresh database without the portal's tables, and a connection of somebody else to it. */
    async function besideSomebody() {
      const { where, drop } = await freshDatabase();
      const other = new pg.Client({ connectionString: where.databaseURL });
      await other.connect();
      onTestFinished(async () => {
        await other.end();
        await drop();
      });
      const lines: string[] = [];
      const open = () => openStore(where, pino({}, { write: (line) => lines.push(line) }));
      return { other, open, told: () => lines.join('') };
    }

    test('a migration that finds its tables locked gives up, says so, and is made when they are free', async () => {
      const { other, open } = await besideSomebody();
      await other.query('create schema drizzle');
      // The table that a migration reads first.
      await other.query(
        'create table drizzle.__drizzle_migrations (id serial primary key, hash text not null, created_at bigint)',
      );
      await other.query('begin; lock table drizzle.__drizzle_migrations');
      await expect(open()).rejects.toThrow(/^The tables cannot be brought up to date \(55P03\): somebody else/);
      await other.query('rollback');
      const store = await open();
      await store.close();
    });

    test('an instance that waits for the migration of another one says so, and goes on when that is done', async () => {
      const { other, open, told } = await besideSomebody();
      await other.query('select pg_advisory_lock(7261001)');
      const opening = open();
      await expect.poll(told, { timeout: 20_000 }).toContain('another process is bringing the tables up to date');
      await other.query('select pg_advisory_unlock(7261001)');
      const store = await opening;
      await store.close();
    });

    test('a pooler in between is told at start, whether it refuses the settings of a connection or drops them', async () => {
      const { where, drop } = await freshDatabase();
      onTestFinished(drop);
      const dropping = await openLine(where.databaseURL ?? '', (first) =>
        Buffer.from(first.toString('latin1').replace('enable_seqscan=off', 'enable_seqscan=on '), 'latin1'),
      );
      const lines: string[] = [];
      const log = pino({}, { write: (line) => lines.push(line) });
      const store = await openStore({ databaseURL: dropping.databaseURL, dataDir: 'unused' }, log);
      await store.close();
      expect(lines.join('')).toMatch(/"level":40.*a pooler drops them.*DATABASE_URL/);

      const fields = 'SFATAL\0C08P01\0Munsupported startup parameter: options\0\0';
      const answer = Buffer.from(`E\0\0\0${String.fromCharCode(fields.length + 4)}${fields}`);
      const refusing = createServer((socket) =>
        socket.on('error', () => undefined).once('data', () => socket.end(answer)),
      );
      refusing.listen(0, '127.0.0.1');
      onTestFinished(() => void refusing.close());
      await once(refusing, 'listening');
      const { port } = z.looseObject({ port: z.number() }).parse(refusing.address());
      await expect(
        openStore({ databaseURL: `postgres://portal@127.0.0.1:${port}/portal`, dataDir: 'unused' }, silent),
      ).rejects.toThrow(/^A pooler such as PgBouncer .*DATABASE_URL/);
    });

    /** A store on a fresh database, behind a proxy that can go dead (`openLine`). */
    async function openThroughALine(answerWithinMs = 500, log = silent) {
      const { where, drop } = await freshDatabase();
      const ownURL = where.databaseURL ?? '';
      const { databaseURL, goDead, cut, mend } = await openLine(ownURL);
      const store = await openStore({ databaseURL, dataDir: 'unused', answerWithinMs }, log);
      onTestFinished(async () => {
        await store.close();
        await drop();
      });
      return {
        store,
        goDead,
        cut,
        mend,
        where: ownURL,
        asAdmin: async (statement: string) => {
          const client = new pg.Client({ connectionString: ownURL });
          await client.connect();
          await client.query(statement).finally(() => client.end());
        },
      };
    }

    test('one that ends in the middle of a transaction fails that alone: the process lives, and the next finds a whole one', async () => {
      const { store } = await openThroughALine();
      const breakOff = () =>
        store.db.transaction(async (tx) => tx.execute(sql`select pg_terminate_backend(pg_backend_pid())`));
      // More often than the pool has connections.
      for (let times = 0; times < 25; times += 1) await expect(breakOff()).rejects.toThrow();
      await expect(store.ping()).resolves.toBeUndefined();
      await expect(store.db.transaction(async (tx) => tx.execute(sql`select 1 as one`))).resolves.toMatchObject({
        rows: [{ one: 1 }],
      });
    });

    test('ones that are dead without a word are given up after a time, and new ones made', async () => {
      const { store, goDead } = await openThroughALine();
      await Promise.all(Array.from({ length: 20 }, () => store.db.execute(sql`select pg_sleep(0.1)`)));
      goDead();
      const failed = await Promise.allSettled(
        Array.from({ length: 20 }, (_, index) =>
          index % 2 === 0 ? store.ping() : store.db.transaction((tx) => tx.execute(sql`select 1`)),
        ),
      );
      expect(failed.map(({ status }) => status)).toEqual(Array.from({ length: 20 }, () => 'rejected'));
      await expect(store.ping()).resolves.toBeUndefined();
      await expect(store.db.transaction((tx) => tx.execute(sql`select 1`))).resolves.toBeDefined();
    });

    test('a table that somebody else keeps locked is said in time, with a code that says so', async () => {
      const { store, where } = await openThroughALine(10_000);
      const other = new pg.Client({ connectionString: where });
      await other.connect();
      await other.query('begin; lock table submissions');
      const read = () => store.db.execute(sql`select 1 from submissions`);
      expect(await read().then(() => 'answered', outageOf)).toBe('55P03');
      await other.end();
      await expect.poll(() => read().then(() => 'answered', outageOf)).toBe('answered');
    });

    test('one that hears news is made anew whenever it breaks, however often that fails: nothing is heard twice, and nothing once it is over', async () => {
      const lines: string[] = [];
      const log = pino({}, { write: (line) => lines.push(line) });
      const broken = () => lines.filter((line) => line.includes('connecting again')).length;
      const { store, cut, mend, asAdmin } = await openThroughALine(500, log);
      const told: (string | undefined)[] = [];
      const listening = await store.listen(
        'portal_events',
        (news) => told.push(news),
        () => told.push('lost'),
      );
      cut();
      await expect.poll(broken, { timeout: 20_000 }).toBeGreaterThanOrEqual(2);
      mend();
      await expect.poll(() => told.at(-1) === undefined, { timeout: 20_000 }).toBe(true);
      const heard = told.length;
      expect(told.slice(0, 3)).toEqual([undefined, 'lost', 'lost']);
      await asAdmin("notify portal_events, 'first'; notify portal_events, 'last'");
      await expect.poll(() => told, { timeout: 20_000 }).toContain('last');
      await listening.stop();
      expect(told.slice(heard)).toEqual(['first', 'last']);
    });

    test('a server that follows another and takes no writes is not ready', async () => {
      const { store, asAdmin } = await openThroughALine();
      const name = rowName.parse(await store.db.execute(sql`select current_database() as name`)).rows[0]?.name;
      await asAdmin(`alter database ${name} set default_transaction_read_only = on`);
      await asAdmin(
        `select pg_terminate_backend(pid) from pg_stat_activity where datname = '${name}' and pid <> pg_backend_pid()`,
      );
      await expect.poll(() => store.ping().catch(String)).toMatch(/takes no writes/);
    });
  });

const rowName = z.object({ rows: z.array(z.object({ name: z.string() })) });
