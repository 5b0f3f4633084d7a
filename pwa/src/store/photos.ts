/** Photos on this phone: their bytes, and how far each one has come. */
import { writable, type Readable } from 'svelte/store'
import type { PhotoRef } from '../wire/types'

export type CapturedPhoto = { blob: Blob; sha256: string; bytes: number; mime: string; kind: PhotoRef['kind']; takenAt: string; source: 'camera' | 'gallery' }
export type PhotoState = { state: 'saved' | 'sending' | 'received'; sent: number; bytes: number }

export const photoStates: Readable<ReadonlyMap<string, PhotoState>> = writable(new Map())

export async function capturePhoto(blob: Blob, kind: PhotoRef['kind'], source: 'camera' | 'gallery'): Promise<CapturedPhoto> {
  return { blob, sha256: '', bytes: blob.size, mime: blob.type, kind, takenAt: new Date().toISOString(), source }
}
export async function photoUrl(sha256: string): Promise<string | null> {
  void sha256
  return null
}
