/** The data key of this phone: what everything personal on it is sealed with.
 *
 * For: making it, keeping it wrapped, and having it in memory. Without a PIN it is wrapped by a key that the browser never gives out;
 * with one, by what the PIN makes, and then it is in memory only while unlocked. A phone that locked itself without having a PIN has it
 * wrapped by what the password makes (`spare`), and by that only.
 * Not for: the tries (pin.ts), when it locks (lock.ts) or sealing (boxes.ts).
 * Source: promises S-29, S-30; OWASP Password Storage (PBKDF2-SHA-256, 600,000 rounds).
 */
import { newKid, type Bytes, type DataKey } from './boxes'

export const ROUNDS = 600_000

/** `vault` / "key". */
export type KeptKey = { kid: string; iv: Bytes; wrapped: ArrayBuffer; spare?: KeptSpare } & ({ kind: 'open'; by: CryptoKey } | KeptSecret)
/** Opened by what somebody knows: the PIN, or after a lock of its own the password. */
export type KeptSecret = { kind: 'pin' | 'password'; salt: Bytes; rounds: number; tries: number; notBefore: number }
/** The same data key, wrapped by the password of the last sign-in. */
export type KeptSpare = { iv: Bytes; wrapped: ArrayBuffer; salt: Bytes; rounds: number }

const AES = { name: 'AES-GCM', length: 256 } as const
const USES: KeyUsage[] = ['encrypt', 'decrypt', 'wrapKey', 'unwrapKey']

/** A new data key, wrapped by the browser's own keeping. */
export async function newKey(): Promise<{ kept: KeptKey; key: DataKey }> {
  const kid = newKid()
  const iv = nonce()
  const [raw, by] = await Promise.all([crypto.subtle.generateKey(AES, true, USES), crypto.subtle.generateKey(AES, false, ['wrapKey', 'unwrapKey'])])
  const wrapped = await crypto.subtle.wrapKey('raw', raw, by, { name: 'AES-GCM', iv })
  const kept: KeptKey = { kind: 'open', kid, iv, wrapped, by }
  return { kept, key: { kid, key: await unwrapped(kept, by, false) } }
}

/** Null when only a PIN or the password opens it. */
export async function openKey(kept: KeptKey): Promise<DataKey | null> {
  return kept.kind === 'open' ? { kid: kept.kid, key: await unwrapped(kept, kept.by, false) } : null
}

/** The same data key, from now on opened by this PIN only. */
export async function withPin(kept: KeptKey & { kind: 'open' }, pin: string, rounds = ROUNDS): Promise<KeptKey & KeptSecret> {
  return { kind: 'pin', kid: kept.kid, ...(await wrappedBy(kept, pin, rounds)), ...spareOf(kept), tries: 0, notBefore: 0 }
}

/** As it is, and the password of this sign-in would open it too. */
export async function withSpare(kept: KeptKey & { kind: 'open' }, password: string, rounds = ROUNDS): Promise<KeptKey> {
  return { ...kept, spare: await wrappedBy(kept, password, rounds) }
}

/** The same data key, opened by the browser's own keeping. Raises OperationError when the PIN or password is wrong. */
export async function withoutSecret(kept: KeptKey & KeptSecret, secret: string): Promise<KeptKey & { kind: 'open' }> {
  const raw = await unwrapped(kept, await secretKey(secret, kept.salt, kept.rounds), true)
  const by = await crypto.subtle.generateKey(AES, false, ['wrapKey', 'unwrapKey'])
  const iv = nonce()
  return { kind: 'open', kid: kept.kid, iv, wrapped: await crypto.subtle.wrapKey('raw', raw, by, { name: 'AES-GCM', iv }), by, ...spareOf(kept) }
}

/** Null when the PIN or password is wrong. */
export async function openWithSecret(kept: KeptKey & KeptSecret, secret: string): Promise<DataKey | null> {
  try {
    return { kid: kept.kid, key: await unwrapped(kept, await secretKey(secret, kept.salt, kept.rounds), false) }
  } catch (error) {
    if (error instanceof Error && error.name === 'OperationError') return null
    throw error
  }
}

async function wrappedBy(kept: KeptKey & { kind: 'open' }, secret: string, rounds: number): Promise<KeptSpare> {
  const salt = crypto.getRandomValues(new Uint8Array(16))
  const iv = nonce()
  const [raw, by] = await Promise.all([unwrapped(kept, kept.by, true), secretKey(secret, salt, rounds)])
  return { iv, wrapped: await crypto.subtle.wrapKey('raw', raw, by, { name: 'AES-GCM', iv }), salt, rounds }
}

const spareOf = ({ spare }: KeptKey): { spare?: KeptSpare } => (spare === undefined ? {} : { spare })

async function secretKey(secret: string, salt: Bytes, iterations: number): Promise<CryptoKey> {
  const base = await crypto.subtle.importKey('raw', new TextEncoder().encode(secret), 'PBKDF2', false, ['deriveKey'])
  return crypto.subtle.deriveKey({ name: 'PBKDF2', hash: 'SHA-256', salt, iterations }, base, AES, false, ['wrapKey', 'unwrapKey'])
}

function unwrapped(kept: { wrapped: ArrayBuffer; iv: Bytes }, by: CryptoKey, extractable: boolean): Promise<CryptoKey> {
  return crypto.subtle.unwrapKey('raw', kept.wrapped, by, { name: 'AES-GCM', iv: kept.iv }, AES, extractable, USES)
}

function nonce(): Bytes {
  return crypto.getRandomValues(new Uint8Array(12))
}
