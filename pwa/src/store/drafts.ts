/** Forms begun and not yet saved: values and photos, kept at each field (promises F-09). */
import type { Json, PhotoRef } from '../wire/types'
import { local } from './local'
import type { CapturedPhoto } from './photos'

export type Draft = { values: { [field: string]: Json }; photos: CapturedPhoto[]; updatedAt?: string }
type KeptDraftPhoto = { bytes: ArrayBuffer; sha256: string; mime: string; kind: PhotoRef['kind']; takenAt: string; source: 'camera' | 'gallery' }
type KeptDraft = { values: { [field: string]: Json }; photos: KeptDraftPhoto[]; updatedAt: string }

export async function loadDraft(key: string): Promise<Draft | null> {
  const kept = await local.read(['drafts'], (transaction) => transaction.get<KeptDraft>('drafts', key))
  if (kept === undefined) return null
  const photos = kept.photos.map(({ bytes, ...photo }) => ({ ...photo, bytes: bytes.byteLength, blob: new Blob([bytes], { type: photo.mime }) }))
  return { values: kept.values, photos, updatedAt: kept.updatedAt }
}

/** Raises StorageFull when there is no room; the form on screen is then all there is. */
export async function saveDraft(key: string, draft: Draft): Promise<void> {
  const values = JSON.parse(JSON.stringify(draft.values)) as Draft['values']
  const photos = await Promise.all(draft.photos.map(async ({ blob, bytes: _bytes, ...photo }) => ({ ...photo, bytes: await blob.arrayBuffer() })))
  const kept: KeptDraft = { values, photos, updatedAt: new Date().toISOString() }
  await local.write(['drafts'], (transaction) => transaction.put('drafts', kept, key))
}

export async function dropDraft(key: string): Promise<void> {
  await local.write(['drafts'], (transaction) => transaction.remove('drafts', key))
}
