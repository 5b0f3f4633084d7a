/** What the database `xunlu` keeps, store by store, as it is read; on the disk most of it is sealed (sealed-form.ts).
 *
 * For: the shapes that page and worker share. Not for: reading or writing them (local.ts and the modules that own them).
 */
import type { Fact, Me, PhotoRef } from '../wire/types'

/** `meta` / "session": one signed-in user per browser. */
export type KeptSession = {
  me: Me
  device: string
  state: 'open' | 'expired'
  accessToken: string | null
  /** On this device's clock, in milliseconds. */
  accessExpiresAt: number
  refreshToken: string | null
}

/** `outbox`, by document id: leaves only on a receipt that names the same id, rev and hash. */
export type KeptOutboxItem = {
  document: Fact
  hash: string
  rev: string
  user: string
  /** Where it belongs, when the page could tell from its subject; else the worker decides by area. */
  database: string | null
  savedAt: string
  state: 'saved' | 'sent' | 'received' | 'held'
  code?: string
  reason?: string
  /** Held by this phone alone: the server could not take it in, so it has no copy to release. */
  onlyHere?: true
  tries: number
}

/** `photos`, by hash; the bytes are apart in `photo_bytes`, so that listing never reads megabytes. */
export type KeptPhoto = {
  sha256: string
  bytes: number
  mime: string
  kind: PhotoRef['kind']
  source: PhotoRef['source']
  takenAt: string
  savedAt: string
  user: string
  state: 'saved' | 'sending' | 'received'
  sent: number
  uploadUrl: string | null
  tries: number
  /** The bytes cannot be read on this phone any more, or the server will never take them: said, and not tried again. */
  problem?: string
}

/** `receipts`, by document id: what the server confirmed, kept to ask again (and send again after a restore). */
export type KeptReceipt = {
  document: Fact
  hash: string
  rev: string
  user: string
  database: string | null
  receivedAt: string
}

/** `meta` / "replicas": the PouchDB databases on this phone. One that is being filled after a restore is not yet current. */
export type KeptReplica = {
  database: string
  name: string
  user: string
  epoch: string
  current: boolean
}

export const SESSION_KEY = 'session'
export const REPLICAS_KEY = 'replicas'
export const DEVICE_KEY = 'device'
export const SIGNING_KEY = 'signing_key'
/** `meta` / "seal_key": the server's public key for what is sealed to it; from /api/me. */
export const SEAL_KEY = 'seal_key'
/** `meta` / "trust": when the office or a person last vouched for whoever holds this phone (vault/trust.ts). */
export const TRUST_KEY = 'trust'
/** Receipts and received photos older than this are not asked about again. */
export const RECONCILE_DAYS = 90
