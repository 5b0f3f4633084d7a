/** Who is signed in on this phone, and the two ways that changes.
 *
 * For: the live session, signing in and out. `expired` means capture goes on and sync waits for a password.
 * Not for: tokens in flight (sync/tokens.ts) or rights (the server's).
 */
import { derived, get, writable, type Readable } from 'svelte/store'
import type { Label, Me } from '../wire/types'
import { bus } from './bus'
import { DEVICE_KEY, SESSION_KEY, type KeptSession } from './kept'
import { local } from './local'
import { outbox } from './outbox'
import { photoStates } from './photos'
import { connectedNetwork } from './port'

export type Session = { me: Me; device: string; state: 'open' | 'expired' }

const current = writable<Session | null>(null)
export const session: Readable<Session | null> = { subscribe: current.subscribe }

/** Whether nothing on this phone waits for the server, so that signing out loses nothing. A photo already damaged cannot be lost again. */
export const canSignOut: Readable<boolean> = { subscribe: (...subscriber) => nothingWaits().subscribe(...subscriber) }

// Derived at its first use: outbox.ts needs this module, so its store may not exist yet while this one is read.
let waits: Readable<boolean> | null = null
function nothingWaits(): Readable<boolean> {
  waits ??= derived([outbox, photoStates], ([items, photos]) => items.length === 0 && [...photos.values()].every((photo) => photo.state === 'received' || photo.problem === 'unreadable'))
  return waits
}

const UNSENT: Label = {
  zh: '本机还有没送达的记录或照片。请连上网络，等全部送达后再换人登录或退出。',
  en: 'This phone still holds records or photos the office has not received. Connect and wait until all are received, then sign out.',
}

/** Load the session of an earlier visit and follow what other tabs do. Called once, by boot.ts. */
export async function loadSession(): Promise<void> {
  bus().hear((message) => {
    if (message.kind === 'session_changed') void readSession()
  })
  await readSession()
}

/** Sign in, or renew an expired session. Never throws. */
export async function signIn(username: string, password: string): Promise<{ ok: true } | { ok: false; code: string; message: Label }> {
  const before = get(current)
  if (before !== null && before.me.user !== username && !get(canSignOut)) {
    return { ok: false, code: 'unsent_of_another', message: UNSENT }
  }
  const device = await deviceName()
  const answer = await connectedNetwork().signIn(username, password, device)
  if (!answer.ok) return answer
  await readSession()
  bus().tell({ kind: 'session_changed' })
  bus().tell({ kind: 'nudge', reason: 'signed_in' })
  return { ok: true }
}

/** Forget the user on this phone. Raises UnsentWork while anything here has not been received. */
export async function signOut(): Promise<void> {
  if (!get(canSignOut)) throw new UnsentWork(UNSENT.zh)
  await connectedNetwork().signOut()
  await local.write(['meta', 'drafts', 'receipts', 'marks', 'photos', 'photo_bytes'], async (transaction) => {
    await transaction.remove('meta', SESSION_KEY)
    for (const store of ['drafts', 'receipts', 'marks', 'photos', 'photo_bytes'] as const) await transaction.clear(store)
  })
  current.set(null)
  bus().tell({ kind: 'session_changed' })
}

export class UnsentWork extends Error {
  override name = 'UnsentWork'
  readonly code = 'unsent_work'
  readonly label = UNSENT
}

/** A token valid now. Given the one the server just refused, a newer one. Null: sign in again. Never throws. */
export function accessToken(refused?: string): Promise<string | null> {
  return connectedNetwork().accessToken(refused)
}

/** The site's time zone: all its days are cut there, wherever the phone is. */
export function timeZone(): string {
  return get(current)?.me.projects[0]?.time_zone ?? 'Asia/Shanghai'
}

async function readSession(): Promise<void> {
  const kept = await local.read(['meta'], (transaction) => transaction.get<KeptSession>('meta', SESSION_KEY))
  current.set(kept === undefined ? null : { me: kept.me, device: kept.device, state: kept.state })
}

async function deviceName(): Promise<string> {
  const known = await local.read(['meta'], (transaction) => transaction.get<string>('meta', DEVICE_KEY))
  if (known !== undefined) return known
  const made = `dev-${Array.from(crypto.getRandomValues(new Uint8Array(6)), (byte) => byte.toString(16).padStart(2, '0')).join('')}`
  return local.write(['meta'], async (transaction) => {
    const meanwhile = await transaction.get<string>('meta', DEVICE_KEY)
    if (meanwhile !== undefined) return meanwhile
    await transaction.put('meta', made, DEVICE_KEY)
    return made
  })
}
