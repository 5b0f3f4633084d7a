/** What the leading worker tells: every page of this browser what it knows, and the office how this phone stands.
 *
 * For: the SyncReport (truth panel) and POST /api/phones/report. Not for: counting on screen (store/sync-state.ts).
 * Source: promises D18, F-62, I9.
 */
import type { Bus, SyncPhase, SyncReport } from '../store/bus'
import type { KeptOutboxItem, KeptPhoto } from '../store/kept'
import type { LocalStore } from '../store/local'
import { canonicalForm, sha256Hex } from '../wire/hash'
import type { JsonObject, Label } from '../wire/types'
import { Busy, NoNetwork, Refused, SignInAgain, WrongAnswer } from './failures'
import type { Contact } from './guarded-fetch'

/** As many as the server takes. */
const MOST_NAMED = 5_000

export class Reporter {
  readonly #bus: Bus
  #report: SyncReport = {
    reachable: false, phase: 'idle', lastContactAt: null, lastError: null, checked: false, clockSkewSeconds: null, unreadable: 0,
    firstSync: { done: false, received: 0, expected: null },
  }
  constructor(bus: Bus) {
    this.#bus = bus
  }

  get current(): SyncReport {
    return this.#report
  }

  tell(change: Partial<SyncReport>): void {
    this.#report = { ...this.#report, ...change }
    this.#bus.tell({ kind: 'report', report: this.#report })
  }

  phase(phase: SyncPhase): void {
    if (this.#report.phase !== phase) this.tell({ phase })
  }

  /** Every answer of our server is a contact; told only when it says something new, not at each of a hundred calls. */
  contact({ at, serverTime }: Contact): void {
    const clockSkewSeconds = serverTime === null ? this.#report.clockSkewSeconds : Math.round((at.getTime() - serverTime.getTime()) / 1000)
    const isNews = !this.#report.reachable || Math.abs((clockSkewSeconds ?? 0) - (this.#report.clockSkewSeconds ?? 0)) > 2 || this.#report.lastContactAt === null ||
      at.getTime() - Date.parse(this.#report.lastContactAt) > 5_000
    if (isNews) this.tell({ reachable: true, lastContactAt: at.toISOString(), clockSkewSeconds })
  }
}

/** In the words of the person: what happened and what is safe. */
export function wordsFor(error: unknown): Label {
  if (error instanceof SignInAgain) return { zh: '需要重新登录才能发送。已记录的都在本机', en: 'Sign in again to send. Everything recorded is on this phone' }
  if (error instanceof NoNetwork && error.why === 'not_our_server') return { zh: '这个网络要先登录，或挡住了服务器。已记录的都在本机', en: 'This network wants its own sign-in or blocks the server. Everything recorded is on this phone' }
  if (error instanceof NoNetwork) return { zh: '现在连不上服务器。已记录的都在本机，有网络后自动发送', en: 'The server cannot be reached. Everything recorded is on this phone and is sent when there is a network' }
  if (error instanceof Busy) return { zh: '服务器正忙，稍后自动再发', en: 'The server is busy. It is tried again shortly' }
  if (error instanceof Refused) return { zh: `服务器没有接受：${error.reason || error.code}`, en: `The server did not accept this: ${error.reason || error.code}` }
  if (error instanceof WrongAnswer) return { zh: '服务器的回答不完整，稍后自动再试', en: 'The answer of the server was not complete. It is tried again shortly' }
  return { zh: '同步出错，稍后自动再试。已记录的都在本机', en: 'Sync failed and is tried again shortly. Everything recorded is on this phone' }
}

/** What the office learns about this phone. */
export async function heartbeat(store: LocalStore, device: string, appVersion: string): Promise<JsonObject> {
  const { items, photos } = await store.read(['outbox', 'photos'], async (transaction) => ({
    items: await transaction.all<KeptOutboxItem>('outbox'), photos: await transaction.all<KeptPhoto>('photos'),
  }))
  const pending = items.filter((item) => item.state === 'saved' || item.state === 'sent')
  const named = items.map((item) => ({ id: item.document._id, rev: item.rev, hash: item.hash })).sort((one, other) => (one.id < other.id ? -1 : 1))
  return {
    device, app_version: appVersion, pending: pending.length,
    pending_photos: photos.filter((photo) => photo.state !== 'received').length,
    oldest_pending_at: pending.map((item) => item.savedAt).sort()[0] ?? null,
    refused: items.filter((item) => item.state === 'held').length,
    // By name, so that the office can tell what was lost should this phone forget it (promises F-05).
    records: pending.concat(items.filter((item) => item.onlyHere)).map((item) => item.document._id).slice(0, MOST_NAMED),
    photos: photos.filter((photo) => photo.state !== 'received').map((photo) => photo.sha256).slice(0, MOST_NAMED),
    pending_hash: await sha256Hex(new TextEncoder().encode(canonicalForm(named))),
  }
}
