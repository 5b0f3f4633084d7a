/** What a receipt names: the hash of a document, and the revision a phone gives its fact.
 *
 * For: the same bytes on phone and server. Not for: photos' bytes in chunks (sync/tus.ts).
 * Source: RFC 8785; docs/architecture.md section 3; vectors in tests/vectors/receipt_hash.json.
 */
import canonicalize from 'canonicalize'
import type { Json, JsonObject } from './types'

/** Lowercase hex SHA-256 of the canonical form, without underscore members other than `_id`. */
export async function receiptHash(document: JsonObject): Promise<string> {
  const kept = Object.fromEntries(Object.entries(document).filter(([name]) => name === '_id' || !name.startsWith('_')))
  return sha256Hex(new TextEncoder().encode(canonicalForm(kept)))
}

/** A phone's only revision of a fact: sending it twice is the same revision. */
export function revisionFor(hash: string): string {
  return `1-${hash.slice(0, 32)}`
}

export function canonicalForm(value: Json): string {
  const text = canonicalize(value)
  if (text === undefined) throw new TypeError('value has no canonical JSON form')
  return text
}

export async function sha256Hex(bytes: BufferSource): Promise<string> {
  return hex(new Uint8Array(await crypto.subtle.digest('SHA-256', bytes)))
}

export async function sha256Base64(bytes: BufferSource): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
  return btoa(String.fromCharCode(...digest))
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
