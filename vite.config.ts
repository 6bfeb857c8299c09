import { execFile } from 'node:child_process';
import { readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import react from '@vitejs/plugin-react';
import { build, type CSSOptions, defineConfig, type Plugin } from 'vite';

const outDir = 'dist/web';
const target = 'es2023';
const emptyRoot = '<div id="root"></div>';

const alias = {
  // wouter imports a polyfill of `useSyncExternalStore`. React has this hook itself since version 18.
  'use-sync-external-store/shim/index.js': 'react',
  '../createLucideIcon.mjs': path.resolve('src/web/ui/lucide-icon.ts'),
};

/** Names each class `<file>_<class>`. Such names say where a class is defined, and they compress better than hashes. */
const css: CSSOptions = {
  modules: { generateScopedName: (name, file) => `${path.basename(file).replace(/\.module\.css.*$/, '')}_${name}` },
};

const stylesheet = /<link rel="stylesheet" crossorigin href="\/(.*?)">/g;
/**
 * Copies each linked stylesheet into the page, so that the browser can paint the page without a further request. (The portal's
 * content security policy allows the inline styles by their hash.) The link itself stays, but disabled, so that the browser never
 * fetches it. Vite's loader sees the link and does not load the same styles again for a chunk that comes later; loaded again, they
 * would come after that chunk's own styles and override them.
 * @returns the HTML with the styles in it
 */
async function inlineStyles(html: string): Promise<string> {
  const styles = await Promise.all(
    [...html.matchAll(stylesheet)].map(([, file = '']) => readFile(path.join(outDir, file), 'utf8')),
  );
  return html.replace(
    stylesheet,
    (_, file: string) =>
      `<style>${styles.shift() ?? ''}</style><link rel="stylesheet" crossorigin href="/${file}" disabled>`,
  );
}

/**
 * Finishes the HTML after the build:
 * - writes `new-ticket.html`, which is `index.html` with the form already in it (rendered by `src/web/prerender.tsx`);
 * - puts `src/web/early.ts` before the main program of both pages;
 * - lists in each page, as `<link data-ahead>`, the files that `src/web/ahead.ts` fetches ahead. In `index.html` these are the
 *   chunks and styles that the pages share with the editor: every page needs them. In `new-ticket.html` it is the editor's own
 *   chunk: the browser downloads it while React starts, when the network would otherwise be idle.
 */
function finishPages(): Plugin {
  let editor = '';
  let shared: string[] = [];
  let styles: string[] = [];
  let written = false;
  return {
    name: 'finish-pages',
    apply: (_, { command, isSsrBuild }) => command === 'build' && isSsrBuild !== true,
    generateBundle(_, bundle) {
      const chunks = Object.values(bundle).filter((part) => part.type === 'chunk');
      const chunk = chunks.find(({ name }) => name === 'tools');
      if (chunk === undefined) throw new Error('the editor is no part of its own any more');
      editor = chunk.fileName;
      shared = chunk.imports;
      styles = chunks.flatMap(({ fileName, viteMetadata }) =>
        shared.includes(fileName) ? [...(viteMetadata?.importedCss ?? [])] : [],
      );
    },
    writeBundle() {
      written = true;
    },
    async closeBundle() {
      // Vite calls this after a failed build too. Going on would fail on a missing file and hide the real error.
      if (!written) return;
      const rendererDir = 'dist/prerender';
      await build({
        configFile: false,
        logLevel: 'warn',
        plugins: [react()],
        resolve: { alias },
        css,
        build: { ssr: 'src/web/prerender.tsx', outDir: rendererDir, emptyOutDir: true, copyPublicDir: false },
        ssr: { noExternal: true },
      });
      const { stdout } = await promisify(execFile)(process.execPath, [path.join(rendererDir, 'prerender.js')], {
        timeout: 60_000,
      });
      const shell = await readFile(path.join(outDir, 'index.html'), 'utf8');
      if (!shell.includes(emptyRoot)) throw new Error('index.html has no empty root to put the form into');
      const links = (rel: string, parts: string[]) =>
        parts
          .filter((part) => !shell.includes(part))
          .map((part) => `<link data-ahead="${rel}" crossorigin href="/${part}">`)
          .join('');
      const early = await buildEarly();
      const naming = (html: string, ahead: string) =>
        html
          .replace('<script ', () => `<script type="module" async crossorigin src="/${early}"></script><script `)
          .replace('</head>', () => `${ahead}</head>`);
      const filled = shell.replace(emptyRoot, () => `<div id="root">${stdout}</div>`);
      await writeFile(
        path.join(outDir, 'index.html'),
        naming(shell, links('modulepreload', shared) + links('stylesheet', styles)),
      );
      await writeFile(
        path.join(outDir, 'new-ticket.html'),
        await inlineStyles(naming(filled, links('modulepreload', [editor]))),
      );
      await rm(rendererDir, { recursive: true });
    },
  };
}

/**
 * Builds `src/web/early.ts`, which runs before the page's main program, as a file of its own.
 * @returns the path of that file, relative to `dist/web`
 */
async function buildEarly(): Promise<string> {
  const built = await build({
    configFile: false,
    logLevel: 'warn',
    build: {
      outDir,
      emptyOutDir: false,
      copyPublicDir: false,
      target,
      modulePreload: false,
      rolldownOptions: { input: 'src/web/early.ts', output: { entryFileNames: 'assets/early-[hash].js' } },
    },
  });
  const [part] = 'output' in built ? built.output : [];
  if (part === undefined) throw new Error('src/web/early.ts was not built');
  return part.fileName;
}

const tiptapSource = path.resolve('node_modules/@tiptap/core/src');
/**
 * The modules of TipTap's core that the message editor does not use (such as paste rules, decorations, mark views and some
 * commands), each with the code that takes its place. Keys are paths below `tiptapSource`, without `.ts`.
 */
const withoutInTiptap: Record<string, string> = {
  PasteRule: 'export class PasteRule {} export const pasteRulesPlugin = () => [];',
  MarkView: 'export class MarkView {} export const updateMarkViewAttributes = () => undefined;',
  NodePos: 'export class NodePos {}',
  style: "export const style = '';",
  'decorations/DecorationManager':
    'export const liveWidgetKeys = () => new Set(); export class DecorationManager { plugin = null; destroy() {} }',
  'extensions/delete': extensionWithout('Delete'),
  'extensions/drop': extensionWithout('Drop'),
  'extensions/paste': extensionWithout('Paste'),
  'extensions/textDirection': extensionWithout('TextDirection'),
  ...Object.fromEntries(
    [
      ...['blur', 'clearContent', 'cut', 'deleteCurrentNode', 'deleteNode', 'forEach', 'keyboardShortcut'],
      ...['selectParentNode', 'setContent', 'setNodeSelection', 'setTextDirection', 'unsetAllMarks'],
      ...['unsetTextDirection', 'updateDecorations'],
    ].map((command) => [`commands/${command}`, 'export {};']),
  ),
};
function extensionWithout(name: string) {
  return `import { Extension } from '../Extension.js'; export const ${name} = Extension.create({ name: '${name}' });`;
}

/**
 * Builds TipTap's core from its TypeScript sources, without the modules in `withoutInTiptap`. Its published bundle is a single
 * file, from which tree shaking removes none of them. The build fails if a new version of TipTap has moved one of the modules.
 */
function leanTiptap(): Plugin {
  const absent = new Set(Object.keys(withoutInTiptap));
  return {
    name: 'lean-tiptap',
    enforce: 'pre',
    apply: 'build',
    resolveId(id, importer) {
      if (id === '@tiptap/core') return path.join(tiptapSource, 'index.ts');
      if (importer?.startsWith(tiptapSource) === true && id.startsWith('.'))
        return path.resolve(path.dirname(importer), id.replace(/\.js$/, '.ts'));
      return null;
    },
    load(id) {
      const name = id.startsWith(tiptapSource) ? path.relative(tiptapSource, id).replace(/\.ts$/, '') : '';
      const code = withoutInTiptap[name];
      if (code === undefined) return null;
      absent.delete(name);
      return { code, moduleType: 'ts' };
    },
    buildEnd(error) {
      if (error === undefined && absent.size > 0) this.error(`TipTap's core has no ${[...absent].join(', ')} any more`);
    },
  };
}

const asksWhetherV8 =
  /let \{ stack \} = new Error\("\/"\);\s*if \(!stack \|\| !\/\\n\\s\*at\\s\/\.test\(stack\)\)\s*return s => s;/;
/**
 * Makes ProseMirror load faster. When its model loads, it reads the stack of an error to find out whether it runs in V8. For that
 * stack V8 parses the whole chunk again: about 20 ms, and 100 ms on a slow phone. This plugin removes the check, so that every
 * browser gets the treatment meant for V8: a text is looked up in an empty object, so that it is not kept in memory as a slice of
 * a longer text.
 */
function quickProseMirror(): Plugin {
  let found = false;
  return {
    name: 'quick-prosemirror',
    apply: 'build',
    transform: {
      filter: { id: /prosemirror-model/ },
      handler(code) {
        if (!asksWhetherV8.test(code)) return null;
        found = true;
        return code.replace(asksWhetherV8, '');
      },
    },
    buildEnd(error) {
      if (error === undefined && !found)
        this.error("ProseMirror's model does not ask for the stack of an error any more");
    },
  };
}

/**
 * Tells Chromium to compile all functions of a chunk in the background while the chunk downloads, instead of each function when it
 * is first called (https://v8.dev/blog/explicit-compile-hints). For other browsers it is only a comment.
 */
const compileHint = '//# allFunctionsCalledOnLoad\n';
/** Names of the chunks that the new-ticket form runs: only these get the hint. */
const hinted = ['react', 'index', 'late', 'form', 'tools'];
function hintCompiling(): Plugin {
  return {
    name: 'hint-compiling',
    enforce: 'post',
    apply: 'build',
    generateBundle: {
      // The hint must be the very first line. `post` runs after Vite has added a first line of its own.
      order: 'post',
      handler(_, bundle) {
        const chunks = Object.values(bundle).filter((part) => part.type === 'chunk');
        for (const name of hinted) {
          const chunk = chunks.find((one) => one.name === name);
          if (chunk === undefined) this.error(`there is no part ${name} any more`);
          chunk.code = compileHint + chunk.code;
        }
      },
    },
  };
}

/**
 * Lets a dynamic import that failed try a second time, with a query string behind the address. Firefox remembers for as long as a
 * page is open that an address gave no program, and never requests that address again. Chunks that other chunks import statically
 * are left out, because such a chunk could then be loaded twice. The one exception is `form`: other chunks take only words and
 * functions from it, and two copies of those do no harm.
 */
function importAnew(): Plugin {
  return {
    name: 'import-anew',
    enforce: 'post',
    apply: 'build',
    generateBundle: {
      // Must run after Vite has written into the code which styles each chunk needs.
      order: 'post',
      handler(_, bundle) {
        const chunks = Object.values(bundle).filter((part) => part.type === 'chunk');
        const shared = new Set(chunks.flatMap(({ imports }) => imports));
        const single = chunks.filter(({ name, fileName }) => name === 'form' || !shared.has(fileName));
        const names = new Set(single.map(({ fileName }) => path.basename(fileName)));
        let found = false;
        for (const chunk of chunks)
          chunk.code = chunk.code.replace(
            /\bimport\(([`"'])\.\/([^`"'?]+\.js)\1\)/g,
            (asks, quote: string, name: string) => {
              if (!names.has(name)) return asks;
              found = true;
              return `${asks}.catch(()=>import(${quote}./${name}?${quote}+Date.now()))`;
            },
          );
        if (!found) this.error('no part is fetched when it is wanted any more');
      },
    },
  };
}

/** Builds the browser's half of the portal. `vite.bff.config.ts` builds the server's half (the BFF). */
export default defineConfig({
  plugins: [react(), leanTiptap(), quickProseMirror(), importAnew(), hintCompiling(), finishPages()],
  resolve: { alias },
  css,
  build: {
    outDir,
    emptyOutDir: true,
    target,
    sourcemap: false,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            // A chunk of its own: while DevTools or a profiler records the page, Chromium parses the chunk that holds this code again.
            { name: 'ahead', test: /src\/web\/ahead/ },
            // A chunk of its own, so that it stays in the browser's cache when a new version of the portal is deployed.
            { name: 'react', test: /node_modules\/(react|react-dom|scheduler)\// },
            // What every page needs, in one chunk: many small chunks compress badly, and each costs a request.
            { name: 'portal', tags: ['$initial'] },
            // What pages load after their first rendering, and what more than one kind of page shares.
            {
              name: 'late',
              test: /src\/web\/(tickets\/(ticket-queries|draft\.ts)|api\/events|accounts\/recent-accounts|layout\/(sign-(in-address|out-dialogs)|crash-page)|ui\/(dialog|link-button)|composer\/(nesting|formatting))|src\/contract\/(ticket|event|submission|session|account|problem|status)\.ts|src\/web\/api\/answers|node_modules\/zod/,
            },
            // The behaviour of the new-ticket form; its looks are part of the page.
            { name: 'form', test: /src\/web\/tickets\/new-ticket-program/ },
          ],
        },
      },
    },
  },
});
