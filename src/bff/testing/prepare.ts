import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pino from 'pino';
import type { TestProject } from 'vitest/node';
import { openStore } from '../store/store.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** an embedded database, initialised and brought up to date, to be copied */
    templateDir: string;
  }
}

/** Runs once before all spec files: prepares an embedded database, of which each spec file gets a copy in a fraction of a second. */
export default async function prepare(project: TestProject) {
  const templateDir = await mkdtemp(path.join(tmpdir(), 'portal-template-'));
  await (await openStore({ dataDir: templateDir }, pino({ level: 'silent' }))).close();
  project.provide('templateDir', templateDir);
  return () => rm(templateDir, { recursive: true, force: true });
}
