/** Sends what waits while no page of the app is open, by the way out of the very round that a page's worker runs.
 *
 * For: the browser's one-shot sync (background-worker.ts, sw.ts). Not for: a page's worker, which leads as long as its page is open:
 * it gets the lead at once. A round may end anywhere, since only a receipt says that something arrived.
 * What is sealed under a PIN or a password stays untouched: the key is in nobody's memory.
 * Source: Web Background Synchronization; docs/faults.md, "Background Sync".
 */
import type { Bus } from '../store/bus'
import type { LocalStore } from '../store/local'
import { Busy, NoNetwork, Refused, SignInAgain, WrongAnswer } from './failures'
import { guardedFetch, isAbort, type Send } from './guarded-fetch'
import { LEADER_LOCK } from './leader'
import { Tokens, type Locks } from './tokens'
import { WayOut } from './way-out'

/** Browsers end such an event after some minutes; what is not sent by then goes on where it stood. */
const SEND_AT_MOST_MS = 120_000
/** A round that was ended takes no further step. Should one hang all the same, no page waits for it longer than this. */
const END_AT_MOST_MS = 1_000

export type Background = { store: LocalStore; bus: Bus; locks: Locks; fetch: typeof fetch; now: () => Date; base: string; appVersion: string }

/** Returns whether the browser should ask again later, because something may still wait. Never throws. */
export async function sendWithoutPage(background: Background): Promise<boolean> {
  const { bus, locks } = background
  const end = new AbortController()
  const silence = bus.hear((message) => {
    if (message.kind === 'lead_wanted') end.abort()
  })
  try {
    return await locks.request(LEADER_LOCK, { ifAvailable: true }, async (lock) => {
      if (lock !== null) return sendWhileLeading(background, end)
      // What waits is that page's matter, and nothing is opened here. It may be closed before it is done, so: again later.
      bus.tell({ kind: 'nudge', reason: 'background_sync' })
      return true
    })
  } finally {
    silence()
  }
}

async function sendWhileLeading(background: Background, end: AbortController): Promise<boolean> {
  // A page that asked before anybody listened here, asks again.
  background.bus.tell({ kind: 'sends_without_page' })
  const timer = setTimeout(() => end.abort(), SEND_AT_MOST_MS)
  try {
    return await Promise.race([sendAll(background, end.signal), endOf(end.signal)])
  } finally {
    clearTimeout(timer)
  }
}

async function sendAll({ store, bus, locks, fetch, now, base, appVersion }: Background, signal: AbortSignal): Promise<boolean> {
  const guarded = guardedFetch({ fetch, now, onContact: ({ epoch }) => out.noteEpoch(epoch) })
  const send: Send = (url, init = {}) => guarded(url, { ...init, signal })
  const tokens = new Tokens({ store, bus, send, locks, now: () => now().getTime(), base })
  // Pages are told how the line is by their own worker. Comparing all of the last months is theirs too.
  const out = new WayOut({ store, bus, send: tokens.authorized(), tokens, base, appVersion, now }, { phase: () => undefined }, now().getTime())
  try {
    if (await store.isLocked()) return false
    const session = await tokens.session()
    if (session === undefined) return false
    const { me } = await out.run(session, SEND_AT_MOST_MS)
    await out.report(session)
    return await out.isUnsent(me)
  } catch (error) {
    // Only a person can help, and the page that asks for the password sends by itself.
    if (error instanceof SignInAgain) return false
    const isUsual = isAbort(error) || [NoNetwork, Busy, Refused, WrongAnswer].some((kind) => error instanceof kind)
    if (!isUsual) console.error('sending without a page failed', error)
    return true
  }
}

function endOf(signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    const ended = (): unknown => setTimeout(() => resolve(true), END_AT_MOST_MS)
    if (signal.aborted) ended()
    else signal.addEventListener('abort', ended, { once: true })
  })
}
