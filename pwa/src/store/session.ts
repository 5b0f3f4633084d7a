/** Who is signed in on this phone, and the two ways that changes.
 *
 * For: the live session, signing in and out. `expired` means capture goes on and sync waits for a password.
 * Not for: tokens in flight (sync/tokens.ts) or rights (the server's).
 */
import { writable, type Readable } from 'svelte/store'
import type { Label, Me } from '../wire/types'

export type Session = { me: Me; device: string; state: 'open' | 'expired' }

const current = writable<Session | null>(null)
export const session: Readable<Session | null> = { subscribe: current.subscribe }

export async function signIn(username: string, password: string): Promise<{ ok: true } | { ok: false; code: string; message: Label }> {
  void username, password
  return { ok: false, code: 'not_ready', message: { zh: '还未准备好', en: 'Not ready' } }
}

/** Whether nothing on this phone waits for the server, so that signing out loses nothing. */
export const canSignOut: Readable<boolean> = writable(true)

export async function signOut(): Promise<void> {
  current.set(null)
}
