/**
 * Room on this phone: how much is left, whether the browser may take it away, and what can be given up without losing anything.
 *
 * For: the meter, asking the browser to keep our data for good, and freeing the bytes of photos the server confirmed.
 * Not for: photos that wait (they are never offered), or noticing that something was taken away (losses.ts).
 * Source: promises F-03, F-05; Storage Standard, StorageManager.
 */
import { writable, type Readable } from 'svelte/store'
import type { KeptPhoto } from './kept'
import { local } from './local'
import { notePhotosChanged, thumbKey } from './photos'
import { picturesNamedIn } from './sealed-form'

/** `isKept`: the browser promised not to clear our data by itself. `isInstalled`: opened from the home screen, where it rarely does. */
export type Room = { used: number; free: number; isKept: boolean; isInstalled: boolean }
export type Removable = { sha256: string; bytes: number }
/** A photo whose bytes were given up keeps its line, so that nothing counts it as lost. */
type Freed = KeptPhoto & { freed?: true }
type Shrink = (bytes: ArrayBuffer, mime: string) => Promise<ArrayBuffer | null>

const THUMB_PX = 208
const THUMB_QUALITY = 0.6

const rooms = writable<Room | null>(null)
/** Null where the browser does not tell. */
export const room: Readable<Room | null> = { subscribe: rooms.subscribe }

export async function readRoom(manager: StorageManager | undefined = globalThis.navigator?.storage): Promise<void> {
  if (typeof manager?.estimate !== 'function') return
  const [{ usage, quota }, isKept] = await Promise.all([manager.estimate(), manager.persisted?.() ?? false])
  if (usage === undefined || quota === undefined) return
  rooms.set({ used: usage, free: Math.max(0, quota - usage), isKept, isInstalled: isInstalled() })
}

/** Ask the browser not to clear our data. Whether it agreed; some decide without asking the person. */
export async function askToKeep(manager: StorageManager | undefined = globalThis.navigator?.storage): Promise<boolean> {
  if (typeof manager?.persist !== 'function') return false
  const isKept = (await manager.persisted()) || (await manager.persist())
  await readRoom(manager)
  return isKept
}

/** Photos the server confirmed, the oldest first. Nothing else is ever offered. */
export async function removablePhotos(): Promise<Removable[]> {
  const photos = await local.read(['photos'], (transaction) => transaction.all<Freed>('photos'))
  return photos
    .filter(isRemovable)
    .sort((one, other) => (one.savedAt < other.savedAt ? -1 : 1))
    .map(({ sha256, bytes }) => ({ sha256, bytes }))
}

/** Give up the bytes of these photos, one by one, and keep a small picture of each. A photo that is not received by now is left alone. */
export async function freePhotos(hashes: readonly string[], shrink: Shrink = thumb, done: (photos: number) => void = () => undefined): Promise<{ photos: number; bytes: number }> {
  let photos = 0
  let freed = 0
  for (const sha256 of hashes) {
    const small = await smallOf(sha256, shrink)
    freed += await local.write(['photos', 'photo_bytes', 'drafts'], async (transaction) => {
      const photo = await transaction.get<Freed>('photos', sha256)
      if (photo === undefined || !isRemovable(photo)) return 0
      // A form that is open lists it again, as a correction does.
      if (picturesNamedIn(await transaction.heads('drafts')).has(sha256)) return 0
      await transaction.remove('photo_bytes', sha256)
      if (small !== null) await transaction.put('photo_bytes', small, thumbKey(sha256))
      await transaction.put('photos', { ...photo, freed: true } satisfies Freed)
      photos += 1
      return photo.bytes
    })
    done(photos)
  }
  await notePhotosChanged()
  await readRoom()
  return { photos, bytes: freed }
}

function isRemovable(photo: Freed): boolean {
  // The state is set by a receipt only (sync/receipts.ts).
  return photo.state === 'received' && photo.freed !== true
}

async function smallOf(sha256: string, shrink: Shrink): Promise<ArrayBuffer | null> {
  const [photo, bytes] = await local.read(['photos', 'photo_bytes'], async (transaction) => [await transaction.get<Freed>('photos', sha256), await transaction.get<ArrayBuffer>('photo_bytes', sha256)] as const)
  if (photo === undefined || bytes === undefined || !isRemovable(photo)) return null
  try {
    return await shrink(bytes, photo.mime)
  } catch (error) {
    // Without a small picture the server's preview does; room matters more here.
    console.warn('no small picture of a photo that is given up', error)
    return null
  }
}

async function thumb(bytes: ArrayBuffer, mime: string): Promise<ArrayBuffer | null> {
  const bitmap = await createImageBitmap(new Blob([bytes], { type: mime }))
  const scale = Math.min(1, THUMB_PX / Math.max(bitmap.width, bitmap.height))
  const canvas = document.createElement('canvas')
  canvas.width = Math.round(bitmap.width * scale)
  canvas.height = Math.round(bitmap.height * scale)
  canvas.getContext('2d')?.drawImage(bitmap, 0, 0, canvas.width, canvas.height)
  bitmap.close()
  const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, 'image/jpeg', THUMB_QUALITY))
  return blob === null ? null : blob.arrayBuffer()
}

function isInstalled(): boolean {
  return globalThis.matchMedia?.('(display-mode: standalone)').matches === true
}
