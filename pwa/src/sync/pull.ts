/** Bring one copy up to its original: changes, what is missing, those revisions, and only then the mark.
 *
 * For: the pulling half of CouchDB's replication protocol with every row counted. A replicator that trusts the list it
 * got moves its checkpoint past documents it never saw; here a short list is a wrong answer and the mark stays.
 * Not for: which databases and when (round.ts).
 * Source: CouchDB Replication Protocol, "Locate Changed Documents" to "Record Replication Checkpoint"; promises D3, F-24, F-26, F-28.
 */
import type { Json, JsonObject } from '../wire/types'
import { ask, listOf, objectOf, textOf } from './api'
import { WrongAnswer } from './failures'
import type { Send } from './guarded-fetch'
import type { Replica } from './replicas'

export type PullResult = { received: number; unreadable: string[] }
export type Pull = { send: Send; base: string; database: string; replica: Replica; epoch: string; signal?: AbortSignal; onBatch?: (received: number) => Promise<void> }

export const BATCH = 500

export async function pullDatabase(pull: Pull): Promise<PullResult> {
  const url = databaseUrl(pull.base, pull.database)
  let since: string | number = (await pull.replica.mark())?.since ?? 0
  let received = 0
  const unreadable: string[] = []
  for (;;) {
    const changes = changesOf(await askDatabase(pull, `${url}/_changes?style=all_docs&limit=${BATCH}&since=${encodeURIComponent(seqText(since))}`))
    const missing = await pull.replica.missing(changes.revisions)
    const got = missing.length === 0 ? { documents: [], unreadable: [] } : await fetchRevisions(pull, url, missing)
    await pull.replica.store(got.documents)
    received += got.documents.length
    unreadable.push(...got.unreadable)
    since = changes.lastSeq
    const complete = changes.count < BATCH
    // Only now: repeating a batch is harmless, skipping one is not.
    if (changes.count > 0 || complete) await pull.replica.setMark({ since, epoch: pull.epoch, complete })
    if (got.documents.length > 0) await pull.onBatch?.(received)
    if (complete) return { received, unreadable }
  }
}

/** Whether anything changed since the mark; asks for one row. */
export async function hasNews(pull: Pull): Promise<boolean> {
  const mark = await pull.replica.mark()
  if (mark === null || !mark.complete) return true
  const url = `${databaseUrl(pull.base, pull.database)}/_changes?limit=1&since=${encodeURIComponent(seqText(mark.since))}`
  return changesOf(await askDatabase(pull, url)).count > 0
}

/** Wait at the server until something changes. Heartbeats come every 15 s; after 2.5 missed ones the line counts as dead. */
export async function waitForNews(pull: Pull): Promise<boolean> {
  const mark = await pull.replica.mark()
  if (mark === null) return true
  const query = `feed=longpoll&heartbeat=15000&limit=1&since=${encodeURIComponent(seqText(mark.since))}`
  const answer = await ask(pull.send, `${databaseUrl(pull.base, pull.database)}/_changes?${query}`, {
    idleMs: 37_500, ...(pull.signal === undefined ? {} : { signal: pull.signal }),
  })
  return changesOf(answer).count > 0
}

/** How many documents the original holds, for the progress of a first pull. */
export async function documentCount(pull: Pull): Promise<number> {
  const count = objectOf(await askDatabase(pull, databaseUrl(pull.base, pull.database)))['doc_count']
  if (typeof count !== 'number') throw new WrongAnswer('a database without doc_count')
  return count
}

export function databaseUrl(base: string, database: string): string {
  return `${base}/db/${encodeURIComponent(database)}`
}

async function fetchRevisions(pull: Pull, url: string, wanted: { id: string; rev: string }[]): Promise<{ documents: JsonObject[]; unreadable: string[] }> {
  const answer = objectOf(await askDatabase(pull, `${url}/_bulk_get?revs=true&latest=true`, { docs: wanted }))
  const answered = new Set<string>()
  const documents = new Map<string, JsonObject>()
  const unreadable: string[] = []
  for (const row of listOf(answer['results']).map(objectOf)) {
    const id = textOf(row['id'])
    if (id === null) throw new WrongAnswer('a row of _bulk_get without id')
    for (const entry of listOf(row['docs']).map(objectOf)) {
      answered.add(id)
      if (entry['ok'] === undefined) {
        unreadable.push(id)
        continue
      }
      const document = objectOf(entry['ok'])
      if (document['_id'] !== id || textOf(document['_rev']) === null) throw new WrongAnswer('a row of _bulk_get holds another document')
      documents.set(`${id} ${String(document['_rev'])}`, document)
    }
  }
  const absent = wanted.filter(({ id }) => !answered.has(id))
  if (absent.length > 0) throw new WrongAnswer(`_bulk_get left out ${absent.length} of ${wanted.length}`)
  return { documents: [...documents.values()], unreadable }
}

function changesOf(answer: Json): { revisions: Map<string, string[]>; count: number; lastSeq: string | number } {
  const body = objectOf(answer)
  const rows = listOf(body['results'])
  const lastSeq = body['last_seq']
  if (typeof lastSeq !== 'string' && typeof lastSeq !== 'number') throw new WrongAnswer('a changes feed without last_seq')
  const revisions = new Map<string, string[]>()
  for (const row of rows.map(objectOf)) {
    const id = textOf(row['id'])
    if (id === null) throw new WrongAnswer('a change without id')
    const revs = listOf(row['changes']).map((change) => textOf(objectOf(change)['rev']))
    if (revs.length === 0 || revs.includes(null)) throw new WrongAnswer('a change without revisions')
    if (!id.startsWith('_design/')) revisions.set(id, [...(revisions.get(id) ?? []), ...(revs as string[])])
  }
  return { revisions, count: rows.length, lastSeq }
}

function askDatabase(pull: Pull, url: string, body?: Json): Promise<Json> {
  return ask(pull.send, url, { ...(body === undefined ? {} : { body }), ...(pull.signal === undefined ? {} : { signal: pull.signal }) })
}

const seqText = (since: string | number): string => String(since)
