import { readFile } from 'node:fs/promises';
import type { Browser } from '@playwright/test';
import { signIn } from './pages.ts';

/** Signs a person in, in a browser context of its own. @returns the `Cookie` header, for calls without a page */
export async function cookieOf(browser: Browser, origin: string, person: { name: string }): Promise<string> {
  const context = await browser.newContext({ baseURL: origin });
  await signIn(await context.newPage(), person);
  const cookies = await context.cookies(origin);
  await context.close();
  return cookies.map(({ name, value }) => `${name}=${value}`).join('; ');
}

/** The resident memory of a process in bytes (on Linux: the second number in `statm`, in pages of 4 kB). */
export const memoryOf = async (pid: number) =>
  Number((await readFile(`/proc/${pid}/statm`, 'utf8')).split(' ')[1]) * 4096;
