// A stranger's phone: stock PouchDB 9 pulls a database, pushes facts, and waits for what the server makes of them.
import { createRequire } from 'node:module'

const require = createRequire(new URL('../../pwa/package.json', import.meta.url))
const PouchDB = require('pouchdb-core')
for (const plugin of ['pouchdb-adapter-memory', 'pouchdb-adapter-http', 'pouchdb-replication']) {
  const found = require(plugin)
  PouchDB.plugin(found.default ?? found)
}

const [url, authorization] = process.argv.slice(2)
const chunks = []
for await (const chunk of process.stdin) chunks.push(chunk)
const { docs, status, fact } = JSON.parse(Buffer.concat(chunks).toString('utf8'))

const server = new (PouchDB.default ?? PouchDB)(url, {
  skip_setup: true,
  fetch: (address, options = {}) => {
    const headers = new Headers(options.headers)
    headers.set('Authorization', authorization)
    return fetch(address, { ...options, headers })
  },
})
const phone = new (PouchDB.default ?? PouchDB)('phone', { adapter: 'memory' })
const pulled = await phone.replicate.from(server)
const { doc_count } = await phone.info()
await phone.bulkDocs(docs)
const denied = []
const pushing = phone.replicate.to(server)
pushing.on('denied', (error) => denied.push((error.doc ?? error).id))
const pushed = await pushing

let seen = null
for (let turn = 0; turn < 60 && !JSON.stringify(seen ?? '').includes(fact); turn += 1) {
  await phone.replicate.from(server)
  seen = await phone.get(status)
}
process.stdout.write(JSON.stringify({ pulled: pulled.docs_written, doc_count, denied, pushed: pushed.docs_written, status: seen }))
process.exit(0)
