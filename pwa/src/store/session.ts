/** Who is signed in on this phone, and the two ways that changes.
 *
 * For: the live session, signing in and out. `expired` means capture goes on and sync waits for a password.
 * Not for: tokens in flight (sync/tokens.ts) or rights (the server's).
 */
import { derived, get, writable, type Readable } from 'svelte/store'
import { deviceName, newDeviceName } from '../vault/device-key'
import { keepPassword } from '../vault/password'
import type { Label, Me } from '../wire/types'
import { bus } from './bus'
import { assertCanHandOver, CannotSeal, handOver } from './hand-over'
import { SESSION_KEY, type KeptSession } from './kept'
import { local } from './local'
import { forgetWaiting } from './losses'
import { outbox, reloadOutbox } from './outbox'
import { forgetPictures, photoStates, reloadPhotos } from './photos'
import { connectedNetwork } from './port'
import { sealWhatIsNot } from './sealing'
import { UNSENT } from './session-words'

export type Session = { me: Me; device: string; state: 'open' | 'expired' }

const current = writable<Session | null>(null)
export const session: Readable<Session | null> = { subscribe: current.subscribe }

/** Whether nothing on this phone waits for the server; else it is sealed when its user leaves. A photo already damaged cannot be lost again. */
export const canSignOut: Readable<boolean> = { subscribe: (...subscriber) => nothingWaits().subscribe(...subscriber) }

// Derived at its first use: outbox.ts needs this module, so its store may not exist yet while this one is read.
let waits: Readable<boolean> | null = null
function nothingWaits(): Readable<boolean> {
  waits ??= derived([outbox, photoStates], ([items, photos]) => items.length === 0 && [...photos.values()].every((photo) => photo.state === 'received' || photo.problem === 'unreadable'))
  return waits
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
  const isLocked = await local.isLocked()
  const before = isLocked ? undefined : await keptSession()
  // One name for each user: a key, once enrolled, is never replaced, and the next one cannot sign as the one before.
  const isAnother = isLocked || (before !== undefined && before.me.user !== username)
  const device = isAnother ? newDeviceName() : await deviceName(local)
  const answer = await connectedNetwork().signIn(username, password, device)
  if (!answer.ok) return answer
  await readSession()
  bus().tell({ kind: 'session_changed' })
  bus().tell({ kind: 'nudge', reason: 'signed_in' })
  // Nobody waits for it: without it a phone that locks itself asks the office instead.
  keepPassword(local, password).catch((error: unknown) => console.warn('the password was not kept as a way to open this phone', error))
  return { ok: true }
}

/** The password that opened this phone renews its session too, when that is over. */
export async function renewSession(password: string): Promise<void> {
  const kept = await keptSession()
  if (kept?.state === 'expired') await signIn(kept.me.user, password)
}

/** Forget the user on this phone. What waits is sealed to the server, and goes with whoever signs in next. Raises UnsentWork. */
export async function signOut(): Promise<void> {
  try {
    await sealWhatIsNot(local)
    await assertCanHandOver(local)
  } catch (error) {
    throw error instanceof CannotSeal ? new UnsentWork(UNSENT.zh, { cause: error }) : error
  }
  await connectedNetwork().signOut()
  await forgetUser()
}

/** Nothing of the user stays readable here. Needs neither the key nor a network. Raises CannotSeal. */
export async function forgetUser(): Promise<void> {
  await handOver(local)
  forgetWaiting()
  current.set(null)
  for (const kind of ['session_changed', 'outbox_changed', 'photos_changed'] as const) bus().tell({ kind })
  forgetPictures()
  await Promise.all([reloadOutbox(), reloadPhotos()])
}

/** What waits cannot be sealed, so its user cannot leave: the server's key was never seen on this phone. */
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

function keptSession(): Promise<KeptSession | undefined> {
  return local.read(['meta'], (transaction) => transaction.get<KeptSession>('meta', SESSION_KEY))
}

async function readSession(): Promise<void> {
  const kept = await keptSession()
  current.set(kept === undefined ? null : { me: kept.me, device: kept.device, state: kept.state })
}
