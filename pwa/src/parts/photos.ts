/**
 * How a picked or shot file becomes a captured photo of a form.
 *
 * For: deciding whether a file was shot now or comes from the gallery, and turning a failure into words.
 * Not for: hashing or storing (store/photos) or drawing (PhotoField, CameraSheet).
 */
import { capturePhoto, type CapturedPhoto } from '../store/photos'
import type { PhotoRef } from '../wire/types'

// Browsers without a camera answer `capture` with a file chooser: an older file is then a gallery photo, and is marked so.
const SHOT_NOW_MS = 120_000

export function sourceOf(file: { lastModified: number }, throughCamera: boolean, now: number): 'camera' | 'gallery' {
  return throughCamera && now - file.lastModified < SHOT_NOW_MS ? 'camera' : 'gallery'
}

export type Captured = { ok: true; photo: CapturedPhoto } | { ok: false }

/** Hash and wrap one picture. An unreadable one is answered, not thrown: the person can shoot again. */
export async function capture(blob: Blob, kind: PhotoRef['kind'], source: 'camera' | 'gallery'): Promise<Captured> {
  try {
    return { ok: true, photo: await capturePhoto(blob, kind, source) }
  } catch (error) {
    console.warn('photo refused', error)
    return { ok: false }
  }
}
