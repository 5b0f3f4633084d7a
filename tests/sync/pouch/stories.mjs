// Stock PouchDB 9 against a served endpoint: `node stories.mjs STORY URL DATABASE AUTHORIZATION`, prints one line of JSON.
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'

const require = createRequire(fileURLToPath(new URL('../../../pwa/package.json', import.meta.url)))
const PouchDB = require('pouchdb-core')
for (const name of ['pouchdb-adapter-memory', 'pouchdb-adapter-http', 'pouchdb-replication']) {
  const plugin = require(name)
  PouchDB.plugin(plugin.default ?? plugin)
}

// PouchDB's replication asks for `info` and forgets the answer's error: in a page that is a line in the log, here it would end us.
process.on('unhandledRejection', (error) => {
  if (error.name !== 'FetchError') throw error
})

const [story, url, database, authorization] = process.argv.slice(2)
const phone = (name) => new PouchDB(name, { adapter: 'memory' })
const server = () =>
  new PouchDB(`${url}/${encodeURIComponent(database)}`, {
    adapter: 'http',
    skip_setup: true,
    fetch: (address, options) => {
      options.headers.set('Authorization', authorization)
      return PouchDB.fetch(address, options)
    },
  })
const plain = ({ docs_read, docs_written, doc_write_failures, ok, errors }) => ({
  docs_read, docs_written, doc_write_failures, ok, errors: errors.length,
})
const ids = async (db) => (await db.allDocs()).rows.map((row) => row.id)
const once = (emitter, event) => new Promise((resolve) => emitter.once(event, resolve))
const arrival = (db, id) =>
  new Promise((resolve) => {
    const watch = db.changes({ live: true, since: 0 }).on('change', (change) => {
      if (change.id === id) resolve(watch.cancel())
    })
  })
/** Tells the test that something is so, and waits until it has done its part. */
const turn = (word) => {
  console.log(word)
  return new Promise((resolve) => process.stdin.once('data', resolve))
}

const stories = {
  async push() {
    const here = phone('push')
    await here.bulkDocs(Array.from({ length: 250 }, (_, n) => ({ _id: `patrol:push-${n}`, n, text: '已整改 ✓' })))
    const first = await here.replicate.to(server(), { batch_size: 50 })
    const second = await here.replicate.to(server())
    return { first: plain(first), second: plain(second), one: await server().get('patrol:push-7') }
  },

  async pull() {
    const here = phone('pull')
    const first = await here.replicate.from(server(), { batch_size: 60 })
    const second = await here.replicate.from(server())
    return { first: plain(first), second: plain(second), ids: await ids(here), info: await server().info() }
  },

  async conflicts() {
    const [one, two] = [phone('one'), phone('two')]
    await one.put({ _id: 'note:c', text: 'start' })
    await one.replicate.to(server())
    await two.replicate.from(server())
    const start = await one.get('note:c')
    await one.put({ ...start, text: 'from one' })
    await two.put({ ...start, text: 'from two' })
    await one.replicate.to(server())
    await two.sync(server())
    await one.sync(server())
    const seen = await Promise.all([one, two, server()].map((db) => db.get('note:c', { conflicts: true })))
    const loser = await server().get('note:c', { rev: seen[2]._conflicts[0] })
    await server().remove('note:c', seen[2]._conflicts[0])
    await one.replicate.from(server())
    return { seen, loser: loser.text, after: await one.get('note:c', { conflicts: true }) }
  },

  async live() {
    const here = phone('live')
    const sync = here.sync(server(), { live: true, retry: true, heartbeat: 1000 })
    await once(sync, 'paused')
    const arrives = new Promise((resolve) =>
      here.changes({ live: true, since: 'now' }).on('change', (change) => change.id === 'patrol:live-down' && resolve()))
    await server().put({ _id: 'patrol:live-down', n: 1 })
    await arrives
    const reached = new Promise((resolve) =>
      server().changes({ live: true, since: 'now', heartbeat: 1000 })
        .on('change', (change) => change.id === 'patrol:live-up' && resolve()))
    await here.put({ _id: 'patrol:live-up', n: 2 })
    await reached
    sync.cancel()
    return { down: (await here.get('patrol:live-down')).n, up: (await server().get('patrol:live-up')).n }
  },

  async both() {
    const here = phone('both')
    await here.bulkDocs(Array.from({ length: 40 }, (_, n) => ({ _id: `patrol:both-up-${n}`, n })))
    await server().bulkDocs(Array.from({ length: 40 }, (_, n) => ({ _id: `patrol:both-down-${n}`, n })))
    await here.remove(await here.get('patrol:both-up-0'))
    await server().remove(await server().get('patrol:both-down-0'))
    const result = await here.sync(server(), { batch_size: 7 })
    const whole = async (db) => {
      const { results } = await db.changes({ style: 'all_docs', include_docs: true })
      return Object.fromEntries(results.filter((row) => row.id.startsWith('patrol:both-')).map((row) => [row.id, row.doc]))
    }
    const [ours, theirs] = [await whole(here), await whole(server())]
    const again = await here.sync(server())
    return { push: plain(result.push), pull: plain(result.pull), ours, theirs,
      again: [again.push.docs_written, again.pull.docs_written] }
  },

  async retry() {
    const here = phone('retry')
    const sync = here.sync(server(), { live: true, retry: true, heartbeat: 500, back_off_function: () => 100 })
    await here.put({ _id: 'patrol:retry-before', n: 0 })
    while (!(await server().get('patrol:retry-before').catch(() => null))) await once(sync, 'paused')
    await turn('both are following')
    await here.put({ _id: 'patrol:retry-meanwhile', n: 1 })
    await turn('written without a server')
    const [up, down] = ['patrol:retry-meanwhile', 'patrol:retry-office']
    await Promise.all([arrival(here, down), arrival(server(), up)])
    const failed = sync.push.state === 'stopped' || sync.pull.state === 'stopped'
    sync.cancel()
    return { failed, up: (await server().get(up)).n, down: (await here.get(down)).n }
  },

  async cut() {
    const here = phone('cut')
    const options = { live: true, retry: true, heartbeat: 500, batch_size: 25, back_off_function: () => 100 }
    const pull = here.replicate.from(server(), options)
    let read = 0
    await new Promise((resolve) => pull.on('change', (change) => (read += change.docs.length) >= 400 && resolve()))
    await turn('some of it is here')
    while ((await here.info()).doc_count < 1200) await Promise.race([once(pull, 'change'), once(pull, 'paused')])
    pull.cancel()
    return { read, ids: (await ids(here)).length }
  },

  async chosen() {
    const here = phone('chosen')
    await server().bulkDocs(Array.from({ length: 20 }, (_, n) => ({ _id: `patrol:chosen-${n}`, n })))
    const wanted = ['patrol:chosen-3', 'patrol:chosen-17', 'patrol:none']
    const result = await here.replicate.from(server(), { doc_ids: wanted })
    const again = await here.replicate.from(server(), { doc_ids: wanted })
    return { written: result.docs_written, again: again.docs_written, ids: await ids(here) }
  },

  async refused() {
    const here = phone('refused')
    await here.bulkDocs([
      { _id: 'patrol:mine', author: 'steward1' },
      { _id: 'patrol:forged', author: 'someone else' },
      { _id: 'patrol:mine-too', author: 'steward1' },
    ])
    const denied = []
    const replication = here.replicate.to(server())
    replication.on('denied', (row) => denied.push(row))
    const result = await replication
    return { result: plain(result), denied, ids: (await ids(server())).filter((id) => id.startsWith('patrol:mine')) }
  },

  async attachments() {
    const [one, two] = [phone('one'), phone('two')]
    const bytes = Buffer.from(Array.from({ length: 5000 }, (_, n) => n % 256))
    const attach = (data, type) => ({ data, content_type: type })
    const first = await one.put({ _id: 'notice:1', n: 1, _attachments: { 'plan 1.png': attach(bytes, 'image/png') } })
    const up = await one.replicate.to(server())
    const down = await two.replicate.from(server())
    const got = await two.getAttachment('notice:1', 'plan 1.png')
    const note = Buffer.from('阳台漏水')
    await two.putAttachment('notice:1', 'note.txt', first.rev, note, 'text/plain')
    await two.replicate.to(server())
    await one.replicate.from(server())
    const direct = await server().getAttachment('notice:1', 'note.txt')
    const stubs = (await server().get('notice:1'))._attachments
    const local = (await one.get('notice:1'))._attachments
    const edited = await server().get('notice:1')
    await server().put({ ...edited, n: 2 })
    await server().removeAttachment('notice:1', 'note.txt', (await server().get('notice:1'))._rev)
    await one.replicate.from(server())
    const inline = await one.get('notice:1', { attachments: true })
    return { up: plain(up), down: plain(down), same: bytes.equals(got), note: direct.toString(), stubs, local,
      left: Object.keys(inline._attachments), n: inline.n, whole: inline._attachments['plan 1.png'].data === bytes.toString('base64') }
  },

  async edits() {
    const db = server()
    const made = await db.put({ _id: 'a/b: 1?', n: 1 })
    const conflict = await db.put({ _id: 'a/b: 1?', n: 2 }).catch((error) => [error.status, error.name])
    const edited = await db.put({ _id: 'a/b: 1?', _rev: made.rev, n: 2 })
    const rows = await db.bulkDocs([{ _id: 'e1' }, { _id: 'e2' }, { _id: 'e1' }])
    const got = await db.bulkGet({ docs: [{ id: 'e1' }, { id: 'nope' }] })
    const listed = await db.allDocs({ keys: ['e1', 'nope'], include_docs: true })
    const changes = await db.changes({ since: 0, doc_ids: ['e1'], include_docs: true })
    await db.remove('a/b: 1?', edited.rev)
    const gone = await db.get('a/b: 1?').catch((error) => [error.status, error.reason])
    const local = await db.put({ _id: '_local/x', n: 1 })
    return { conflict, rows: rows.map((row) => row.ok ?? row.name), got: got.results.map((one) => Object.keys(one.docs[0])[0]),
      listed: listed.rows.map((row) => row.error ?? row.doc._id), changes: changes.results.map((row) => row.doc._id), gone, local }
  },
}

console.log(JSON.stringify(await stories[story]()))
process.exit(0)
