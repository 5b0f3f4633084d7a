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

export type Revision = { id: string; rev: string }
/** `unreadable`: what the server names and cannot give. It is asked for again at each pull, and holds up nothing else. */
export type PullResult = { received: number; unreadable: Revision[] }
/** `before`: what was unreadable at the last pull; `onUnreadable` is told, before the mark moves past them, whenever there is something to remember. */
export type Pull = { send: Send; base: string; database: string; replica: Replica; epoch: string; signal?: AbortSignal; before?: readonly Revision[]; onUnreadable?: (now: Revision[]) => Promise<void>; onBatch?: (received: number) => Promise<void> }

type Changes = { revisions: Map<string, string[]>; count: number; lastSeq: string | number }
type Fetched = { documents: JsonObject[]; unreadable: Revision[] }
type Batch = Fetched & { changes: Changes; isLast: boolean }

export const BATCH = 500

/** Fetches the next batch while the one before is written: on a slow line neither waits for the other. At most two are in memory. */
export async function pullDatabase(pull: Pull): Promise<PullResult> {
  const url = databaseUrl(pull.base, pull.database)
  const result = await fetchAgain(pull, url, pull.before ?? [])
  let list: Promise<Changes> | null = listChanges(pull, url, (await pull.replica.mark())?.since ?? 0)
  let fetched: Batch | null = null
  const keepFetched = async (): Promise<void> => {
    const batch = fetched
    fetched = null
    if (batch !== null) await keep(pull, batch, result)
  }
  try {
    while (list !== null) {
      const changes: Changes = await list
      const isLast = changes.count < BATCH
      list = isLast ? null : ahead(listChanges(pull, url, changes.lastSeq))
      const missing = await pull.replica.missing(changes.revisions)
      const coming = ahead(missing.length === 0 ? Promise.resolve({ documents: [], unreadable: [] }) : fetchRevisions(pull, url, missing))
      await keepFetched()
      fetched = { ...(await coming), changes, isLast }
    }
  } finally {
    // Also when the line broke: what is whole need not be fetched again.
    await keepFetched()
  }
  return result
}

async function keep(pull: Pull, { documents, unreadable, changes, isLast }: Batch, result: PullResult): Promise<void> {
  await pull.replica.store(documents)
  result.received += documents.length
  result.unreadable.push(...unreadable)
  if (unreadable.length > 0) await pull.onUnreadable?.(result.unreadable)
  // Only now: repeating a batch is harmless, skipping one is not.
  if (changes.count > 0 || isLast) await pull.replica.setMark({ since: changes.lastSeq, epoch: pull.epoch, complete: isLast })
  if (documents.length > 0) await pull.onBatch?.(result.received)
}

/** What could not be read at an earlier pull, unless it or a later edit of it has come since. */
async function fetchAgain(pull: Pull, url: string, before: readonly Revision[]): Promise<PullResult> {
  const revisions = new Map<string, string[]>()
  for (const { id, rev } of before) revisions.set(id, [...(revisions.get(id) ?? []), rev])
  const missing = before.length === 0 ? [] : await pull.replica.missing(revisions)
  if (missing.length === 0) return { received: 0, unreadable: [] }
  const { documents, unreadable } = await fetchRevisions(pull, url, missing)
  await pull.replica.store(documents)
  if (documents.length > 0) await pull.onBatch?.(documents.length)
  return { received: documents.length, unreadable }
}

async function listChanges(pull: Pull, url: string, since: string | number): Promise<Changes> {
  return changesOf(await askDatabase(pull, `${url}/_changes?style=all_docs&limit=${BATCH}&since=${encodeURIComponent(seqText(since))}`))
}

/** Begun before it is needed. When something else fails first nobody waits for it, and its own failure is no news. */
function ahead<T>(work: Promise<T>): Promise<T> {
  work.catch(() => undefined)
  return work
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

async function fetchRevisions(pull: Pull, url: string, wanted: Revision[]): Promise<Fetched> {
  const answer = objectOf(await askDatabase(pull, `${url}/_bulk_get?revs=true&latest=true`, { docs: wanted }))
  const answered = new Set<string>()
  const documents = new Map<string, JsonObject>()
  const failed = new Set<string>()
  for (const row of listOf(answer['results']).map(objectOf)) {
    const id = textOf(row['id'])
    if (id === null) throw new WrongAnswer('a row of _bulk_get without id')
    for (const entry of listOf(row['docs']).map(objectOf)) {
      answered.add(id)
      if (entry['ok'] === undefined) {
        failed.add(id)
        continue
      }
      const document = objectOf(entry['ok'])
      if (document['_id'] !== id || textOf(document['_rev']) === null) throw new WrongAnswer('a row of _bulk_get holds another document')
      documents.set(`${id} ${String(document['_rev'])}`, document)
    }
  }
  const absent = wanted.filter(({ id }) => !answered.has(id))
  if (absent.length > 0) throw new WrongAnswer(`_bulk_get left out ${absent.length} of ${wanted.length}`)
  return { documents: [...documents.values()], unreadable: wanted.filter(({ id, rev }) => failed.has(id) && !documents.has(`${id} ${rev}`)) }
}

function changesOf(answer: Json): Changes {
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
