import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { describe, expect, onTestFinished, test } from 'vitest';
import { freshStore } from '../testing/database.ts';
import { StoreError } from './engine.ts';
import { openStore } from './store.ts';

const silent = pino({ level: 'silent' });

describe('a directory that cannot hold the embedded database', () => {
  const opened = (dataDir: string) => openStore({ dataDir }, silent);
  function folder() {
    const made = mkdtempSync(join(tmpdir(), 'portal-data-'));
    onTestFinished(() => rmSync(made, { recursive: true }));
    return made;
  }
  const sentence = (why: string) => new RegExp(`^The embedded database cannot be used \\(${why}\\): .*DATA_DIR.*\\.$`);

  test('is told by its setting where it is a file, or below one', async () => {
    const file = join(folder(), 'file');
    writeFileSync(file, '');
    await expect(opened(file)).rejects.toThrow(sentence('EEXIST'));
    await expect(opened(join(file, 'below'))).rejects.toThrow(sentence('ENOTDIR'));
    await expect(opened(join(file, 'below'))).rejects.toBeInstanceOf(StoreError);
  });
  test('is told by its setting where it holds something else', async () => {
    const other = folder();
    writeFileSync(join(other, 'postgres'), 'no directory');
    await expect(opened(other)).rejects.toThrow(sentence('EEXIST'));
  });
});

if (process.env.TEST_DATABASE_URL === undefined)
  describe('a directory in use', () => {
    const fresh = freshStore();

    test('a second process on one embedded database is refused with a sentence that says what to do', async () => {
      await expect(openStore(fresh.where, silent)).rejects.toThrow(StoreError);
      await expect(openStore(fresh.where, silent)).rejects.toThrow(/Another process is using the embedded database/);
    });
  });
