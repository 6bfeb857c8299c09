import { cpSync, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { sql } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/pglite';
import { migrate } from 'drizzle-orm/pglite/migrator';
import pino from 'pino';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import * as z from 'zod/mini';
import { freshDatabase } from '../testing/database.ts';
import type { Store } from './engine.ts';
import { rowsOf } from './query.ts';
import { openStore } from './store.ts';

// While a new version is rolled out, instances of the version before still run, on the tables of the new version. A migration may only
// do what they survive.

const log = pino({ level: 'silent' });
const folder = path.join(import.meta.dirname, 'migrations');
const journalSchema = z.looseObject({
  entries: z.array(z.looseObject({ idx: z.number(), when: z.number(), tag: z.string(), breakpoints: z.literal(true) })),
});
const journal = journalSchema.parse(JSON.parse(readFileSync(path.join(folder, 'meta/_journal.json'), 'utf8')));
const tags = journal.entries.map(({ tag }) => tag);
const migration = (tag: string) => readFileSync(path.join(folder, `${tag}.sql`), 'utf8');

/** Marks a step that removes something which the version before does not use any more. The file must give the reason behind the mark. */
const contract = /^--\s*contract:\s*\S.{10,}/m;
/** Statements that only add something, which old instances do not notice. */
const adds = [
  /^create (table|sequence|unique index|index|statistics|function|trigger)\b/i,
  /^alter table \w+ add column (if not exists )?\w+ (?!.*\bnot null\b(?!.*\bdefault\b))/i,
];
/** The statements of a migration that an instance of the version before might not survive. */
function dangerous(text: string): string[] {
  return text
    .split('--> statement-breakpoint')
    .filter((statement) => !contract.test(statement))
    .map((statement) => statement.replaceAll(/--.*$/gm, '').replaceAll(/\s+/g, ' ').trim())
    .filter((statement) => {
      // A new unique index on an existing table may refuse rows that old instances write.
      if (/^create unique index/i.test(statement)) return true;
      return !adds.some((rule) => rule.test(statement));
    });
}

test('the list of migrations has every file once, in order', () => {
  expect(
    readdirSync(folder)
      .filter((name) => name.endsWith('.sql'))
      .sort(),
  ).toEqual(tags.map((tag) => `${tag}.sql`));
  expect(journal.entries.map(({ idx }) => idx)).toEqual(journal.entries.map((_, index) => index));
  // Drizzle never applies an entry that is not newer than the one before.
  const whens = journal.entries.map(({ when }) => when);
  expect(whens).toEqual([...new Set(whens)].sort((a, b) => a - b));
});

test.each(tags.slice(1))('%s only adds, so that instances of the version before go on working', (tag) => {
  expect(dangerous(migration(tag))).toEqual([]);
});

test.each([
  'DROP TABLE audit',
  'ALTER TABLE people DROP COLUMN email',
  'ALTER TABLE people RENAME COLUMN email TO mail',
  'ALTER TABLE people ADD COLUMN phone text NOT NULL',
  'ALTER TABLE people ALTER COLUMN email SET NOT NULL',
  'ALTER TABLE people ADD CONSTRAINT one CHECK (name <> email)',
  'CREATE UNIQUE INDEX people_one ON people (email)',
  'DROP INDEX submissions_due',
  'UPDATE people SET name = upper(name)',
])('“%s” would be refused', (statement) => {
  expect(dangerous(`CREATE TABLE fine (id int);\n--> statement-breakpoint\n${statement};`)).toHaveLength(1);
  expect(dangerous(`-- contract: the version before does not read this any more\n${statement};`)).toEqual([]);
});

test.each([
  'ALTER TABLE people ADD COLUMN phone text',
  "ALTER TABLE people ADD COLUMN phone text NOT NULL DEFAULT ''",
  'CREATE INDEX people_name ON people (name)',
])('“%s” is allowed', (statement) => {
  expect(dangerous(`${statement};`)).toEqual([]);
});

describe('on a database', () => {
  let database: Awaited<ReturnType<typeof freshDatabase>>;
  let store: Store;
  beforeAll(async () => {
    database = await freshDatabase();
    store = await openStore(database.where, log);
  });
  afterAll(async () => {
    await store.close();
    await database.drop();
  });
  const applied = async () =>
    rowsOf(
      z.object({ count: z.number() }),
      await store.db.execute(sql`select count(*)::int as count from drizzle.__drizzle_migrations`),
    )[0]?.count;

  /** The statements of the version before a migration, as `askEverything` recorded them at that time, by function. */
  const before = z.record(z.string(), z.array(z.string()));
  test.each(tags.slice(2))('whatever the version before %s asks, the tables of today answer', async (tag) => {
    const recorded = before.parse(
      JSON.parse(readFileSync(path.join(import.meta.dirname, 'fixtures', `before-${tag.slice(0, 4)}.json`), 'utf8')),
    );
    const statements = Object.values(recorded).flat();
    expect(statements.length).toBeGreaterThan(50);
    for (const statement of statements) {
      await store.db.execute(sql.raw(`prepare asked as ${statement}`));
      await store.db.execute(sql`deallocate asked`);
    }
    await expect(store.db.execute(sql`prepare asked as select nothing_of_that_name from people`)).rejects.toThrow();
  });

  test('a database that a newer version has brought up to date is taken as it is', async () => {
    const known = await applied();
    await store.db.execute(sql`alter table people add column if not exists of_the_future text`);
    await store.db.execute(
      sql`insert into drizzle.__drizzle_migrations (hash, created_at) values ('of the future', ${Date.now() + 1e10})`,
    );
    await store.close();
    store = await openStore(database.where, log);
    await store.ping();
    expect(await applied()).toBe((known ?? 0) + 1);
  });

  if (process.env.TEST_DATABASE_URL !== undefined)
    test('instances that start together on an empty database migrate once', async () => {
      const empty = await freshDatabase();
      const stores = await Promise.all(Array.from({ length: 4 }, () => openStore(empty.where, log)));
      const rows = await Promise.all(
        stores.map(({ db }) => db.execute(sql`select count(*)::int as count from drizzle.__drizzle_migrations`)),
      );
      for (const result of rows)
        expect(rowsOf(z.object({ count: z.number() }), result)).toEqual([{ count: tags.length }]);
      await Promise.all(stores.map((each) => each.close()));
      await empty.drop();
    });
});

if (process.env.TEST_DATABASE_URL === undefined)
  test('a database of each version before is brought up to date with what it holds', async () => {
    const scratch = await mkdtemp(path.join(tmpdir(), 'portal-migrations-'));
    try {
      for (let known = 1; known < tags.length; known += 1) {
        // The migrations of an older version: the same files, but a shorter journal.
        const older = path.join(scratch, `migrations-${known}`);
        cpSync(folder, older, { recursive: true });
        await writeFile(
          path.join(older, 'meta/_journal.json'),
          JSON.stringify({ ...journal, entries: journal.entries.slice(0, known) }),
        );
        const dataDir = path.join(scratch, `data-${known}`);
        cpSync(inject('templateDir'), dataDir, { recursive: true });
        const client = await PGlite.create(path.join(dataDir, 'postgres'));
        await client.exec('drop schema public cascade; drop schema drizzle cascade; create schema public');
        await migrate(drizzle(client), { migrationsFolder: older });
        await client.query("insert into people (person_id, issuer, subject, name) values ('p', 'i', 's', 'Mel')");
        await client.close();
        const store = await openStore({ dataDir }, log);
        const people = await store.db.execute(sql`select name from people where subject = 's'`);
        expect(rowsOf(z.object({ name: z.string() }), people)).toEqual([{ name: 'Mel' }]);
        const result = await store.db.execute(sql`select count(*)::int as count from drizzle.__drizzle_migrations`);
        expect(rowsOf(z.object({ count: z.number() }), result)).toEqual([{ count: tags.length }]);
        await store.close();
      }
    } finally {
      await rm(scratch, { recursive: true });
    }
  });
