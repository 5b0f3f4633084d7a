/** What the page and the sync worker say to each other.
 *
 * For: the messages, and the small seam through which `main.ts` hands the store its worker and its network.
 * Not for: doing anything with them (documents.ts, sync-state.ts here; sync/worker.ts there).
 */
import type { JsonObject, Label, Me } from '../wire/types'

export type NudgeReason = 'saved' | 'online' | 'visible' | 'asked' | 'signed_in'

export type ToWorker =
  | { kind: 'nudge'; reason: NudgeReason }
  | { kind: 'session_changed' }

export type SyncPhase = 'idle' | 'pulling' | 'pushing' | 'photos' | 'waiting' | 'needs_sign_in'

/** What only the worker knows about the way to the server. */
export type SyncReport = {
  reachable: boolean
  phase: SyncPhase
  lastContactAt: string | null
  lastError: Label | null
  /** The last whole round was answered, and nothing has been found wanting since. */
  checked: boolean
}

export type FromWorker =
  | { kind: 'documents'; reset: boolean; database: string; documents: JsonObject[]; removed: string[] }
  | { kind: 'forget_database'; database: string }
  | { kind: 'first_sync'; done: boolean; received: number; expected: number | null }
  | { kind: 'report'; report: SyncReport }
  | { kind: 'outbox_changed' }
  | { kind: 'photos_changed' }
  | { kind: 'session_changed' }

export interface SyncPort {
  post(message: ToWorker): void
  listen(handler: (message: FromWorker) => void): void
}

export type Answer<T> = { ok: true; value: T } | { ok: false; code: string; message: Label; status: number; body: JsonObject }

/** The network as the store may use it: signing in and out, and asking as the signed-in user. */
export interface Network {
  signIn(username: string, password: string, device: string): Promise<Answer<{ me: Me }>>
  signOut(): Promise<void>
  request(path: string, init?: { method?: string; body?: JsonObject; accept?: string }): Promise<Answer<Response>>
}

let network: Network | null = null
let port: SyncPort | null = null

export function connectNetwork(given: Network): void {
  network = given
}

export function connectPort(given: SyncPort): void {
  port = given
}

/** The connected network. Throws when `main.ts` connected none: a mistake of ours, not a fault of the line. */
export function connectedNetwork(): Network {
  if (network === null) throw new Error('the store has no network: main.ts must call connectNetwork first')
  return network
}

/** Tell the sync worker, if this page has one (the desk has none). */
export function tellWorker(message: ToWorker): void {
  port?.post(message)
}
