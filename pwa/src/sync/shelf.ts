/** A copy's documents once more, in few large sealed pieces: opening twenty is a hundred times faster than opening five thousand.
 *
 * For: a start of the app, together with what changed in the copy since (`seq`). Written by the leading worker when it rests.
 * Not for: the truth, which is the copy. A piece that is missing, torn or of another writing makes the whole shelf unusable, and the
 * copy itself is read. It lies in the copy's own database, so that it goes with it: with its user, its data key, its life of the server.
 */
import type { JsonObject } from '../wire/types'
import type { Sealer } from './replicas'

/** Documents as packed bytes (vault/packing.ts), as they stood when `seq` was the newest change, or newer. `facts`: what was recorded;
 * there are many more of them than of all others, which say what is to be done. */
export type Shelved = { pieces: ArrayBuffer[]; facts: ArrayBuffer[]; seq: number }
/** `written` names one writing; it stands in each of its pieces too. Two sides take turns, so that whoever reads one is not disturbed.
 * From the piece `facts` on there are facts. */
type Head = { written: string; side: 'a' | 'b'; pieces: number; facts: number; seq: number }
type Piece = { written: string; x: string }
type Local<T> = T & { _id: string; _rev?: string }

const HEAD = '_local/xunlu-shelf'
const DOCUMENTS_IN_A_PIECE = 250

export class Shelf {
  readonly #pouch: PouchDB.Database
  readonly #sealer: Sealer

  constructor(pouch: PouchDB.Database, sealer: Sealer) {
    this.#pouch = pouch
    this.#sealer = sealer
  }

  /** The change up to which it holds everything; null when nothing was ever put on it. */
  async seq(): Promise<number | null> {
    return (await this.#get<Head>(HEAD))?.seq ?? null
  }

  /** All of it, or null. */
  async read(): Promise<Shelved | null> {
    const head = await this.#get<Head>(HEAD)
    if (head === null) return null
    const pieces = await Promise.all(numbers(head.pieces).map((number) => this.#get<Piece>(placeOf(head.side, number))))
    const whole = pieces.filter((piece): piece is Local<Piece> => piece?.written === head.written)
    if (whole.length < head.pieces) return null
    const opened = await Promise.all(whole.map((piece) => this.#sealer.openBytes(piece.x)))
    return { seq: head.seq, pieces: opened.slice(0, head.facts), facts: opened.slice(head.facts) }
  }

  /** Put these documents in the place of what is there. The last step is what counts; killed before it, all is as it was.
   * `isStillOurs` is asked when everything is sealed: with another data key nothing may be written here any more. */
  async write(documents: readonly JsonObject[], seq: number, isStillOurs: () => Promise<boolean>): Promise<void> {
    const before = await this.#get<Head>(HEAD)
    const side = before?.side === 'a' ? 'b' : 'a'
    const written = crypto.randomUUID()
    const others = inPieces(documents.filter((document) => !isFact(document)))
    const pieces = [...others, ...inPieces(documents.filter(isFact))]
    const sealed = await Promise.all(pieces.map((piece) => this.#sealer.sealText(piece)))
    if (!(await isStillOurs())) return
    for (const [number, x] of sealed.entries()) await this.#put<Piece>(placeOf(side, number), { written, x })
    await this.#put<Head>(HEAD, { written, side, pieces: sealed.length, facts: others.length, seq })
    if (before !== null) await Promise.all(numbers(before.pieces).map((number) => this.#remove(placeOf(before.side, number))))
  }

  async #get<T>(id: string): Promise<Local<T> | null> {
    try {
      return (await this.#pouch.get(id)) as unknown as Local<T>
    } catch (error) {
      if ((error as { status?: number }).status === 404) return null
      throw error
    }
  }

  async #put<T>(id: string, content: T): Promise<void> {
    const before = await this.#get<T>(id)
    await this.#pouch.put({ ...content, _id: id, ...(before?._rev === undefined ? {} : { _rev: before._rev }) })
  }

  async #remove(id: string): Promise<void> {
    const kept = await this.#get<Piece>(id)
    if (kept?._rev !== undefined) await this.#pouch.remove({ _id: id, _rev: kept._rev })
  }
}

const placeOf = (side: string, number: number): string => `${HEAD}-${side}-${number}`
const isFact = (document: JsonObject): boolean => typeof document['performed_at'] === 'string'
const inPieces = (documents: readonly JsonObject[]): JsonObject[][] =>
  numbers(Math.ceil(documents.length / DOCUMENTS_IN_A_PIECE)).map((number) => documents.slice(number * DOCUMENTS_IN_A_PIECE, (number + 1) * DOCUMENTS_IN_A_PIECE))
const numbers = (count: number): number[] => Array.from({ length: count }, (_, number) => number)
