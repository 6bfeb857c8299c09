import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

/** The browser's half. The BFF's half is built by `vite.bff.config.ts`. */
export default defineConfig({
  plugins: [react()],
  build: {
    outDir: 'dist/web',
    emptyOutDir: true,
    target: 'es2023',
    sourcemap: false,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
});
