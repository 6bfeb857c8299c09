import { cp } from 'node:fs/promises';
import { defineConfig } from 'vite';

/** The BFF's half: one bundle for Node, with the migrations beside it. The embedded database stays a package: it brings files of its own. */
export default defineConfig({
  build: {
    ssr: 'src/bff/main.ts',
    outDir: 'dist/bff',
    emptyOutDir: true,
    target: 'node24',
    sourcemap: false,
    minify: false,
  },
  ssr: { noExternal: true, external: ['@electric-sql/pglite', 'pg', 'pino', 'undici', 'prom-client'], target: 'node' },
  plugins: [
    {
      name: 'copy-migrations',
      closeBundle: () => cp('src/bff/store/migrations', 'dist/bff/migrations', { recursive: true }),
    },
  ],
});
