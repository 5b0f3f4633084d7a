/** Why this phone may show what it holds: the office still knew it, or somebody proved himself, not too long ago.
 *
 * For: noting contact, use and proof, and `overdue`, which is pure. Not for: locking (lock.ts), or PIN and password (pin.ts, password.ts).
 * On this device's clock, in plain: instants say nothing about anybody, and they are asked before anything is opened.
 * Source: promises S-29 (72 hours without contact); R-X-31 (12 hours offline and unused); settings `phone.…` by `/api/me`.
 */
import { settled } from '../store/idb'
import { TRUST_KEY } from '../store/kept'
import type { LocalStore } from '../store/local'
import type { Me } from '../wire/types'

export type Trust = {
  /** The server answered this session. */
  contactAt: number
  /** A password or a PIN was given. */
  provedAt: number
  usedAt: number
  idleHours: number
  contactHours: number
}
/** `clock`: it was set back behind the last use, which would make every wait endless. */
export type Overdue = 'contact' | 'idle' | 'clock'

const HOUR_MS = 3_600_000
/** Written down no more often than this: each writing is a flush of the disk. */
const STEP_MS = 300_000
const HOURS = { idleHours: 12, contactHours: 72 }

/** Why it must lock; null while it need not. */
export function overdue(trust: Trust, now: number): Overdue | null {
  const trusted = Math.max(trust.contactAt, trust.provedAt)
  const used = Math.max(trust.usedAt, trusted)
  if (now < used - HOUR_MS) return 'clock'
  if (now - trusted >= trust.contactHours * HOUR_MS) return 'contact'
  return now - used >= trust.idleHours * HOUR_MS ? 'idle' : null
}

/** Undefined while nobody is signed in. */
export function readTrust(store: LocalStore): Promise<Trust | undefined> {
  return store.raw(['meta'], 'readonly', (transaction) => settled(transaction.objectStore('meta').get(TRUST_KEY) as IDBRequest<Trust | undefined>))
}

/** The server answered this session, and says what its projects ask of phones. */
export async function noteContact(store: LocalStore, now: number, me: Pick<Me, 'phone'>, change: Partial<Trust> = {}): Promise<void> {
  const hours = me.phone === undefined ? HOURS : { idleHours: me.phone.idle_hours, contactHours: me.phone.contact_hours }
  const known = await readTrust(store)
  const isNews = known === undefined || Math.abs(now - known.contactAt) >= STEP_MS || known.idleHours !== hours.idleHours || known.contactHours !== hours.contactHours
  if (!isNews && Object.keys(change).length === 0) return
  // Whatever stands in the future was written by a wrong clock.
  await write(store, (trust) => ({ provedAt: Math.min(trust?.provedAt ?? 0, now), usedAt: Math.min(trust?.usedAt ?? now, now), contactAt: now, ...hours, ...change }))
}

/** A touch does not put off a lock that is due already. */
export async function noteUse(store: LocalStore, now: number): Promise<void> {
  await write(store, (trust) => (trust === undefined || now - trust.usedAt < STEP_MS || overdue(trust, now) !== null ? undefined : { ...trust, usedAt: now }))
}

/** Somebody gave the PIN or the password of this phone. */
export async function noteProof(store: LocalStore, now: number): Promise<void> {
  await write(store, (trust) => (trust === undefined ? undefined : { ...trust, contactAt: Math.min(trust.contactAt, now), usedAt: now, provedAt: now }))
}

async function write(store: LocalStore, change: (trust: Trust | undefined) => Trust | undefined): Promise<void> {
  await store.raw(['meta'], 'readwrite', async (transaction) => {
    const objects = transaction.objectStore('meta')
    const next = change(await settled(objects.get(TRUST_KEY) as IDBRequest<Trust | undefined>))
    if (next !== undefined) await settled(objects.put(next, TRUST_KEY))
  })
}
