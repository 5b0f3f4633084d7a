/** Signatures of records by the key of this phone.
 *
 * For: making the pair, signing, and the text of a signature. Not for: keeping the key (device-key.ts) or the hash of a receipt (wire/hash.ts).
 * Source: contract section 4; RFC 7515, appendix F; RFC 7518, 3.4; vectors in tests/vectors/signature.json.
 */
import { base64Url, bytesOfBase64Url } from '../wire/base64url'
import { canonicalForm } from '../wire/hash'
import type { JsonObject } from '../wire/types'

export type PublicJwk = { kty: 'EC'; crv: 'P-256'; x: string; y: string }

const CURVE = { name: 'ECDSA', namedCurve: 'P-256' } as const
const HASHED = { name: 'ECDSA', hash: 'SHA-256' } as const
const HEADER = base64Url(new TextEncoder().encode('{"alg":"ES256"}'))

/** A pair whose private half never leaves the browser's own keeping. */
export async function newSigningKey(): Promise<{ privateKey: CryptoKey; publicJwk: PublicJwk }> {
  const { privateKey, publicKey } = await crypto.subtle.generateKey(CURVE, false, ['sign', 'verify'])
  const { x, y } = await crypto.subtle.exportKey('jwk', publicKey)
  if (x === undefined || y === undefined) throw new TypeError('the browser exported no point')
  return { privateKey, publicJwk: { kty: 'EC', crv: 'P-256', x, y } }
}

/** The `sig` of a document: over it without `sig` and underscore members other than `_id`. */
export function signatureOf(document: JsonObject, key: CryptoKey): Promise<string> {
  return signText(signedForm(document), key)
}

/** A compact JWS without its content. */
export async function signText(content: string, key: CryptoKey): Promise<string> {
  const signature = await crypto.subtle.sign(HASHED, key, signingInput(HEADER, content))
  return `${HEADER}..${base64Url(new Uint8Array(signature))}`
}

export async function isSignedBy(document: JsonObject, jwk: PublicJwk): Promise<boolean> {
  const [header, content, signature] = String(document['sig']).split('.')
  if (header !== HEADER || content !== '' || signature === undefined) return false
  const key = await crypto.subtle.importKey('jwk', jwk, CURVE, false, ['verify'])
  return crypto.subtle.verify(HASHED, key, bytesOfBase64Url(signature), signingInput(header, signedForm(document)))
}

function signedForm(document: JsonObject): string {
  return canonicalForm(Object.fromEntries(Object.entries(document).filter(([name]) => name === '_id' || (name !== 'sig' && !name.startsWith('_')))))
}

function signingInput(header: string, content: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(`${header}.${base64Url(new TextEncoder().encode(content))}`)
}
