/** One photo's way to the server: created once, sent in pieces, resumed where the server stands.
 *
 * For: tus 1.0 creation, HEAD, PATCH of 256 KiB with a checksum. Not for: which photo, and when (photo-queue.ts).
 * Source: tus.io protocol 1.0.0; promises F-42.
 */
import { sha256Base64 } from '../wire/hash'
import { failureOf } from './api'
import { NoNetwork, WrongAnswer } from './failures'
import type { Send } from './guarded-fetch'

export const CHUNK_BYTES = 256 * 1024
const TUS = { 'Tus-Resumable': '1.0.0' }

export type Upload = { url: string | null; sha256: string; mime: string; bytes: ArrayBuffer }
/** Told at every step that must be remembered: the address once it is known, and how far the server has come. */
export type Progress = (url: string, sent: number) => Promise<void>

/** Send what the server does not have yet. Resolves when it says it has every byte. */
export async function uploadPhoto(send: Send, base: string, upload: Upload, progress: Progress): Promise<void> {
  let url = upload.url
  let offset: number | null = url === null ? null : await offsetAt(send, url, upload.bytes.byteLength)
  if (url === null || offset === null) {
    url = await create(send, base, upload)
    offset = 0
  }
  // Also when nothing is left to send: the answer to the last piece may be all that was lost, and a receipt is asked for only then.
  await progress(url, offset)
  let disagreements = 0
  while (offset < upload.bytes.byteLength) {
    const chunk = upload.bytes.slice(offset, offset + CHUNK_BYTES)
    const response = await send(url, {
      method: 'PATCH',
      headers: { ...TUS, 'Content-Type': 'application/offset+octet-stream', 'Upload-Offset': String(offset), 'Upload-Checksum': `sha256 ${await sha256Base64(chunk)}` },
      body: chunk,
    })
    if (response.status === 409 || response.status === 460 || response.status === 423) {
      // Another place than we thought, a piece hurt on the way, or an older request still open: ask where it stands.
      disagreements += 1
      if (disagreements > 3) throw new NoNetwork('cut')
      const standing = await offsetAt(send, url, upload.bytes.byteLength)
      if (standing === null) throw new WrongAnswer('the upload vanished while it was being sent')
      offset = standing
    } else if (response.ok) {
      const next = naturalHeader(response, 'Upload-Offset')
      if (next === null || next <= offset || next > offset + chunk.byteLength) throw new WrongAnswer('an offset that cannot be')
      offset = next
    } else {
      throw await failureOf(response)
    }
    await progress(url, offset)
  }
}

/** How far the server has come; null when it does not know this upload (any more). */
async function offsetAt(send: Send, url: string, length: number): Promise<number | null> {
  const response = await send(url, { method: 'HEAD', headers: TUS })
  if (response.status === 404 || response.status === 410 || response.status === 403) return null
  if (!response.ok) throw await failureOf(response)
  const offset = naturalHeader(response, 'Upload-Offset')
  if (offset === null || offset > length || naturalHeader(response, 'Upload-Length') !== length) throw new WrongAnswer('an upload of another length')
  return offset
}

async function create(send: Send, base: string, upload: Upload): Promise<string> {
  const response = await send(`${base}/media/uploads`, {
    method: 'POST',
    headers: { ...TUS, 'Upload-Length': String(upload.bytes.byteLength), 'Upload-Metadata': `sha256 ${btoa(upload.sha256)},mime ${btoa(upload.mime)}` },
  })
  if (!response.ok) throw await failureOf(response)
  const location = response.headers.get('Location')
  if (response.status !== 201 || location === null) throw new WrongAnswer('an upload without an address')
  const url = new URL(location, `${base}/media/uploads`)
  // Tokens go with every request: an address elsewhere must never get one.
  if (url.origin !== new URL(base).origin) throw new WrongAnswer('an upload address on another server')
  return url.href
}

function naturalHeader(response: Response, name: string): number | null {
  const text = response.headers.get(name)
  return text !== null && /^\d{1,15}$/.test(text) ? Number(text) : null
}
