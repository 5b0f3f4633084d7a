// Stock PouchDB with IndexedDB for a page: `node bundle.mjs FILE` writes a script that sets window.PouchDB.
import { writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath, pathToFileURL } from 'node:url'

const root = fileURLToPath(new URL('../../../pwa/', import.meta.url))
const { resolve } = createRequire(`${root}package.json`)
const { build } = await import(pathToFileURL(resolve('vite')))
const entry = '\0pouchdb for a page'
const plugins = ['pouchdb-adapter-idb', 'pouchdb-adapter-http', 'pouchdb-replication']
const source = [
  "import PouchDB from 'pouchdb-core'",
  ...plugins.map((name, n) => `import plugin${n} from '${name}'\nPouchDB.plugin(plugin${n})`),
  'window.PouchDB = PouchDB',
].join('\n')

const built = await build({
  root,
  configFile: false,
  logLevel: 'error',
  define: { global: 'globalThis' },
  plugins: [{ name: 'entry', resolveId: (id) => (id === entry ? id : null), load: (id) => (id === entry ? source : null) }],
  build: { write: false, minify: false, rollupOptions: { input: entry, output: { format: 'iife' } } },
})
writeFileSync(process.argv[2], built.output[0].code)
