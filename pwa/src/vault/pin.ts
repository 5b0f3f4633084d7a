/** The PIN: six digits that open the data key on this phone. Nobody needs to have one, unless the project demands it.
 *
 * For: setting, changing and giving it, with delays that rise and survive a restart; after ten wrong ones nothing readable is left.
 * The password of a phone that locked itself is given here too: its tries count alike.
 * Not for: drawing the lock (views/lock) or when the phone locks (lock.ts).
 * A try is counted before it is looked at: a phone that is killed in between gives nobody a free one.
 * Source: promises D13, S-29; issue 5; R-X-31.
 */
import { assertCanHandOver, CannotSeal, handOver } from '../store/hand-over'
import { settled } from '../store/idb'
import type { LocalStore } from '../store/local'
import { sealWhatIsNot } from '../store/sealing'
import { KEY } from '../store/transaction'
import { ROUNDS, openKey, openWithSecret, withoutSecret, withPin, type KeptKey, type KeptSecret } from './keys'
import { noteProof } from './trust'

export const PIN_DIGITS = 6
export const MOST_TRIES = 10
/** After the n-th wrong PIN, in seconds. */
const DELAYS = [0, 0, 0, 5, 15, 30, 60, 300, 900, 1800]

export type Tried = { ok: true } | { ok: false; code: 'wrong'; left: number; waitMs: number } | { ok: false; code: 'wait'; waitMs: number } | { ok: false; code: 'wiped' }

export const isPin = (text: string): boolean => /^\d{6}$/.test(text)

export async function hasPin(store: LocalStore): Promise<boolean> {
  return (await store.keptKey())?.kind === 'pin'
}

/** From now on only this PIN opens what is kept. Raises CannotSeal while work waits that a forgotten PIN would lose. */
export async function setPin(store: LocalStore, pin: string, rounds = ROUNDS): Promise<void> {
  if (!isPin(pin)) throw new RangeError('a PIN has six digits')
  await sealWhatIsNot(store)
  await assertCanHandOver(store)
  const key = await store.dataKey()
  await replaceKey(store, async (kept) => (kept.kind === 'open' ? withPin(kept, pin, rounds) : null))
  store.unlock(key)
}

/** Open with the PIN, or after a lock of its own with the password: a try counts. */
export async function unlock(store: LocalStore, secret: string, now: number): Promise<Tried> {
  const [tried, kept] = await count(store, now)
  if (kept === null) return tried
  const key = await openWithSecret(kept, secret)
  if (key === null) return kept.tries < MOST_TRIES ? tried : wiped(store, tried)
  // A password opens it for good; a PIN only here.
  await replaceKey(store, async (one) => (one.kind === 'open' ? null : one.kind === 'pin' ? { ...one, tries: 0, notBefore: 0 } : withoutSecret(one, secret)))
  await noteProof(store, now)
  store.unlock(key)
  return { ok: true }
}

/** What waits without an opening for the server stays where it is, and so does the lock. */
async function wiped(store: LocalStore, tried: Tried): Promise<Tried> {
  try {
    await handOver(store)
  } catch (error) {
    if (error instanceof CannotSeal) return tried
    throw error
  }
  return { ok: false, code: 'wiped' }
}

/** Whoever knows the PIN may do without it. Counts like any other try. */
export async function removePin(store: LocalStore, pin: string, now: number): Promise<Tried> {
  const tried = await unlock(store, pin, now)
  if (!tried.ok) return tried
  await replaceKey(store, async (kept) => (kept.kind === 'pin' ? withoutSecret(kept, pin) : null))
  const kept = await store.keptKey()
  const key = kept === undefined ? null : await openKey(kept)
  if (key !== null) store.unlock(key)
  return { ok: true }
}

/** How long until another PIN may be tried, in milliseconds. */
export async function waitMs(store: LocalStore, now: number): Promise<number> {
  const kept = await store.keptKey()
  return kept === undefined || kept.kind === 'open' ? 0 : left(kept, now)
}

/** The try that now begins, already counted; null when none may begin. */
async function count(store: LocalStore, now: number): Promise<[Tried, (KeptKey & KeptSecret) | null]> {
  return store.raw(['vault'], 'readwrite', async (transaction) => {
    const objects = transaction.objectStore('vault')
    const kept = await settled(objects.get(KEY) as IDBRequest<KeptKey | undefined>)
    if (kept === undefined || kept.kind === 'open') return [{ ok: true }, null]
    const wait = left(kept, now)
    if (wait > 0) return [{ ok: false, code: 'wait', waitMs: wait }, null]
    const tries = kept.tries + 1
    const delay = (DELAYS[tries] ?? 1800) * 1000
    const counted = { ...kept, tries, notBefore: now + delay }
    await settled(objects.put(counted, KEY))
    return [{ ok: false, code: 'wrong', left: Math.max(0, MOST_TRIES - tries), waitMs: delay }, counted]
  })
}

/** A clock that was set back does not make the wait longer than it ever is. */
function left(kept: KeptSecret, now: number): number {
  return Math.min(Math.max(0, kept.notBefore - now), (DELAYS[kept.tries] ?? 1800) * 1000)
}

/** The cryptography cannot be done within the transaction: it is done before, and holds only if nobody was faster. */
export async function replaceKey(store: LocalStore, change: (kept: KeptKey) => Promise<KeptKey | null>): Promise<void> {
  const before = await store.keptKey()
  const after = before === undefined ? null : await change(before)
  if (before === undefined || after === null) return
  await store.raw(['vault'], 'readwrite', async (transaction) => {
    const objects = transaction.objectStore('vault')
    const now = await settled(objects.get(KEY) as IDBRequest<KeptKey | undefined>)
    if (now?.kid === before.kid && now.kind === before.kind) await settled(objects.put(after, KEY))
  })
}
