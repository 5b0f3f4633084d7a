/** Forms begun and not yet saved: values and photos, kept at each field.
 *
 * For: loading, keeping and dropping one, and the list of them. Not for: when to keep one (views/form/draft-keeper.ts).
 * A photo's bytes are written once, when it is taken (photo-bytes.ts); what is kept at each field only names it.
 * Source: promises F-09.
 */
import { readonly, writable, type Readable } from 'svelte/store'
import type { Json } from '../wire/types'
import { local, StorageFailed } from './local'
import { areBytesKept, dropUnnamedBytes, putBytes } from './photo-bytes'
import type { CapturedPhoto } from './photos'

export type Draft = { values: { [field: string]: Json }; photos: CapturedPhoto[]; updatedAt?: string }
/** An older version of the app kept the bytes themselves here, not how many there are. */
type KeptDraftPhoto = Omit<CapturedPhoto, 'blob' | 'bytes'> & { bytes: number | ArrayBuffer }
type KeptDraft = { key?: string; values: { [field: string]: Json }; photos: KeptDraftPhoto[]; updatedAt: string }
/** A form that was begun: `<record type>|<subject>|<record it corrects>`, and what stands in it. */
export type Begun = { key: string; values: { [field: string]: Json }; photos: number; updatedAt: string }

const begun = writable<ReadonlyMap<string, Begun>>(new Map(), () => {
  void readBegun()
  return () => begun.set(new Map())
})
/** The photos of each form as it was last kept from here. */
const namedBefore = new Map<string, readonly string[]>()
/** Forms begun on this phone, by key. Read from the disk when somebody first looks, then kept by what is saved here. */
export const draftsBegun: Readable<ReadonlyMap<string, Begun>> = readonly(begun)

/** The record was saved, and its draft went with it in one transaction. */
export function draftEnded(key: string): void {
  namedBefore.delete(key)
  begun.update((known) => new Map([...known].filter(([one]) => one !== key)))
}

async function readBegun(): Promise<void> {
  try {
    const kept = await local.read(['drafts'], (transaction) => transaction.all<KeptDraft>('drafts'))
    const read = kept.flatMap(({ key, values, photos, updatedAt }) => (key === undefined ? [] : [[key, { key, values, photos: photos.length, updatedAt }] as const]))
    begun.update((known) => new Map([...read, ...known]))
    await dropUnnamedBytes()
  } catch (error) {
    console.warn('the forms begun on this phone could not be listed', error)
  }
}

export async function loadDraft(key: string): Promise<Draft | null> {
  return local.read(['drafts', 'photo_bytes'], async (transaction) => {
    const kept = await transaction.get<KeptDraft>('drafts', key)
    if (kept === undefined) return null
    const photos = await Promise.all(kept.photos.map(async ({ bytes, ...photo }) => {
      const found = bytes instanceof ArrayBuffer ? bytes : await transaction.get<ArrayBuffer>('photo_bytes', photo.sha256)
      if (found === undefined) console.warn('a photo of a form begun here is gone', photo.sha256)
      return found === undefined ? [] : [{ ...photo, bytes: found.byteLength, blob: new Blob([found], { type: photo.mime }) }]
    }))
    return { values: kept.values, photos: photos.flat(), updatedAt: kept.updatedAt }
  })
}

/** Raises StorageFull when there is no room; the form on screen is then all there is. */
export async function saveDraft(key: string, draft: Draft): Promise<void> {
  const values = JSON.parse(JSON.stringify(draft.values)) as Draft['values']
  const photos = draft.photos.map(({ blob: _blob, ...photo }) => photo)
  const kept: KeptDraft = { key, values, photos, updatedAt: new Date().toISOString() }
  await local.write(['drafts', 'photo_bytes'], async (transaction) => {
    await putBytes(transaction, draft.photos)
    await transaction.put('drafts', kept, key)
  })
  if (!(await areBytesKept(draft.photos))) throw new StorageFailed('the photos of a form could not be read back')
  begun.update((known) => new Map(known).set(key, { key, values, photos: photos.length, updatedAt: kept.updatedAt }))
  const named = photos.map((photo) => photo.sha256)
  const isOneGone = namedBefore.get(key)?.some((sha256) => !named.includes(sha256)) === true
  namedBefore.set(key, named)
  if (isOneGone) await dropUnnamedBytes()
}

export async function dropDraft(key: string): Promise<void> {
  await local.write(['drafts'], (transaction) => transaction.remove('drafts', key))
  draftEnded(key)
  await dropUnnamedBytes()
}
