/** Photos to the server, oldest first, one at a time, and their bytes off this phone when that is safe.
 *
 * For: saved → sending; received is said by a receipt only (receipts.ts).
 * Not for: the protocol (tus.ts).
 * Source: promises D7, D16, F-42, F-43; I7.
 */
import type { KeptPhoto } from '../store/kept'
import type { LocalStore } from '../store/local'
import { picturesNamedIn } from '../store/sealed-form'
import { sha256Hex } from '../wire/hash'
import { Refused, WrongAnswer } from './failures'
import type { Send } from './guarded-fetch'
import { uploadPhoto } from './tus'

export type Sending = { store: LocalStore; send: Send; base: string; user: string; now: () => Date; photosChanged: () => void; goOn: () => boolean }

/** Bytes stay this long after the receipt, so that a restored server can still be given them again. */
export const KEEP_RECEIVED_DAYS = 7
const MS_PER_DAY = 86_400_000
/** A photo that fails in its own right waits longer each time, and lets the others pass. */
const TRIES_BEFORE_LAST = 3

/** Send until none is left or `goOn` says stop. Returns how many were completed. Raises what stops all of them. */
export async function sendPhotos(sending: Sending): Promise<number> {
  let completed = 0
  const photos = await waitingPhotos(sending)
  for (const photo of photos) {
    if (!sending.goOn()) break
    try {
      if (await sendPhoto(sending, photo)) completed += 1
    } catch (error) {
      if (!(error instanceof Refused) && !(error instanceof WrongAnswer)) throw error
      await remember(sending, photo.sha256, (kept) => afterFailure(kept, error))
    }
  }
  return completed
}

/** Give up the bytes of photos received long enough ago. Their line stays, so that nothing counts them as lost. */
export async function dropReceivedBytes(store: LocalStore, now: Date): Promise<number> {
  const before = new Date(now.getTime() - KEEP_RECEIVED_DAYS * MS_PER_DAY).toISOString()
  return store.write(['photos', 'photo_bytes', 'drafts'], async (transaction) => {
    const received = (await transaction.all<KeptPhoto>('photos')).filter((photo) => photo.state === 'received' && photo.savedAt < before)
    const inForms = received.length === 0 ? new Set<string>() : picturesNamedIn(await transaction.heads('drafts'))
    const old = received.filter((photo) => !inForms.has(photo.sha256))
    for (const photo of old) await transaction.remove('photo_bytes', photo.sha256)
    return old.length
  })
}

async function waitingPhotos(sending: Sending): Promise<KeptPhoto[]> {
  const photos = await sending.store.read(['photos'], (transaction) => transaction.all<KeptPhoto>('photos'))
  return photos
    .filter((photo) => photo.user === sending.user && photo.problem === undefined && photo.state !== 'received' && !(photo.state === 'sending' && photo.sent === photo.bytes))
    .sort((one, other) => Number(one.tries >= TRIES_BEFORE_LAST) - Number(other.tries >= TRIES_BEFORE_LAST) || (one.savedAt < other.savedAt ? -1 : one.savedAt > other.savedAt ? 1 : 0))
}

async function sendPhoto(sending: Sending, photo: KeptPhoto): Promise<boolean> {
  const bytes = await sending.store.read(['photo_bytes'], (transaction) => transaction.get<ArrayBuffer>('photo_bytes', photo.sha256))
  if (bytes === undefined || bytes.byteLength !== photo.bytes || (await sha256Hex(bytes)) !== photo.sha256) {
    await remember(sending, photo.sha256, (kept) => ({ ...kept, problem: 'unreadable' }))
    return false
  }
  await uploadPhoto(sending.send, sending.base, { url: photo.uploadUrl, sha256: photo.sha256, mime: photo.mime, bytes }, (uploadUrl, sent) =>
    remember(sending, photo.sha256, (kept) => ({ ...kept, state: 'sending', uploadUrl, sent })),
  )
  return true
}

function afterFailure(kept: KeptPhoto, error: Refused | WrongAnswer): KeptPhoto {
  const tries = kept.tries + 1
  // Not a photo the server takes (type, size): asking again changes nothing. Shown with its reason instead.
  if (error instanceof Refused && [400, 413, 415, 422].includes(error.status) && tries >= TRIES_BEFORE_LAST) return { ...kept, tries, problem: error.code }
  return { ...kept, tries, uploadUrl: null, sent: 0, state: 'saved' }
}

async function remember(sending: Sending, sha256: string, change: (kept: KeptPhoto) => KeptPhoto): Promise<void> {
  await sending.store.write(['photos'], async (transaction) => {
    const kept = await transaction.get<KeptPhoto>('photos', sha256)
    if (kept !== undefined && kept.state !== 'received') await transaction.put('photos', change(kept))
  })
  sending.photosChanged()
}
