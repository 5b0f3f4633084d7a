/** The seams through which `main.ts` hands the store its worker and its network.
 *
 * For: keeping store/ free of sync/. Not for: doing anything with what passes (documents.ts, session.ts).
 */
import type { JsonObject, Label, Me } from '../wire/types'

/** What a sync worker tells its own page: what the replicas hold, first all of it, then what changed. */
export type FromWorker =
  | { kind: 'documents'; database: string; reset: boolean; documents: JsonObject[]; removed: string[] }
  | { kind: 'forget_database'; database: string }

export type SignInAnswer = { ok: true; me: Me } | { ok: false; code: string; message: Label }

/** The network as the store may use it. None of these throws. */
export interface Network {
  signIn(username: string, password: string, device: string): Promise<SignInAnswer>
  signOut(): Promise<void>
  accessToken(refused?: string): Promise<string | null>
  /** The server's preview of a photo; null when it cannot be had now. */
  preview(sha256: string): Promise<Blob | null>
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
