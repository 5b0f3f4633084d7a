/** The copies of the server's databases on this phone: PouchDB's revision trees over IndexedDB, with every document's content sealed.
 *
 * For: opening, reading, writing whole revisions, and the mark up to which a copy is complete. The only importer of PouchDB.
 * Not for: the network (pull.ts), which copies there should be (round.ts), or the key (store/local.ts).
 * A copy belongs to one data key and is named by it: with the key the copy is gone, and what is left of it is swept away.
 * The `idb` adapter and not `indexeddb`: the latter loses writes when two tabs are open.
 */
import PouchDB from 'pouchdb-core'
import idb from 'pouchdb-adapter-idb'
import type { JsonObject } from '../wire/types'
import { Shelf, type Shelved } from './shelf'

PouchDB.plugin(idb)

/** What seals a document's content; the phone's own database does. */
export interface Sealer {
  dataKey(): Promise<{ kid: string }>
  sealText(value: unknown): Promise<string>
  openText(text: string): Promise<unknown>
  openBytes(text: string): Promise<ArrayBuffer>
}
type Open = (name: string) => PouchDB.Database
/** As PouchDB keeps it: what it must know, and one member with the rest. */
type Sealed = JsonObject & { x?: string }

/** `pieces` and `facts`: documents that are still packed (shelf.ts), and older than `documents` and `removed`. */
export type Snapshot = { pieces: ArrayBuffer[]; facts: ArrayBuffer[]; documents: JsonObject[]; removed: string[]; seq: number | string }
/** How far a copy has followed its original, and in which life (epoch) of the server. */
export type PullMark = { since: string | number; epoch: string; complete: boolean }

const MARK = '_local/xunlu-pull'
/** So many changes are read one by one at a start; with more the shelf is filled anew. */
const FEW_CHANGES = 100

export class Replica {
  readonly #name: string
  readonly #openPouch: Open
  readonly #sealer: Sealer
  #opened: { identity: string; pouch: PouchDB.Database } | null = null

  constructor(name: string, openPouch: Open, sealer: Sealer) {
    this.#name = name
    this.#openPouch = openPouch
    this.#sealer = sealer
  }

  /** Which copy this is: another one as soon as the data key is. */
  async identity(): Promise<string> {
    return nameOf(this.#name, (await this.#sealer.dataKey()).kid)
  }

  async #pouch(): Promise<PouchDB.Database> {
    const identity = await this.identity()
    if (this.#opened?.identity === identity) return this.#opened.pouch
    this.#opened = { identity, pouch: this.#openPouch(identity) }
    return this.#opened.pouch
  }

  /** Every live document. */
  async all(): Promise<Snapshot> {
    // The sequence is read first: what changes in between is asked for again, harmlessly, and never skipped.
    const pouch = await this.#pouch()
    const info = await pouch.info()
    const found = await pouch.allDocs({ include_docs: true })
    const documents = found.rows.flatMap((row) => (row.doc === undefined || row.doc === null ? [] : [row.doc as unknown as Sealed]))
    return { pieces: [], facts: [], documents: await this.#openAll(documents), removed: [], seq: info.update_seq }
  }

  /** The same from the shelf, with what changed since it was filled. */
  async allAtOnce(): Promise<Snapshot> {
    const shelved = await this.#onShelf()
    return shelved === null ? this.all() : { ...(await this.since(shelved.seq)), pieces: shelved.pieces, facts: shelved.facts }
  }

  /** Fill the shelf when much changed since it was filled last. Returns whether it was. */
  async shelve(): Promise<boolean> {
    const [identity, pouch] = [await this.identity(), await this.#pouch()]
    const shelf = new Shelf(pouch, this.#sealer)
    if (Number((await pouch.info()).update_seq) - ((await shelf.seq()) ?? 0) < FEW_CHANGES) return false
    const { documents, seq } = await this.all()
    await shelf.write(documents, Number(seq), async () => (await this.identity()) === identity)
    return true
  }

  /** What changed after `seq`. */
  async since(seq: number | string): Promise<Snapshot> {
    const changes = await (await this.#pouch()).changes({ since: seq, include_docs: true })
    const documents: Sealed[] = []
    const removed: string[] = []
    for (const change of changes.results) {
      if (change.deleted === true) removed.push(change.id)
      else if (change.doc !== undefined) documents.push(change.doc as unknown as Sealed)
    }
    return { pieces: [], facts: [], documents: await this.#openAll(documents), removed, seq: changes.last_seq }
  }

  /** Of these revisions by id, those this copy lacks. */
  async missing(revisions: Map<string, string[]>): Promise<{ id: string; rev: string }[]> {
    const differences = (await (await this.#pouch()).revsDiff(Object.fromEntries(revisions) as unknown as PouchDB.Core.RevisionDiffOptions)) as unknown as
      Record<string, { missing?: string[] }>
    return Object.entries(differences).flatMap(([id, { missing }]) => (missing ?? []).map((rev) => ({ id, rev })))
  }

  /** Store revisions with their history. Raises when one could not be written. */
  async store(documents: JsonObject[]): Promise<void> {
    if (documents.length === 0) return
    const sealed = await Promise.all(documents.map((document) => this.#seal(document)))
    const rows = await (await this.#pouch()).bulkDocs(sealed as unknown as PouchDB.Core.PutDocument<object>[], { new_edits: false })
    const failed = rows.filter((row) => 'error' in row)
    if (failed.length > 0) throw new Error(`the replica could not write ${failed.length} of ${documents.length}: ${JSON.stringify(failed[0])}`)
  }

  async has(ids: string[]): Promise<Set<string>> {
    if (ids.length === 0) return new Set()
    const found = await (await this.#pouch()).allDocs({ keys: ids })
    return new Set(found.rows.flatMap((row) => ('id' in row && !('error' in row) && row.value.deleted !== true ? [row.id] : [])))
  }

  async mark(): Promise<PullMark | null> {
    const kept = await this.#localDocument()
    return kept === null ? null : { since: kept.since, epoch: kept.epoch, complete: kept.complete }
  }

  async setMark(mark: PullMark): Promise<void> {
    const kept = await this.#localDocument()
    await (await this.#pouch()).put({ _id: MARK, ...(kept === null ? {} : { _rev: kept._rev }), ...mark })
  }

  async close(): Promise<void> {
    await this.#opened?.pouch.close()
    this.#opened = null
  }

  async destroy(): Promise<void> {
    await (await this.#pouch()).destroy()
    this.#opened = null
  }

  async #onShelf(): Promise<Shelved | null> {
    try {
      return await new Shelf(await this.#pouch(), this.#sealer).read()
    } catch (error) {
      console.warn('the shelf cannot be read; the copy itself is', error)
      return null
    }
  }

  async #seal(document: JsonObject): Promise<Sealed> {
    const entries = Object.entries(document)
    const plain = Object.fromEntries(entries.filter(([name]) => name.startsWith('_')))
    return { ...plain, x: await this.#sealer.sealText(Object.fromEntries(entries.filter(([name]) => !name.startsWith('_')))) }
  }

  /** All at once: the cryptography of one document runs while the next is prepared. */
  #openAll(documents: Sealed[]): Promise<JsonObject[]> {
    return Promise.all(documents.map(async ({ x, ...plain }) => ({ ...plain, ...((await this.#sealer.openText(String(x))) as JsonObject) })))
  }

  async #localDocument(): Promise<(PullMark & { _rev: string }) | null> {
    try {
      return (await (await this.#pouch()).get(MARK)) as unknown as PullMark & { _rev: string }
    } catch (error) {
      if ((error as { status?: number }).status === 404) return null
      throw error
    }
  }
}

/** Opens copies by name, each once per worker. `open` is handed in by tests, which keep theirs in memory. */
export class Replicas {
  readonly #opened = new Map<string, Replica>()
  readonly #sealer: Sealer
  readonly #open: Open
  constructor(sealer: Sealer, open: Open = (name) => new PouchDB(name, { adapter: 'idb', auto_compaction: true, revs_limit: 20 })) {
    this.#sealer = sealer
    this.#open = open
  }

  open(name: string): Replica {
    let replica = this.#opened.get(name)
    if (replica === undefined) {
      replica = new Replica(name, this.#open, this.#sealer)
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

/** Delete what is left of copies whose key is gone, and of those that an older version of the app kept in plain. Nothing waits for it. */
export async function sweepCopies(sealer: Pick<Sealer, 'dataKey'>, factory: IDBFactory = indexedDB): Promise<string[]> {
  if (typeof factory.databases !== 'function') return []
  const { kid } = await sealer.dataKey()
  const names = (await factory.databases()).flatMap(({ name }) => (name?.startsWith('_pouch_') === true && !name.endsWith(`~${kid}`) ? [name] : []))
  for (const name of names) factory.deleteDatabase(name)
  return names
}

/** Tells nobody who looks at the disk whose copy it is, nor of what. */
function nameOf(name: string, kid: string): string {
  let [one, other] = [0xdeadbeef, 0x41c6ce57]
  for (let at = 0; at < name.length; at += 1) {
    one = Math.imul(one ^ name.charCodeAt(at), 2654435761)
    other = Math.imul(other ^ name.charCodeAt(at), 1597334677)
  }
  return `xunlu-${(one >>> 0).toString(36)}${(other >>> 0).toString(36)}~${kid}`
}
