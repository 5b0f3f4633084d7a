/** `node build.mjs FOLDER`: the phone of process.ts out of the PWA's source as it is now, its page and its worker each whole,
 * and page.js, the same page for a tab of a browser. */
import { resolve } from 'node:path'
import { build } from 'vite'

const here = import.meta.dirname
const folder = resolve(process.argv[2])
const shared = {
  configFile: false,
  root: resolve(here, '../../..'),
  logLevel: 'error',
  publicDir: false,
  define: { __APP_VERSION__: JSON.stringify('test'), 'import.meta.env.DEV': 'false', global: 'globalThis' },
  resolve: { conditions: ['browser'], mainFields: ['browser', 'module', 'main'] },
}
const entries = { process: `${here}/process.ts`, page: `${here}/page.ts`, worker: `${here}/../../../src/sync/worker.ts` }

for (const [name, entry] of Object.entries(entries)) {
  await build({
    ...shared,
    ssr: { noExternal: true, target: 'node', resolve: { conditions: ['browser'] } },
    build: {
      ssr: entry, outDir: folder, emptyOutDir: false, minify: false, target: 'node20',
      rollupOptions: { output: { format: 'es', entryFileNames: `${name}.mjs`, codeSplitting: false } },
    },
  })
}
await build({
  ...shared,
  build: {
    target: 'chrome87', outDir: folder, emptyOutDir: false, minify: false,
    lib: { entry: entries.page, formats: ['iife'], name: 'besideTheApp', fileName: () => 'page.js' },
  },
})
