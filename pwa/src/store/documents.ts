/** Every document this phone holds: the replicas, overlaid by what the server has not yet received.
 *
 * For: one map held once, changed by deltas from the worker, told to views once a frame.
 * Not for: fetching (sync/), or what follows from the documents (today.ts, the server's status documents).
 */
import { writable, type Readable } from 'svelte/store'
import { unpack } from '../vault/packing'
import type { Fact, JsonObject, StatusDocument } from '../wire/types'
import type { SyncReport } from './bus'
import type { FromWorker } from './port'

type Held = { document: JsonObject; database: string }

type Told = Extract<FromWorker, { kind: 'documents' }>

/** The documents and their indexes. A class, so that tests hold their own. */
export class DocumentMap {
  readonly #replicated = new Map<string, Held>()
  #overlay: ReadonlyMap<string, Fact> = new Map()
  readonly #merged = new Map<string, JsonObject>()
  readonly #byType = new Map<string, Map<string, JsonObject>>()
  readonly #bySubject = new Map<string, Set<string>>()

  apply(message: FromWorker): void {
    const ofDatabase = (id: string): boolean => this.#replicated.get(id)?.database === message.database
    if (message.kind === 'forget_database') {
      for (const id of [...this.#replicated.keys()].filter(ofDatabase)) this.#drop(id)
      return
    }
    const documents = [...message.pieces.flatMap(unpacked), ...message.documents]
    if (message.reset) {
      const kept = new Set(documents.map(idOf))
      for (const id of [...this.#replicated.keys()]) if (ofDatabase(id) && !kept.has(id)) this.#drop(id)
    }
    for (const document of documents) this.#take(document, message.database)
    for (const id of message.removed) if (ofDatabase(id)) this.#drop(id)
  }

  /** Packed facts that came with a message. What the message itself says is newer. */
  addFacts(piece: ArrayBuffer, { database, documents, removed }: Told): void {
    const newer = new Set([...documents.map(idOf), ...removed])
    for (const fact of unpacked(piece)) if (!newer.has(idOf(fact))) this.#take(fact, database)
  }

  overlay(facts: readonly Fact[]): void {
    const before = this.#overlay
    this.#overlay = new Map(facts.map((fact) => [fact._id, fact]))
    for (const id of before.keys()) if (!this.#overlay.has(id)) this.#settle(id)
    for (const id of this.#overlay.keys()) if (!before.has(id)) this.#settle(id)
  }

  clear(): void {
    for (const id of [...this.#replicated.keys()]) this.#drop(id)
  }

  snapshot(): ReadonlyMap<string, JsonObject> {
    return new Map(this.#merged)
  }

  get(id: string): JsonObject | undefined {
    return this.#merged.get(id)
  }

  databaseOf(id: string): string | null {
    return this.#replicated.get(id)?.database ?? null
  }

  /** Whether anything of this database is here. */
  has(database: string): boolean {
    for (const one of this.#replicated.values()) if (one.database === database) return true
    return false
  }

  isReplicated(id: string): boolean {
    return this.#replicated.has(id)
  }

  ofType(type: string): JsonObject[] {
    return [...(this.#byType.get(type)?.values() ?? [])]
  }

  about(subject: string): Fact[] {
    const facts = [...(this.#bySubject.get(subject) ?? [])].map((id) => this.#merged.get(id) as unknown as Fact)
    return facts.sort((one, other) => momentOf(one) - momentOf(other) || (one._id < other._id ? -1 : 1))
  }

  #take(document: JsonObject, database: string): void {
    this.#replicated.set(idOf(document), { document, database })
    this.#settle(idOf(document))
  }

  #drop(id: string): void {
    this.#replicated.delete(id)
    this.#settle(id)
  }

  /** Bring `merged` and the indexes in line with replica and overlay for one id. The replica's copy wins: it has been received. */
  #settle(id: string): void {
    const before = this.#merged.get(id)
    const after = this.#replicated.get(id)?.document ?? (this.#overlay.get(id) as unknown as JsonObject | undefined)
    if (before !== undefined) this.#unindex(id, before)
    if (after === undefined) {
      this.#merged.delete(id)
      return
    }
    this.#merged.set(id, after)
    nested(this.#byType, typeOf(after)).set(id, after)
    for (const subject of subjectsOf(after)) {
      const ids = this.#bySubject.get(subject) ?? new Set<string>()
      this.#bySubject.set(subject, ids.add(id))
    }
  }

  #unindex(id: string, document: JsonObject): void {
    this.#byType.get(typeOf(document))?.delete(id)
    for (const subject of subjectsOf(document)) this.#bySubject.get(subject)?.delete(id)
  }
}

const held = new DocumentMap()
const shown = writable<ReadonlyMap<string, JsonObject>>(new Map())
const firstSyncState = writable<SyncReport['firstSync']>({ done: false, received: 0, expected: null })
const areComplete = writable(true)
/** False while facts are still coming in at a start: what is missing then may be all that is left to do. */
export const isComplete: Readable<boolean> = { subscribe: areComplete.subscribe }
export const documents: Readable<ReadonlyMap<string, JsonObject>> = { subscribe: shown.subscribe }
export const firstSync: Readable<SyncReport['firstSync']> = { subscribe: firstSyncState.subscribe }

export function statusOf(subject: string): StatusDocument | undefined {
  return held.get(`status:${subject}`) as StatusDocument | undefined
}

/** Facts whose subject this is, and the fact that opened it, oldest first. */
export function factsAbout(subject: string): Fact[] {
  return held.about(subject)
}

export function byType(type: string): JsonObject[] {
  return held.ofType(type)
}

/** The database a replicated document came from; null when it is not replicated. */
export function databaseOf(id: string): string | null {
  return held.databaseOf(id)
}

/** One message after the other; of one with thousands of facts these piece by piece, after what says what is to be done is shown. */
export function receiveFromWorker(message: FromWorker): void {
  received.push(message)
  if (received.length === 1) receiveNext()
}

let received: FromWorker[] = []
/** The message whose facts are still coming in. */
let halfDone: Told | null = null

function receiveNext(): void {
  for (let message = received[0]; message !== undefined; message = received[0]) {
    const facts = message.kind === 'documents' ? message.facts : []
    if (message.kind === 'documents' && facts.length > 0 && !held.has(message.database)) {
      halfDone = message
      areComplete.set(false)
      held.apply(message)
      emitSoon()
      return soon(() => setTimeout(receiveFacts, 0, message, [...facts]))
    }
    // Where a page shows facts of an older copy already, none of them may be missing for a moment.
    held.apply(message.kind === 'documents' ? { ...message, pieces: [...message.pieces, ...facts] } : message)
    emitSoon()
    received.shift()
  }
}

function receiveFacts(message: Told, left: ArrayBuffer[]): void {
  if (message !== halfDone) return // Everything was forgotten meanwhile.
  const piece = left.shift()
  if (piece !== undefined) {
    held.addFacts(piece, message)
    setTimeout(receiveFacts, 0, message, left)
    return
  }
  halfDone = null
  emitSoon()
  received.shift()
  receiveNext()
}

export function overlayOutbox(facts: readonly Fact[]): void {
  held.overlay(facts)
  emitSoon()
}

export function forgetReplicas(): void {
  received = []
  halfDone = null
  held.clear()
  emitSoon()
}

export function noteFirstSync(progress: SyncReport['firstSync']): void {
  firstSyncState.set(progress)
}

let emitting = false
function emitSoon(): void {
  if (emitting) return
  emitting = true
  const emit = (): void => {
    emitting = false
    shown.set(held.snapshot())
    if (halfDone === null) areComplete.set(true) // Not before: what follows from the facts must be there too.
  }
  soon(emit)
}

/** With the next frame. A hidden page gets none; its lists must still be right when it is shown. */
function soon(work: () => void): void {
  if (globalThis.document?.visibilityState === 'visible') requestAnimationFrame(work)
  else setTimeout(work, 16)
}

/** When facts were done, once read: hundreds are put in order for every list. A fact never changes. */
const moments = new WeakMap<Fact, number>()
function momentOf(fact: Fact): number {
  let moment = moments.get(fact)
  if (moment === undefined) moments.set(fact, (moment = Date.parse(fact.performed_at)))
  return moment
}

const unpacked = (piece: ArrayBuffer): JsonObject[] => unpack(piece) as JsonObject[]
const idOf = (document: JsonObject): string => String(document['_id'])
const typeOf = (document: JsonObject): string => (typeof document['type'] === 'string' ? document['type'] : '')

export function isFact(document: JsonObject): boolean {
  return typeof document['author'] === 'string' && typeof document['performed_at'] === 'string'
}

function subjectsOf(document: JsonObject): string[] {
  if (!isFact(document)) return []
  const subject = document['subject']
  return typeof subject === 'string' && subject !== document['_id'] ? [subject, idOf(document)] : [idOf(document)]
}

function nested<K, V>(map: Map<K, Map<string, V>>, key: K): Map<string, V> {
  let inner = map.get(key)
  if (inner === undefined) {
    inner = new Map<string, V>()
    map.set(key, inner)
  }
  return inner
}
