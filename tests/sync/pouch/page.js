// What a page with stock PouchDB does in the stories of tests/e2e/test_pouchdb_in_chromium.py; `window.PouchDB` is there.
const here = new PouchDB('phone', { adapter: 'idb' })
const server = (database, authorization) =>
  new PouchDB(`${location.origin}/${database}`, {
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
const arrival = (db, id) =>
  new Promise((resolve) => {
    const watch = db.changes({ live: true, since: 0 }).on('change', (change) => {
      if (change.id === id) resolve(watch.cancel())
    })
  })
const text = (blob) => new Response(blob).text()
let there, sync

window.story = {
  open(database, authorization) {
    there = server(database, authorization)
    return here.info().then((info) => info.adapter)
  },

  async once() {
    await here.bulkDocs(Array.from({ length: 60 }, (_, n) => ({ _id: `patrol:page-${n}`, n, text: '已整改 ✓' })))
    const up = await here.replicate.to(there, { batch_size: 25 })
    const down = await here.replicate.from(there, { batch_size: 25 })
    const again = await here.replicate.to(there)
    return { up: plain(up), down: plain(down), again: plain(again), office: (await here.get('patrol:office-7')).n }
  },

  async follow() {
    sync = here.sync(there, { live: true, retry: true, heartbeat: 500, back_off_function: () => 100 })
    await here.put({ _id: 'patrol:page-live', n: 1 })
    await arrival(there, 'patrol:page-live')
    return true
  },

  arrives: (id) => arrival(here, id).then(() => here.get(id)).then((doc) => doc.n),
  async write(id, n) {
    await here.put({ _id: id, n })
    return true
  },
  reaches: (id) => arrival(there, id).then(() => there.get(id)).then((doc) => doc.n),
  isFollowing: () => sync.push.state !== 'stopped' && sync.pull.state !== 'stopped',

  async attachments() {
    sync.cancel()
    const bytes = new Uint8Array(70000).map((_, n) => n % 251)
    const plan = new Blob([bytes], { type: 'image/png' })
    await here.put({ _id: 'notice:page', n: 1, _attachments: { 'plan 1.png': { content_type: 'image/png', data: plan } } })
    const up = await here.replicate.to(there)
    await there.put({ ...(await there.get('notice:page')), n: 2 }) // the stub carries the plan over
    const { _rev } = await there.get('notice:page')
    await there.putAttachment('notice:page', 'note.txt', _rev, new Blob(['阳台漏水'], { type: 'text/plain' }), 'text/plain')
    const down = await here.replicate.from(there)
    const got = new Uint8Array(await new Response(await here.getAttachment('notice:page', 'plan 1.png')).arrayBuffer())
    const local = await here.get('notice:page')
    const remote = await there.get('notice:page')
    const digests = (doc) => Object.fromEntries(Object.entries(doc._attachments).map(([name, one]) => [name, one.digest]))
    return { up: up.docs_written, down: down.docs_written, n: local.n, whole: got.every((byte, n) => byte === n % 251), length: got.length,
      note: await text(await here.getAttachment('notice:page', 'note.txt')), same: JSON.stringify(digests(local)) === JSON.stringify(digests(remote)) }
  },
}
