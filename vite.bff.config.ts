import { cp } from 'node:fs/promises';
import { defineConfig } from 'vite';
import { outsideTheBundle } from './deploy/runtime.ts';

/**
 * Builds the server's half (the BFF): two programs for Node, with the database migrations beside them. Packages that need files of
 * their own at run time are not bundled; they are loaded from `node_modules` (see `deploy/runtime.ts`).
 */
export default defineConfig({
  build: {
    ssr: true,
    outDir: 'dist/bff',
    emptyOutDir: true,
    copyPublicDir: false,
    target: 'node24',
    sourcemap: false,
    minify: false,
    rolldownOptions: {
      input: { main: 'src/bff/main.ts', admin: 'src/bff/admin.ts' },
      // No subfolders: a chunk looks for the migrations in the folder that it is in.
      output: { chunkFileNames: '[name]-[hash].js' },
    },
  },
  ssr: {
    noExternal: true,
    external: outsideTheBundle,
    target: 'node',
  },
  plugins: [
    {
      name: 'copy-migrations',
      closeBundle: () => cp('src/bff/store/migrations', 'dist/bff/migrations', { recursive: true }),
    },
  ],
});
