/** What a page runs to measure a first sync: the phone's own pull, and stock PouchDB beside it, each into an empty IndexedDB.
 *
 * For: tests/bench/sync_first.py, which opens it behind a slow line and calls `firstSync`. Built by line/vite.config.ts.
 * Not for: tests of what is pulled (round.test.ts).
 */
import http from 'pouchdb-adapter-http'
import PouchDB from 'pouchdb-core'
import replication from 'pouchdb-replication'
import { local } from '../../src/store/local'
import { guardedFetch } from '../../src/sync/guarded-fetch'
import { pullDatabase, type Pull } from '../../src/sync/pull'
import { Replicas } from '../../src/sync/replicas'
import { withToken } from '../../src/sync/tokens'

PouchDB.plugin(http).plugin(replication)

type Told = { seconds: number; documents: number }
let made = 0
let last: Pull | null = null

async function own(database: string, token: string): Promise<Told> {
  const send = withToken(guardedFetch({ fetch: fetch.bind(globalThis), now: () => new Date() }), token)
  const replica = new Replicas(local).open(`own-${(made += 1)}`)
  last = { send, base: location.origin, database, replica, epoch: 'measured' }
  return again()
}

/** The same copy once more: what came meanwhile, or nothing. */
async function again(): Promise<Told> {
  if (last === null) throw new Error('nothing was pulled before')
  const began = performance.now()
  const { received } = await pullDatabase(last)
  return { seconds: (performance.now() - began) / 1000, documents: received }
}

async function stock(database: string, token: string, batchSize: number): Promise<Told> {
  const there = new PouchDB(`${location.origin}/db/${database}`, {
    adapter: 'http', skip_setup: true,
    fetch: (url, init = {}) => {
      const headers = new Headers(init.headers)
      headers.set('Authorization', `Bearer ${token}`)
      return fetch(url, { ...init, headers })
    },
  } as PouchDB.Configuration.DatabaseConfiguration)
  const here = new PouchDB(`stock-${(made += 1)}`, { adapter: 'idb' })
  const began = performance.now()
  await here.replicate.from(there, { batch_size: batchSize })
  const seconds = (performance.now() - began) / 1000
  return { seconds, documents: (await here.info()).doc_count }
}

Object.assign(globalThis, { firstSync: { own, again, stock } })
