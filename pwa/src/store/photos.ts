/** Photos on this phone: their bytes, and how far each one has come.
 *
 * For: hashing at capture, keeping with the record, showing. Not for: sending (sync/photo-queue.ts) or stamping copies (capture/).
 * Source: promises.md D7, I7.
 */
import { writable, type Readable } from 'svelte/store'
import { sha256Hex } from '../wire/hash'
import type { PhotoNotes, PhotoRef } from '../wire/types'
import { bus } from './bus'
import type { KeptPhoto } from './kept'
import { local } from './local'
import { connectedNetwork } from './port'

const READ_AFTER_MS = 250
/** Where the small picture of a photo stands whose bytes were given up (store/storage.ts). */
export const thumbKey = (sha256: string): string => `thumb:${sha256}`

export type CapturedPhoto = { blob: Blob; sha256: string; bytes: number; mime: string; kind: PhotoRef['kind']; takenAt: string; source: 'camera' | 'gallery'; notes?: PhotoNotes }
/** `problem`: it will not be sent, and why: `unreadable` (its bytes are damaged on this phone) or the server's refusal. */
export type PhotoState = { state: 'saved' | 'sending' | 'received'; sent: number; bytes: number; problem?: string }

const states = writable<ReadonlyMap<string, PhotoState>>(new Map())
export const photoStates: Readable<ReadonlyMap<string, PhotoState>> = { subscribe: states.subscribe }

export async function loadPhotos(): Promise<void> {
  bus().hear((message) => {
    if (message.kind === 'photos_changed') readSoon()
  })
  await readStates()
}

/** Take a picture in: hashed now, bytes unchanged. Nothing is saved before its record is. */
export async function capturePhoto(blob: Blob, kind: PhotoRef['kind'], source: 'camera' | 'gallery', notes: PhotoNotes = {}): Promise<CapturedPhoto> {
  const sha256 = await sha256Hex(await blob.arrayBuffer())
  return { blob, sha256, bytes: blob.size, mime: blob.type, kind, takenAt: new Date().toISOString(), source, notes }
}

/** The line of a photo whose record is saved now. */
export function photoLine(photo: CapturedPhoto, user: string, now: Date): KeptPhoto {
  const { sha256, bytes, mime, kind, source, takenAt } = photo
  return { sha256, bytes, mime, kind, source, takenAt, savedAt: now.toISOString(), user, state: 'saved', sent: 0, uploadUrl: null, tries: 0 }
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
  const { photo, bytes, small } = await local.read(['photos', 'photo_bytes'], async (transaction) => {
    const [photo, bytes] = [await transaction.get<KeptPhoto>('photos', sha256), await transaction.get<ArrayBuffer>('photo_bytes', sha256)]
    return { photo, bytes, small: bytes === undefined && photo !== undefined ? await transaction.get<ArrayBuffer>('photo_bytes', thumbKey(sha256)) : undefined }
  })
  if (bytes !== undefined) return new Blob([bytes], { type: photo?.mime ?? 'image/jpeg' })
  return (await connectedNetwork().preview(sha256)) ?? (small === undefined ? null : new Blob([small], { type: 'image/jpeg' }))
}

export const reloadPhotos = readStates

/** No picture stays in this memory. */
export function forgetPictures(): void {
  for (const url of urls.values()) void url.then((made) => (made === null ? undefined : URL.revokeObjectURL(made)))
  urls.clear()
}

let isToBeRead = false
/** The worker tells of every piece of every photo: with hundreds waiting, their lines are not read for each of them. */
function readSoon(): void {
  if (isToBeRead) return
  isToBeRead = true
  setTimeout(() => {
    isToBeRead = false
    void readStates()
  }, READ_AFTER_MS)
}

async function readStates(): Promise<void> {
  const kept = await local.read(['photos'], (transaction) => transaction.all<KeptPhoto>('photos'))
  states.set(new Map(kept.map(({ sha256, state, sent, bytes, problem }) => [sha256, { state, sent, bytes, ...(problem === undefined ? {} : { problem }) }])))
}
