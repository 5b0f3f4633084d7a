/** The seams through which `main.ts` hands the store its worker and its network.
 *
 * For: keeping store/ free of sync/. Not for: doing anything with what passes (documents.ts, session.ts).
 */
import type { DataKey } from '../vault/boxes'
import type { JsonObject, Label, Me } from '../wire/types'

/** What a sync worker tells its own page: what the replicas hold, first all of it, then what changed.
 * `pieces` and `facts`: lists of documents still packed (vault/packing.ts), which `documents` and `removed` are newer than. */
export type FromWorker =
  | { kind: 'documents'; database: string; reset: boolean; pieces: ArrayBuffer[]; facts: ArrayBuffer[]; documents: JsonObject[]; removed: string[] }
  | { kind: 'forget_database'; database: string }

/** What a page tells its worker once: begin, and the key when a PIN opened it. */
export type ToWorker = { kind: 'begin'; key: DataKey | null }

export type SignInAnswer = { ok: true; me: Me } | { ok: false; code: string; message: Label }

/** The network as the store may use it. None of these throws. */
export interface Network {
  signIn(username: string, password: string, device: string): Promise<SignInAnswer>
  signOut(): Promise<void>
  accessToken(refused?: string): Promise<string | null>
  /** Whether the server can be asked now, and still knows the session of this phone. */
  isKnown(): Promise<boolean>
  /** The server's preview of a photo; null when it cannot be had now. */
  preview(sha256: string): Promise<Blob | null>
  /** The key a browser subscribes to pushes for; null when it cannot be had now. */
  pushKey(): Promise<string | null>
  /** Let this browser be told while the app is closed. The subscription's id; null when it was not taken. */
  startPush(subscription: { endpoint: string; keys: { p256dh: string; auth: string }; lang: string }): Promise<string | null>
  /** What each phone of this person last named and was never received; null when it cannot be had now. */
  ownPhones(): Promise<{ device: string; lastContactAt: string; records: string[]; photos: string[] }[] | null>
  /** Tell the office what this phone lost. Whether it knows now. */
  reportLost(lost: { device: string; reason: 'evicted' | 'damaged'; records: string[]; photos: string[] }): Promise<boolean>
  /** Best effort: what is not ended here ends with the session. */
  endPush(id: string): Promise<void>
}

let network: Network | null = null

export function connectNetwork(given: Network): void {
  network = given
}

/** The connected network. Throws when `main.ts` connected none: a mistake of ours, not a fault of the line. */
export function connectedNetwork(): Network {
  if (network === null) throw new Error('the store has no network: main.ts must call connectNetwork first')
  return network
}
