/** Forms begun and not yet saved: values and photos, kept at each field. */
import type { Json } from '../wire/types'
import type { CapturedPhoto } from './photos'

export type Draft = { values: { [field: string]: Json }; photos: CapturedPhoto[]; updatedAt?: string }

export async function loadDraft(key: string): Promise<Draft | null> {
  void key
  return null
}
export async function saveDraft(key: string, draft: Draft): Promise<void> {
  void key, draft
}
export async function dropDraft(key: string): Promise<void> {
  void key
}
