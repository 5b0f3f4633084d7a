/** The truth badge's facts: what is saved, sent, received and held, and how the line is.
 *
 * For: counting from the outbox, the photos and the receipts on this phone, joined with the leading worker's report.
 * Not for: words (words/). "All received" is said only when nothing waits and the last round was answered (promises I9, D18).
 */
import { derived, readable, writable, type Readable } from 'svelte/store'
import { dayOf } from '../ledger/days'
import type { Label } from '../wire/types'
import { bus, type SyncPhase, type SyncReport } from './bus'
import { minute } from './clock'
import { noteFirstSync } from './documents'
import type { KeptReceipt } from './kept'
import { local } from './local'
import { outbox, type OutboxItem } from './outbox'
import { photoStates, type PhotoState } from './photos'
import { loadSealedWork, sealedWork } from './sealed-work'
import { session, timeZone } from './session'

export type SyncState = {
  online: boolean
  reachable: boolean
  phase: SyncPhase
  saved: number
  sent: number
  received: number
  held: number
  photosSaved: number
  photosSending: number
  photosReceived: number
  photoBytesLeft: number
  lastContactAt: string | null
  lastError: Label | null
  allReceived: boolean
  clockSkewSeconds: number | null
  /** Records and photos of another person, which only the server can open. */
  sealed: number
  unreadable: number
}

const SILENT: SyncReport = {
  reachable: false, phase: 'idle', lastContactAt: null, lastError: null, checked: false, clockSkewSeconds: null, unreadable: 0,
  firstSync: { done: false, received: 0, expected: null },
}

const report = writable<SyncReport>(SILENT)
const receivedAt = writable<readonly string[]>([])

const online = readable(isOnline(), (set) => {
  const update = (): void => set(isOnline())
  globalThis.addEventListener?.('online', update)
  globalThis.addEventListener?.('offline', update)
  return () => {
    globalThis.removeEventListener?.('online', update)
    globalThis.removeEventListener?.('offline', update)
  }
})

export const syncState: Readable<SyncState> = derived(
  [outbox, photoStates, report, receivedAt, online, session, minute, sealedWork],
  ([items, photos, told, received, isOnlineNow, who, now, sealed]) => {
    const today = dayOf(now, timeZone())
    const receivedToday = received.filter((at) => dayOf(at, timeZone()) === today).length
    return describe(items, [...photos.values()], receivedToday, who?.state === 'expired' ? { ...told, phase: 'needs_sign_in' } : told, isOnlineNow, sealed.records + sealed.photos)
  },
)

/** Ask the leading worker, in whatever tab it is, for a round now. */
export function syncNow(): void {
  bus().tell({ kind: 'nudge', reason: 'asked' })
}

/** Follow the worker's report and the receipts. Called once, by boot.ts. */
export async function loadSyncState(): Promise<void> {
  bus().hear((message) => {
    if (message.kind === 'report') {
      report.set(message.report)
      noteFirstSync(message.report.firstSync)
    }
    if (message.kind === 'outbox_changed') void readReceipts()
  })
  globalThis.addEventListener?.('online', () => bus().tell({ kind: 'nudge', reason: 'online' }))
  globalThis.document?.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'visible') bus().tell({ kind: 'nudge', reason: 'visible' })
  })
  bus().tell({ kind: 'report_wanted' })
  await Promise.all([readReceipts(), loadSealedWork()])
}

/** Pure: the truth from what is on this phone and what the worker told. */
export function describe(items: readonly OutboxItem[], photos: readonly PhotoState[], received: number, told: SyncReport, isOnlineNow: boolean, sealed = 0): SyncState {
  const count = (state: OutboxItem['state']): number => items.filter((item) => item.state === state).length
  const left = photos.filter((photo) => photo.state !== 'received')
  const reachable = isOnlineNow && told.reachable
  return {
    online: isOnlineNow,
    reachable,
    phase: told.phase,
    saved: count('saved'),
    sent: count('sent'),
    // From the receipts kept: an item that has one and still waits for its document to come back is already among them.
    received,
    held: count('held'),
    photosSaved: photos.filter((photo) => photo.state === 'saved').length,
    photosSending: photos.filter((photo) => photo.state === 'sending').length,
    photosReceived: photos.filter((photo) => photo.state === 'received').length,
    photoBytesLeft: left.reduce((sum, photo) => sum + photo.bytes - photo.sent, 0),
    lastContactAt: told.lastContactAt,
    lastError: told.lastError,
    allReceived: reachable && told.checked && told.phase !== 'needs_sign_in' && items.every((item) => item.state === 'received') && left.length === 0 && sealed === 0,
    clockSkewSeconds: told.clockSkewSeconds,
    sealed,
    unreadable: told.unreadable,
  }
}

async function readReceipts(): Promise<void> {
  const kept = await local.read(['receipts'], (transaction) => transaction.heads<Pick<KeptReceipt, 'receivedAt'>>('receipts'))
  receivedAt.set(kept.map((receipt) => receipt.receivedAt))
}

function isOnline(): boolean {
  return globalThis.navigator?.onLine ?? true
}
