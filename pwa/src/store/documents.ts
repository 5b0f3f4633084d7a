/** Every document this phone holds: the replicas, overlaid by what the server has not yet received.
 *
 * For: one map held once, changed by deltas from the worker, told to views once a frame.
 * Not for: fetching (sync/), or what follows from the documents (today.ts, the server's status documents).
 */
import { writable, type Readable } from 'svelte/store'
import type { Fact, JsonObject, StatusDocument } from '../wire/types'
import type { SyncReport } from './bus'
import type { FromWorker } from './port'

type Held = { document: JsonObject; database: string }

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
    if (message.reset) {
      const kept = new Set(message.documents.map(idOf))
      for (const id of [...this.#replicated.keys()]) if (ofDatabase(id) && !kept.has(id)) this.#drop(id)
    }
    for (const document of message.documents) {
      this.#replicated.set(idOf(document), { document, database: message.database })
      this.#settle(idOf(document))
    }
    for (const id of message.removed) if (ofDatabase(id)) this.#drop(id)
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

  isReplicated(id: string): boolean {
    return this.#replicated.has(id)
  }

  ofType(type: string): JsonObject[] {
    return [...(this.#byType.get(type)?.values() ?? [])]
  }

  about(subject: string): Fact[] {
    const facts = [...(this.#bySubject.get(subject) ?? [])].map((id) => this.#merged.get(id) as unknown as Fact)
    return facts.sort((one, other) => Date.parse(one.performed_at) - Date.parse(other.performed_at) || (one._id < other._id ? -1 : 1))
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

export function receiveFromWorker(message: FromWorker): void {
  held.apply(message)
  emitSoon()
}

export function overlayOutbox(facts: readonly Fact[]): void {
  held.overlay(facts)
  emitSoon()
}

export function forgetReplicas(): void {
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
  }
  // A hidden page gets no frames; its lists must still be right when it is shown.
  if (globalThis.document?.visibilityState === 'visible') requestAnimationFrame(emit)
  else setTimeout(emit, 16)
}

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
