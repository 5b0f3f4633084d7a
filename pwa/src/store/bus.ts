/** What every tab and worker of this browser should hear.
 *
 * For: "the outbox changed", "the session changed", nudges to whoever leads the sync, who wants to, and the leader's report.
 * Not for: documents (port.ts: each worker reads the replicas for its own page).
 */
import type { Label } from '../wire/types'

export type SyncPhase = 'idle' | 'pulling' | 'pushing' | 'photos' | 'waiting' | 'needs_sign_in'

/** What only the leading worker knows: how the way to the server is. */
export type SyncReport = {
  reachable: boolean
  phase: SyncPhase
  lastContactAt: string | null
  lastError: Label | null
  /** The last whole round was answered, and nothing failed since. */
  checked: boolean
  clockSkewSeconds: number | null
  /** Documents that the server names and could not give: not on this phone, and asked for again. */
  unreadable: number
  firstSync: { done: boolean; received: number; expected: number | null }
}

export type BusMessage =
  | { kind: 'outbox_changed' }
  | { kind: 'photos_changed' }
  | { kind: 'session_changed' }
  | { kind: 'marks_changed' }
  | { kind: 'replica_changed'; database: string }
  | { kind: 'nudge'; reason: 'saved' | 'online' | 'visible' | 'asked' | 'signed_in' | 'background_sync' }
  | { kind: 'report'; report: SyncReport }
  | { kind: 'report_wanted' }
  /** A page's worker waits for the lead: whoever sends without a page gives it up. */
  | { kind: 'lead_wanted' }
  /** The service worker took the lead, because no page had it: a page's worker that waits says so now. */
  | { kind: 'sends_without_page' }

const CHANNEL = 'xunlu'

export interface Bus {
  tell(message: BusMessage): void
  /** Hear messages of the others, never one's own. Returns how to stop. */
  hear(handler: (message: BusMessage) => void): () => void
  close(): void
}

export function openBus(name = CHANNEL): Bus {
  const channel = new BroadcastChannel(name)
  return {
    tell: (message) => channel.postMessage(message),
    hear: (handler) => {
      const listener = (event: MessageEvent): void => handler(event.data as BusMessage)
      channel.addEventListener('message', listener)
      return () => channel.removeEventListener('message', listener)
    },
    close: () => channel.close(),
  }
}

let shared: Bus | null = null

/** The bus of this page or worker, opened at first use. */
export function bus(): Bus {
  shared ??= openBus()
  return shared
}
