/**
 * How a picked, shot or drawn picture becomes a captured photo of a form.
 *
 * For: deciding whether a file was shot now or comes from the gallery, its stamp, and turning a failure into words.
 * Not for: hashing or storing (store/photos), the stamp's form (capture/stamp), or drawing (PhotoField, CameraSheet).
 */
import { get } from 'svelte/store'
import { refusal, type Refused } from '../capture/gallery'
import { stampText } from '../capture/stamp'
import { capturePhoto, type CapturedPhoto } from '../store/photos'
import { session, timeZone } from '../store/session'
import type { PhotoNotes, PhotoRef } from '../wire/types'

// Browsers without a camera answer `capture` with a file chooser: an older file is then a gallery photo, and is marked so.
const SHOT_NOW_MS = 120_000

export function sourceOf(file: { lastModified: number }, throughCamera: boolean, now: number): 'camera' | 'gallery' {
  return throughCamera && now - file.lastModified < SHOT_NOW_MS ? 'camera' : 'gallery'
}

export type Captured = { ok: true; photo: CapturedPhoto } | { ok: false; refused: Refused }

/** Hash and wrap one picture. An unreadable one is answered, not thrown: the person can shoot again. */
export async function capture(blob: Blob, kind: PhotoRef['kind'], source: 'camera' | 'gallery', notes?: PhotoNotes): Promise<Captured> {
  try {
    return { ok: true, photo: await capturePhoto(blob, kind, source, notes) }
  } catch (error) {
    console.warn('photo refused', error)
    return { ok: false, refused: { why: 'unreadable' } }
  }
}

/** A shot of the camera, with the time of the shutter and its stamp beside it. `about`: unit, purpose and person. */
export async function captureShot(blob: Blob, kind: PhotoRef['kind'], about: string, at: Date): Promise<Captured> {
  return stamped(await capture(blob, kind, 'camera'), about, at)
}

/** A picked file, unless the office could not take it. */
export async function captureFile(file: File, kind: PhotoRef['kind'], about: string, throughCamera: boolean): Promise<Captured> {
  const refused = await refusal(file)
  if (refused) return { ok: false, refused }
  return stamped(await capture(file, kind, sourceOf(file, throughCamera, Date.now())), about, new Date())
}

/** An annotated copy: a photo of its own that names the original, with the original's time and stamp. */
export async function captureCopy(copy: Blob, original: CapturedPhoto): Promise<Captured> {
  const captured = await capture(copy, original.kind, original.source, { ...original.notes, copy_of: original.notes?.copy_of ?? original.sha256 })
  return captured.ok ? { ok: true, photo: { ...captured.photo, takenAt: original.takenAt } } : captured
}

function stamped(captured: Captured, about: string, at: Date): Captured {
  if (!captured.ok) return captured
  const photo = captured.photo
  const watermark_text = stampText({ at, zone: timeZone(), project: get(session)?.me.projects[0]?.name ?? '', about, sha256: photo.sha256 })
  return { ok: true, photo: { ...photo, takenAt: at.toISOString(), notes: { ...photo.notes, watermark_text } } }
}
