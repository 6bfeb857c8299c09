import { execFile } from 'node:child_process';
import { readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import react from '@vitejs/plugin-react';
import { build, defineConfig, type Plugin } from 'vite';

const outDir = 'dist/web';
const emptyRoot = '<div id="root"></div>';

/** After the build: writes `new-ticket.html`, which is `index.html` with the form already in it. */
function prerenderNewTicket(): Plugin {
  return {
    name: 'prerender-new-ticket',
    apply: (_, { command, isSsrBuild }) => command === 'build' && isSsrBuild !== true,
    async closeBundle() {
      const rendererDir = 'dist/prerender';
      await build({
        configFile: false,
        logLevel: 'warn',
        plugins: [react()],
        build: { ssr: 'src/web/prerender.tsx', outDir: rendererDir, emptyOutDir: true, copyPublicDir: false },
        ssr: { noExternal: true },
      });
      const { stdout } = await promisify(execFile)(process.execPath, [path.join(rendererDir, 'prerender.js')], {
        timeout: 60_000,
      });
      const shell = await readFile(path.join(outDir, 'index.html'), 'utf8');
      if (!shell.includes(emptyRoot)) throw new Error('index.html has no empty root to put the form into');
      await writeFile(
        path.join(outDir, 'new-ticket.html'),
        shell.replace(emptyRoot, () => `<div id="root">${stdout}</div>`),
      );
      await rm(rendererDir, { recursive: true });
    },
  };
}

/** The browser's half. The BFF's half is built by `vite.bff.config.ts`. */
export default defineConfig({
  plugins: [react(), prerenderNewTicket()],
  build: {
    outDir,
    emptyOutDir: true,
    target: 'es2023',
    sourcemap: false,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      output: {
        codeSplitting: {
          // The libraries apart, so that a new version of the portal leaves them in the browser's cache.
          groups: [
            { name: 'react', test: /node_modules\/(react|react-dom|scheduler|use-sync-external-store)\// },
            {
              name: 'kit',
              test: /node_modules\/(@tanstack\/(query-core|react-query)|react-hook-form|zod|wouter|regexparam)\//,
            },
          ],
        },
      },
    },
  },
});
