/** The copies of the server's databases on this phone: PouchDB's revision trees over IndexedDB.
 *
 * For: opening, reading, writing whole revisions, and the mark up to which a copy is complete. The only importer of PouchDB.
 * Not for: the network (pull.ts) or which copies there should be (round.ts).
 * The `idb` adapter and not `indexeddb`: the latter loses writes when two tabs are open.
 */
import PouchDB from 'pouchdb-core'
import idb from 'pouchdb-adapter-idb'
import type { JsonObject } from '../wire/types'

PouchDB.plugin(idb)

export type Snapshot = { documents: JsonObject[]; removed: string[]; seq: number | string }
/** How far a copy has followed its original, and in which life (epoch) of the server. */
export type PullMark = { since: string | number; epoch: string; complete: boolean }

const MARK = '_local/xunlu-pull'

export class Replica {
  readonly #pouch: PouchDB.Database
  constructor(pouch: PouchDB.Database) {
    this.#pouch = pouch
  }

  /** Every live document. */
  async all(): Promise<Snapshot> {
    // The sequence is read first: what changes in between is asked for again, harmlessly, and never skipped.
    const info = await this.#pouch.info()
    const found = await this.#pouch.allDocs({ include_docs: true })
    const documents = found.rows.flatMap((row) => (row.doc === undefined || row.doc === null ? [] : [row.doc as unknown as JsonObject]))
    return { documents, removed: [], seq: info.update_seq }
  }

  /** What changed after `seq`. */
  async since(seq: number | string): Promise<Snapshot> {
    const changes = await this.#pouch.changes({ since: seq, include_docs: true })
    const documents: JsonObject[] = []
    const removed: string[] = []
    for (const change of changes.results) {
      if (change.deleted === true) removed.push(change.id)
      else if (change.doc !== undefined) documents.push(change.doc as unknown as JsonObject)
    }
    return { documents, removed, seq: changes.last_seq }
  }

  /** Of these revisions by id, those this copy lacks. */
  async missing(revisions: Map<string, string[]>): Promise<{ id: string; rev: string }[]> {
    const differences = (await this.#pouch.revsDiff(Object.fromEntries(revisions) as unknown as PouchDB.Core.RevisionDiffOptions)) as unknown as
      Record<string, { missing?: string[] }>
    return Object.entries(differences).flatMap(([id, { missing }]) => (missing ?? []).map((rev) => ({ id, rev })))
  }

  /** Store revisions with their history. Raises when one could not be written. */
  async store(documents: JsonObject[]): Promise<void> {
    if (documents.length === 0) return
    const rows = await this.#pouch.bulkDocs(documents as unknown as PouchDB.Core.PutDocument<object>[], { new_edits: false })
    const failed = rows.filter((row) => 'error' in row)
    if (failed.length > 0) throw new Error(`the replica could not write ${failed.length} of ${documents.length}: ${JSON.stringify(failed[0])}`)
  }

  async has(ids: string[]): Promise<Set<string>> {
    if (ids.length === 0) return new Set()
    const found = await this.#pouch.allDocs({ keys: ids })
    return new Set(found.rows.flatMap((row) => ('id' in row && !('error' in row) && row.value.deleted !== true ? [row.id] : [])))
  }

  async mark(): Promise<PullMark | null> {
    const kept = await this.#localDocument()
    return kept === null ? null : { since: kept.since, epoch: kept.epoch, complete: kept.complete }
  }

  async setMark(mark: PullMark): Promise<void> {
    const kept = await this.#localDocument()
    await this.#pouch.put({ _id: MARK, ...(kept === null ? {} : { _rev: kept._rev }), ...mark })
  }

  close(): Promise<void> {
    return this.#pouch.close()
  }

  destroy(): Promise<void> {
    return this.#pouch.destroy() as Promise<unknown> as Promise<void>
  }

  async #localDocument(): Promise<(PullMark & { _rev: string }) | null> {
    try {
      return (await this.#pouch.get(MARK)) as unknown as PullMark & { _rev: string }
    } catch (error) {
      if ((error as { status?: number }).status === 404) return null
      throw error
    }
  }
}

/** Opens copies by name, each once per worker. `open` is handed in by tests, which keep theirs in memory. */
export class Replicas {
  readonly #opened = new Map<string, Replica>()
  readonly #open: (name: string) => PouchDB.Database
  constructor(open = (name: string): PouchDB.Database => new PouchDB(name, { adapter: 'idb', auto_compaction: true, revs_limit: 20 })) {
    this.#open = open
  }

  open(name: string): Replica {
    let replica = this.#opened.get(name)
    if (replica === undefined) {
      replica = new Replica(this.#open(name))
      this.#opened.set(name, replica)
    }
    return replica
  }

  async close(name: string): Promise<void> {
    const replica = this.#opened.get(name)
    this.#opened.delete(name)
    await replica?.close()
  }

  async destroy(name: string): Promise<void> {
    const replica = this.open(name)
    this.#opened.delete(name)
    await replica.destroy()
  }
}
