import { cp } from 'node:fs/promises';
import { defineConfig } from 'vite';
import { outsideTheBundle } from './deploy/runtime.ts';

/** The BFF's half: two programs for Node, with the migrations beside them. Packages that bring files of their own stay packages. */
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
      // Flat, so that every chunk finds the migrations beside itself.
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
