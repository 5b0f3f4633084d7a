/** Boxes: bytes that only a key opens. One for this phone, and where asked one more opening for the server.
 *
 * For: sealing and opening values, and wrapping a box's own key for the server. Not for: which key (keys.ts) or what is kept sealed (store/sealed-form.ts).
 * AES-256-GCM with a random 96-bit nonce each. For the server: ephemeral ECDH on P-256, HKDF-SHA-256, AES-256-GCM; the box's name is
 * bound in, so that no opening can be moved to another box. The server's half: server/sealed/opening.py, on tests/vectors/sealed.json.
 * Source: promises D13, S-30; NIST SP 800-38D; RFC 5869.
 */
import { base64Url } from '../wire/base64url'

export type Bytes = Uint8Array<ArrayBuffer>
export type DataKey = { kid: string; key: CryptoKey }
export type Box = { kid: string; iv: Bytes; data: ArrayBuffer }
/** A box with a key of its own, so that two can open it: this phone (`own`, wrapped by the data key) and the server. */
export type SharedBox = { kid: string; iv: Bytes; data: ArrayBuffer; own: { iv: Bytes; data: ArrayBuffer }; forServer?: ServerOpening }
export type ServerOpening = { kid: string; epk: Bytes; data: ArrayBuffer }
export type SealKey = { kid: string; x: string; y: string }

const AES = { name: 'AES-GCM', length: 256 } as const
const ECDH = { name: 'ECDH', namedCurve: 'P-256' } as const
const INFO = new TextEncoder().encode('xunlu sealed 1')
/** Each opening for the server has a key of its own, used once. */
const ONCE = new Uint8Array(12)

export async function seal(content: BufferSource, { kid, key }: DataKey): Promise<Box> {
  const iv = nonce()
  return { kid, iv, data: await crypto.subtle.encrypt({ name: 'AES-GCM', iv }, key, content) }
}

/** Raises OperationError when the key is another one or the bytes were changed. */
export function open(box: { iv: Bytes; data: BufferSource }, key: CryptoKey): Promise<ArrayBuffer> {
  return crypto.subtle.decrypt({ name: 'AES-GCM', iv: box.iv }, key, box.data)
}

export async function sealShared(content: BufferSource, name: string, { kid, key }: DataKey, server: SealKey | null): Promise<SharedBox> {
  const raw = crypto.getRandomValues(new Uint8Array(32))
  const [iv, wrapIv] = [nonce(), nonce()]
  const [data, wrapped, forServer] = await Promise.all([
    crypto.subtle.importKey('raw', raw, AES, false, ['encrypt']).then((own) => crypto.subtle.encrypt({ name: 'AES-GCM', iv }, own, content)),
    crypto.subtle.encrypt({ name: 'AES-GCM', iv: wrapIv }, key, raw),
    server === null ? null : openingFor(server, name, raw),
  ])
  return { kid, iv, data, own: { iv: wrapIv, data: wrapped }, ...(forServer === null ? {} : { forServer }) }
}

export async function openShared(box: SharedBox, key: CryptoKey): Promise<ArrayBuffer> {
  const own = await crypto.subtle.unwrapKey('raw', box.own.data, key, { name: 'AES-GCM', iv: box.own.iv }, AES, false, ['decrypt'])
  return open(box, own)
}

/** The opening for the server of a box that has none yet: it was made before the server's key was known. */
export async function shareWith(box: SharedBox, name: string, key: CryptoKey, server: SealKey): Promise<SharedBox> {
  const own = await crypto.subtle.unwrapKey('raw', box.own.data, key, { name: 'AES-GCM', iv: box.own.iv }, AES, true, ['decrypt'])
  return { ...box, forServer: await openingFor(server, name, await crypto.subtle.exportKey('raw', own)) }
}

async function openingFor(server: SealKey, name: string, raw: BufferSource): Promise<ServerOpening> {
  const jwk = { kty: 'EC', crv: 'P-256', x: server.x, y: server.y }
  const [theirs, ours] = await Promise.all([crypto.subtle.importKey('jwk', jwk, ECDH, false, []), crypto.subtle.generateKey(ECDH, false, ['deriveBits'])])
  const [epk, shared] = await Promise.all([
    crypto.subtle.exportKey('raw', ours.publicKey).then((exported) => new Uint8Array(exported)),
    crypto.subtle.deriveBits({ name: 'ECDH', public: theirs }, ours.privateKey, 256),
  ])
  const base = await crypto.subtle.importKey('raw', shared, 'HKDF', false, ['deriveKey'])
  const wrapping = await crypto.subtle.deriveKey({ name: 'HKDF', hash: 'SHA-256', salt: epk, info: INFO }, base, AES, false, ['encrypt'])
  const data = await crypto.subtle.encrypt({ name: 'AES-GCM', iv: ONCE, additionalData: new TextEncoder().encode(name) }, wrapping, raw)
  return { kid: server.kid, epk, data }
}

export function newKid(): string {
  return base64Url(crypto.getRandomValues(new Uint8Array(9)))
}

function nonce(): Bytes {
  return crypto.getRandomValues(new Uint8Array(12))
}
