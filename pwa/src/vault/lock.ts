/** When this phone locks: with a PIN after five minutes out of sight, or when somebody asks for it; with or without one when it is
 * overdue (trust.ts) and the office does not answer for it. All its tabs together.
 *
 * For: `lockAtStart`, `followLock`, `lockNow`. A lock begins the page anew, so that nothing readable stays in its memory; forms are kept
 * as drafts at each field. Not for: opening it (pin.ts), drawing it (views/lock).
 */
import { local, type LocalStore } from '../store/local'
import type { Network } from '../store/port'
import { closeWithPassword } from './password'
import { hasPin } from './pin'
import { noteUse, overdue, readTrust } from './trust'

/** What opens it; `office`: only the server, since no password was kept here. */
export type LockedBy = 'pin' | 'password' | 'office'
type Asks = Pick<Network, 'isKnown'>

const AWAY_MS = 300_000
const LOOK_MS = 60_000
/** So long nothing was touched: what was typed last is on the disk by then. */
const QUIET_MS = 5_000
/** A dead line must not keep anybody waiting at the door. */
const ANSWER_MS = 6_000
const CHANNEL = 'xunlu-lock'

/** Whether, and by what, this phone is locked now; locked here first when it is overdue. Null: open. */
export async function lockAtStart(store: LocalStore, network: Asks, now: () => number = Date.now): Promise<LockedBy | null> {
  const [isLocked, isDue] = await Promise.all([store.isLocked(), isOverdue(store, now())])
  if (isLocked) return (await hasPin(store)) ? 'pin' : 'password'
  if (!isDue) return null
  return (await isStillDue(store, network, now)) ? close(store) : null
}

export async function lockNow(): Promise<void> {
  if (!(await hasPin(local))) return
  beginAnew()
}

export function followLock(network: Asks, now: () => number = Date.now): void {
  new BroadcastChannel(CHANNEL).addEventListener('message', () => location.reload())
  let hiddenAt: number | null = null
  let touchedAt = now()
  let timer: ReturnType<typeof setTimeout> | undefined
  const touched = (): void => {
    touchedAt = now()
    noteUse(local, touchedAt).catch((error: unknown) => console.warn('the last use could not be noted', error))
  }
  const look = (): void => void lockWhenOverdue(network, now).catch((error: unknown) => console.warn('whether this phone must lock could not be told', error))
  for (const event of ['pointerdown', 'keydown'] as const) document.addEventListener(event, touched, { passive: true })
  setInterval(() => {
    if (now() - touchedAt >= QUIET_MS) look()
  }, LOOK_MS)
  document.addEventListener('visibilitychange', () => {
    clearTimeout(timer)
    if (document.visibilityState === 'hidden') {
      hiddenAt = now()
      timer = setTimeout(() => void lockNow(), AWAY_MS)
    } else if (hiddenAt !== null && now() - hiddenAt >= AWAY_MS) void lockNow().then(look)
    else look()
  })
}

async function lockWhenOverdue(network: Asks, now: () => number): Promise<void> {
  if (!(await isOverdue(local, now())) || !(await isStillDue(local, network, now))) return
  if (!(await hasPin(local))) await close(local)
  beginAnew()
}

function beginAnew(): void {
  new BroadcastChannel(CHANNEL).postMessage('lock')
  location.reload()
}

async function close(store: LocalStore): Promise<LockedBy> {
  return (await closeWithPassword(store)) ? 'password' : 'office'
}

/** After asking the office: it may have vouched for this phone, or have ended it. */
async function isStillDue(store: LocalStore, network: Asks, now: () => number): Promise<boolean> {
  const silence = new Promise<boolean>((resolve) => setTimeout(() => resolve(false), ANSWER_MS))
  return !(await Promise.race([network.isKnown(), silence])) && (await isOverdue(store, now()))
}

async function isOverdue(store: LocalStore, now: number): Promise<boolean> {
  const trust = await readTrust(store)
  return trust !== undefined && overdue(trust, now) !== null
}
