/** What the worker needs from outside, handed in so that tests hold clock, network, disk and chance still (promises D19). */
import type { Bus } from '../store/bus'
import type { LocalStore } from '../store/local'
import type { Locks, Tokens } from './tokens'
import type { Send } from './guarded-fetch'
import type { Replicas } from './replicas'

export type SyncSurroundings = {
  store: LocalStore
  bus: Bus
  /** Guarded, with a token on every call. */
  send: Send
  tokens: Tokens
  replicas: Replicas
  locks: Locks
  base: string
  appVersion: string
  now: () => Date
  random: () => number
  /** How much may still be written on this phone. */
  freeBytes: () => Promise<number>
}
