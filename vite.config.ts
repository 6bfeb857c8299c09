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
  // React has had this for years; wouter still asks for a stand-in.
  'use-sync-external-store/shim/index.js': 'react',
  '../createLucideIcon.mjs': path.resolve('src/web/ui/lucide-icon.ts'),
};

/** Class names that say where they are from, and compress better than hashes. */
const css: CSSOptions = {
  modules: { generateScopedName: (name, file) => `${path.basename(file).replace(/\.module\.css.*$/, '')}_${name}` },
};

const stylesheet = /<link rel="stylesheet" crossorigin href="\/(.*?)">/g;
/**
 * Puts the styles into the page, which is then painted when it has come; the portal allows them by their hash. The link stays,
 * disabled, which is never fetched: by it Vite's loader knows that parts that come later need not bring these styles again,
 * after their own.
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
 * After the build: names in the pages what `src/web/ahead.ts` is to fetch ahead, puts `src/web/early.ts` before their program,
 * and writes `new-ticket.html`, which is `index.html` with the form already in it. Every page needs what the editor shares with
 * it. The form's page needs the editor, which keeps the line busy until React has the form and asks for the rest.
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
      // A build that failed is closed too, and what is not there now would be told in the place of why.
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

/** Builds what runs before the program of the page, as a file of its own. @returns its path in `dist/web` */
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
/** What an editor of messages does without, by module: rules for pasted text, decorations, views and commands of others. */
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
 * Builds TipTap's core from its own sources, without what messages have no use for: its published bundle is one piece from
 * which nothing of this can be shaken. A new version that has moved any of it fails the build.
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
 * ProseMirror's model finds out whether it runs in V8 by the stack of an error made as it loads, for which V8 reads the whole
 * part again that the module is in: some 20 ms, 100 on a slow phone. What it then does for V8, looking a text up in an empty
 * object so that it is not kept as a slice of a longer one, is done everywhere instead.
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
 * Has Chromium compile every function of a part while it comes, beside the page's own work, and not one by one when they are
 * first called (https://v8.dev/blog/explicit-compile-hints). To other browsers it is a comment.
 */
const compileHint = '//# allFunctionsCalledOnLoad\n';
/** The parts of the form for a new ticket, by name. */
const hinted = ['react', 'index', 'late', 'form', 'tools'];
function hintCompiling(): Plugin {
  return {
    name: 'hint-compiling',
    enforce: 'post',
    apply: 'build',
    generateBundle: {
      // After Vite's own first line: the hint must stand before everything.
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
 * Asks for a part that could not be fetched by another address: Firefox keeps in mind for as long as a page is open that an address
 * gave no program, and never asks for it again. Not for a part that others import as well, which could come to be there twice; from
 * the form they take words and functions, of which there may be two.
 */
function importAnew(): Plugin {
  return {
    name: 'import-anew',
    enforce: 'post',
    apply: 'build',
    generateBundle: {
      // After Vite has said which styles each part wants.
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

/** The browser's half. The BFF's half is built by `vite.bff.config.ts`. */
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
            // What it does makes a browser that is being watched read the whole part again in which it stands.
            { name: 'ahead', test: /src\/web\/ahead/ },
            // Apart, so that a new version of the portal leaves it in the browser's cache.
            { name: 'react', test: /node_modules\/(react|react-dom|scheduler)\// },
            // What every page needs, in one piece: many small ones compress badly, and each costs a request.
            { name: 'portal', tags: ['$initial'] },
            // What every page of somebody signed in fetches after it stands, and more than one kind of page shares.
            {
              name: 'late',
              test: /src\/web\/(tickets\/(ticket-queries|draft\.ts)|api\/events|accounts\/recent-accounts|layout\/(sign-(in-address|out-dialogs)|crash-page)|ui\/(dialog|link-button)|composer\/(nesting|formatting))|src\/contract\/(ticket|event|submission|session|account|problem|status)\.ts|src\/web\/api\/answers|node_modules\/zod/,
            },
            // What the form for a new ticket does.
            { name: 'form', test: /src\/web\/tickets\/new-ticket-program/ },
          ],
        },
      },
    },
  },
});
