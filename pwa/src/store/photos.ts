/** Photos on this phone: their bytes, and how far each one has come.
 *
 * For: hashing at capture, keeping with the record, showing. Not for: sending (sync/photo-queue.ts) or stamping copies (capture/).
 * Source: promises.md D7, I7.
 */
import { writable, type Readable } from 'svelte/store'
import { sha256Hex } from '../wire/hash'
import type { PhotoRef } from '../wire/types'
import { bus } from './bus'
import type { KeptPhoto } from './kept'
import { local } from './local'
import { connectedNetwork } from './port'

export type CapturedPhoto = { blob: Blob; sha256: string; bytes: number; mime: string; kind: PhotoRef['kind']; takenAt: string; source: 'camera' | 'gallery' }
/** `problem`: it will not be sent, and why: `unreadable` (its bytes are damaged on this phone) or the server's refusal. */
export type PhotoState = { state: 'saved' | 'sending' | 'received'; sent: number; bytes: number; problem?: string }

const states = writable<ReadonlyMap<string, PhotoState>>(new Map())
export const photoStates: Readable<ReadonlyMap<string, PhotoState>> = { subscribe: states.subscribe }

export async function loadPhotos(): Promise<void> {
  bus().hear((message) => {
    if (message.kind === 'photos_changed') void readStates()
  })
  await readStates()
}

/** Take a picture in: hashed now, bytes unchanged. Nothing is saved before its record is. */
export async function capturePhoto(blob: Blob, kind: PhotoRef['kind'], source: 'camera' | 'gallery'): Promise<CapturedPhoto> {
  const sha256 = await sha256Hex(await blob.arrayBuffer())
  return { blob, sha256, bytes: blob.size, mime: blob.type, kind, takenAt: new Date().toISOString(), source }
}

/** The photos as they will be kept, with their bytes read before the transaction begins, as IndexedDB demands. */
export async function keepPhotos(photos: CapturedPhoto[], user: string, now: Date): Promise<{ kept: KeptPhoto; bytes: ArrayBuffer }[]> {
  const different = new Map(photos.map((photo) => [photo.sha256, photo]))
  return Promise.all(
    [...different.values()].map(async (photo) => ({
      kept: {
        sha256: photo.sha256, bytes: photo.bytes, mime: photo.mime, kind: photo.kind, source: photo.source, takenAt: photo.takenAt,
        savedAt: now.toISOString(), user, state: 'saved' as const, sent: 0, uploadUrl: null, tries: 0,
      },
      bytes: await photo.blob.arrayBuffer(),
    })),
  )
}

const urls = new Map<string, Promise<string | null>>()

/** An object URL of the picture: from this phone, else the server's preview. Null when neither has it now. */
export function photoUrl(sha256: string): Promise<string | null> {
  let url = urls.get(sha256)
  if (url === undefined) {
    url = findPhoto(sha256).then((blob) => {
      if (blob !== null) return URL.createObjectURL(blob)
      urls.delete(sha256) // It may come later: ask again next time.
      return null
    })
    urls.set(sha256, url)
  }
  return url
}

/** The bytes of a picture, from this phone or as the server's preview, for a form that lists it again. Null when neither has it now. */
export function photoBlob(sha256: string): Promise<Blob | null> {
  return findPhoto(sha256)
}

export async function notePhotosChanged(): Promise<void> {
  await readStates()
  bus().tell({ kind: 'photos_changed' })
}

async function findPhoto(sha256: string): Promise<Blob | null> {
  const [photo, bytes] = await local.read(['photos', 'photo_bytes'], async (transaction) => [
    await transaction.get<KeptPhoto>('photos', sha256),
    await transaction.get<ArrayBuffer>('photo_bytes', sha256),
  ])
  if (bytes !== undefined) return new Blob([bytes], { type: photo?.mime ?? 'image/jpeg' })
  return connectedNetwork().preview(sha256)
}

async function readStates(): Promise<void> {
  const kept = await local.read(['photos'], (transaction) => transaction.all<KeptPhoto>('photos'))
  states.set(new Map(kept.map(({ sha256, state, sent, bytes, problem }) => [sha256, { state, sent, bytes, ...(problem === undefined ? {} : { problem }) }])))
}
