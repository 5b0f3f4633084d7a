/** Send what the outbox holds: `_revs_diff`, then `_bulk_docs`, each row of the answer counted and matched by id.
 *
 * For: moving items from saved to sent, or to held when the server names a reason.
 * Not for: believing that they arrived: only a receipt says that (receipts.ts).
 * Source: CouchDB Replication Protocol, "Calculate Revision Difference" and "Upload Batch of Changed Documents";
 * promises D1, F-11, F-12, F-14, F-17, F-19.
 */
import type { KeptOutboxItem } from '../store/kept'
import type { LocalStore } from '../store/local'
import type { Json, JsonObject, Me } from '../wire/types'
import { ask, listOf, objectOf, textOf } from './api'
import { Refused, WrongAnswer } from './failures'
import type { Send } from './guarded-fetch'
import { databaseUrl } from './pull'

export type Pushing = { store: LocalStore; send: Send; base: string; me: Me; changed: () => void; now: () => number }
export type PushResult = { sent: number; held: number; failed: number }
type Outcome = { state: 'sent' } | { state: 'held'; code: string; reason: string; onlyHere: boolean } | { state: 'failed'; code: string }

export const MAX_BATCH_DOCUMENTS = 50
export const MAX_BATCH_BYTES = 1_000_000
/** Statuses that speak of what was sent: the batch is halved until the one document is found. */
const ABOUT_A_DOCUMENT = new Set([400, 413, 415, 422])
const TOO_LARGE = '这条记录太大，服务器收不下。请分成几条重新记录 | Too large for the server. Record it again in several parts'
/** After this many failed tries an item travels alone, so that it cannot hold up the others. */
const TRIES_TOGETHER = 3
/** An item that travels alone is tried at most five times in ten minutes. */
const REST_MS = 300_000
const restsUntil = new Map<string, number>()

/** Push everything that is saved. Raises what stops all of it (network, session); a single item never does. */
export async function pushOutbox(pushing: Pushing): Promise<PushResult> {
  const result: PushResult = { sent: 0, held: 0, failed: 0 }
  const kept = await pushing.store.read(['outbox'], (transaction) => transaction.all<KeptOutboxItem>('outbox'))
  const mayGo = (item: KeptOutboxItem): boolean => item.tries < TRIES_TOGETHER || (restsUntil.get(item.document._id) ?? 0) <= pushing.now()
  const waiting = kept.filter((item) => item.state === 'saved' && item.user === pushing.me.user && mayGo(item)).sort(bySavedAt)
  for (const [database, items] of byDatabase(waiting, pushing.me)) {
    for (const batch of batchesOf(items)) await pushBatch(pushing, database, batch, result)
  }
  return result
}

/** Oldest first, at most 50 documents and 1 MB together; what failed often goes alone, after the others. */
export function batchesOf(items: readonly KeptOutboxItem[]): KeptOutboxItem[][] {
  const batches: KeptOutboxItem[][] = []
  let batch: KeptOutboxItem[] = []
  let bytes = 0
  for (const item of items.filter((one) => one.tries < TRIES_TOGETHER)) {
    const size = sizeOf(item)
    if (batch.length > 0 && (batch.length >= MAX_BATCH_DOCUMENTS || bytes + size > MAX_BATCH_BYTES)) {
      batches.push(batch)
      batch = []
      bytes = 0
    }
    batch.push(item)
    bytes += size
  }
  if (batch.length > 0) batches.push(batch)
  return [...batches, ...items.filter((one) => one.tries >= TRIES_TOGETHER).map((item) => [item])]
}

/** Where an item goes. After a transfer its own database may be closed to its author: the server then holds it for the supervisor. */
export function targetOf(item: KeptOutboxItem, me: Me): string | null {
  const open = me.databases.filter((one) => one.access !== 'read')
  const areas = open.filter((one) => one.kind === 'area')
  return (
    open.find((one) => one.name === item.database)?.name ??
    areas.find((one) => one.name === `area-${item.document.area}`)?.name ??
    areas.find((one) => one.name.startsWith(`area-${item.document.area}-`))?.name ??
    areas[0]?.name ??
    open[0]?.name ??
    null
  )
}

/** What the rows say about each document sent. Raises WrongAnswer when they do not account for every one. */
export function outcomesOf(answer: Json, batch: readonly KeptOutboxItem[]): Map<string, Outcome> {
  const asked = new Set(batch.map((item) => item.document._id))
  const outcomes = new Map<string, Outcome>()
  for (const row of listOf(answer).map(objectOf)) {
    const id = textOf(row['id'])
    if (id === null || !asked.has(id)) throw new WrongAnswer('a row for a document that was not sent')
    if (outcomes.has(id)) throw new WrongAnswer('two rows for one document')
    const error = textOf(row['error'])
    if (error === null) {
      const rev = textOf(row['rev'])
      if (rev !== batch.find((item) => item.document._id === id)?.rev) throw new WrongAnswer('a row with another revision')
      outcomes.set(id, { state: 'sent' })
      continue
    }
    const code = textOf(row['code']) ?? error
    outcomes.set(id, error === 'forbidden' ? { state: 'held', code, reason: textOf(row['reason']) ?? code, onlyHere: code === 'held_full' } : { state: 'failed', code })
  }
  if (outcomes.size !== batch.length) throw new WrongAnswer(`${outcomes.size} rows for ${batch.length} documents`)
  return outcomes
}

async function pushBatch(pushing: Pushing, database: string, batch: KeptOutboxItem[], result: PushResult): Promise<void> {
  let outcomes: Map<string, Outcome>
  try {
    outcomes = await sendBatch(pushing, database, batch)
  } catch (error) {
    if (error instanceof Refused && ABOUT_A_DOCUMENT.has(error.status) && batch.length > 1) {
      const middle = Math.ceil(batch.length / 2)
      await pushBatch(pushing, database, batch.slice(0, middle), result)
      await pushBatch(pushing, database, batch.slice(middle), result)
      return
    }
    const outcome = outcomeFrom(error)
    outcomes = new Map(batch.map((item) => [item.document._id, outcome]))
  }
  await settle(pushing, batch, outcomes)
  for (const { state } of outcomes.values()) result[state] += 1
}

async function sendBatch(pushing: Pushing, database: string, batch: KeptOutboxItem[]): Promise<Map<string, Outcome>> {
  const url = databaseUrl(pushing.base, database)
  const diff = objectOf(await ask(pushing.send, `${url}/_revs_diff`, { body: Object.fromEntries(batch.map((item) => [item.document._id, [item.rev]])) }))
  for (const id of Object.keys(diff)) if (!batch.some((item) => item.document._id === id)) throw new WrongAnswer('_revs_diff names a document that was not asked about')
  // What a receipt once called missing is sent whatever _revs_diff says.
  const wanted = batch.filter((item) => item.tries > 0 || diff[item.document._id] !== undefined)
  const outcomes = new Map<string, Outcome>(batch.map((item) => [item.document._id, { state: 'sent' }]))
  if (wanted.length === 0) return outcomes
  const body = { new_edits: false, docs: wanted.map(wireForm) }
  for (const [id, outcome] of outcomesOf(await ask(pushing.send, `${url}/_bulk_docs`, { body }), wanted)) outcomes.set(id, outcome)
  return outcomes
}

/** What an error of a whole request means for its documents. Raises it again when it is about the line or the session. */
function outcomeFrom(error: unknown): Outcome {
  if (error instanceof WrongAnswer) return { state: 'failed', code: 'wrong_answer' }
  if (!(error instanceof Refused)) throw error
  if (error.status === 413) return { state: 'held', code: 'too_large', reason: TOO_LARGE, onlyHere: true }
  if (ABOUT_A_DOCUMENT.has(error.status)) return { state: 'held', code: error.code, reason: error.reason, onlyHere: true }
  if (error.status >= 500) return { state: 'failed', code: error.code }
  throw error
}

async function settle(pushing: Pushing, batch: KeptOutboxItem[], outcomes: Map<string, Outcome>): Promise<void> {
  await pushing.store.write(['outbox'], async (transaction) => {
    for (const { document, hash } of batch) {
      const item = await transaction.get<KeptOutboxItem>('outbox', document._id)
      const outcome = outcomes.get(document._id)
      // Somebody may have put it aside meanwhile; then this answer is about nothing.
      if (item === undefined || item.hash !== hash || item.state !== 'saved' || outcome === undefined) continue
      if (outcome.state === 'failed') restsUntil.set(document._id, pushing.now() + REST_MS)
      if (outcome.state === 'failed') await transaction.put('outbox', { ...item, tries: item.tries + 1 } satisfies KeptOutboxItem)
      else if (outcome.state === 'sent') await transaction.put('outbox', { ...item, state: 'sent' } satisfies KeptOutboxItem)
      else await transaction.put('outbox', { ...item, state: 'held', code: outcome.code, reason: outcome.reason, ...(outcome.onlyHere ? { onlyHere: true } : {}) } satisfies KeptOutboxItem)
    }
  })
  pushing.changed()
}

function byDatabase(items: KeptOutboxItem[], me: Me): Map<string, KeptOutboxItem[]> {
  const groups = new Map<string, KeptOutboxItem[]>()
  for (const item of items) {
    const database = targetOf(item, me)
    if (database !== null) groups.set(database, [...(groups.get(database) ?? []), item])
  }
  return groups
}

function wireForm(item: KeptOutboxItem): JsonObject {
  return { ...(item.document as unknown as JsonObject), _rev: item.rev, _revisions: { start: 1, ids: [item.rev.slice(2)] } }
}

const sizeOf = (item: KeptOutboxItem): number => new TextEncoder().encode(JSON.stringify(item.document)).byteLength

export function bySavedAt(one: KeptOutboxItem, other: KeptOutboxItem): number {
  return one.savedAt < other.savedAt ? -1 : one.savedAt > other.savedAt ? 1 : one.document._id < other.document._id ? -1 : 1
}
