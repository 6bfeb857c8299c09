import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod/mini';

/** Packages that bring files of their own or load parts of themselves by name: they stay outside the server's bundle. */
export const outsideTheBundle = ['@electric-sql/pglite', 'pg', 'pino', 'undici', 'prom-client'];

/** Of a package: what is for its own developers; and packages below it, which are gathered if they are needed. */
const leftOut = /^(node_modules|tests?|specs?|bench(marks?)?|examples?|docs)$/;

const manifestSchema = z.object({
  name: z.string(),
  version: z.string(),
  license: z.optional(z.string()),
  dependencies: z._default(z.record(z.string(), z.string()), {}),
});
const readManifest = async (folder: string) =>
  manifestSchema.parse(JSON.parse(await readFile(path.join(folder, 'package.json'), 'utf8')));

/** Where Node finds a package from a folder inside the project: in the nearest `node_modules` that has it. */
async function locate(name: string, from: string, root: string): Promise<string> {
  const folder = path.join(from, 'node_modules', name);
  const found = await readManifest(folder).then(
    () => true,
    () => false,
  );
  if (found) return folder;
  if (from === root) throw new Error(`${name} is not installed: run npm ci first`);
  return locate(name, path.dirname(from), root);
}

/**
 * Puts together all that a built portal needs to run, and nothing else: `dist`, and of `node_modules` the packages outside
 * the bundle with what those depend on.
 * @param root the project, installed and built
 * @param target an empty folder, or one that is made
 */
async function gatherRuntime(root: string, target: string): Promise<void> {
  await mkdir(target, { recursive: true });
  const { name, version, license } = await readManifest(root);
  await writeFile(
    path.join(target, 'package.json'),
    `${JSON.stringify({ name, version, license, private: true, type: 'module' }, null, 2)}\n`,
  );
  for (const part of ['dist/bff', 'dist/web'])
    await cp(path.join(root, part), path.join(target, part), { recursive: true });
  const gathered = new Set<string>();
  const gather = async (wanted: string[], from: string): Promise<void> => {
    for (const one of wanted) {
      const folder = await locate(one, from, root);
      if (gathered.has(folder)) continue;
      gathered.add(folder);
      await cp(folder, path.join(target, path.relative(root, folder)), {
        recursive: true,
        filter: (file) => !leftOut.test(path.relative(folder, file)),
      });
      await gather(Object.keys((await readManifest(folder)).dependencies), folder);
    }
  };
  await gather(outsideTheBundle, root);
}

/** `node deploy/runtime.ts /portal` */
if (import.meta.main) {
  const target = process.argv[2];
  if (target === undefined) throw new Error('usage: node deploy/runtime.ts <folder>');
  await gatherRuntime(path.join(import.meta.dirname, '..'), path.resolve(target));
}
