/** Builds the measuring page's one script, as the PWA's worker is built; `--outDir` says where. */
import { defineConfig } from 'vite'

export default defineConfig({
  publicDir: false,
  define: { global: 'globalThis' },
  build: {
    target: 'chrome87',
    copyPublicDir: false,
    lib: { entry: 'tests/line/first-sync.ts', formats: ['iife'], name: 'measured', fileName: () => 'first-sync.js' },
  },
})
