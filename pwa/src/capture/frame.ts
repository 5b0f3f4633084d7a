/**
 * A frame of the camera as the photo it becomes: small enough to travel, and from then on the original.
 *
 * For: the size limits of the project's settings, applied once, while shooting.
 * Not for: gallery pictures, whose bytes stay as they are (gallery.ts).
 * Source: R-X-38 (long side 1600 px, 400 kB).
 */
import type { Json } from '../wire/types'

export type FrameLimits = { longSidePx: number; maxBytes: number }
export type FrameSize = { width: number; height: number }
type Encode = (size: FrameSize, quality: number) => Promise<Blob>

const LONG_SIDE_PX = 1600
const MAX_KB = 400
const QUALITIES = [0.88, 0.8, 0.7, 0.6] as const
const SMALLER = 0.8
const SMALLEST_PX = 640

export function frameLimits(settings: ReadonlyMap<string, Json>): FrameLimits {
  const figure = (key: string, otherwise: number): number => {
    const value = settings.get(key)
    return typeof value === 'number' && value > 0 ? value : otherwise
  }
  return { longSidePx: figure('photo.long_side_px', LONG_SIDE_PX), maxBytes: figure('photo.max_kb', MAX_KB) * 1000 }
}

/** The size with its long side brought down to the limit; never enlarged. */
export function fitted({ width, height }: FrameSize, longSidePx: number): FrameSize {
  const scale = Math.min(1, longSidePx / Math.max(width, height))
  return { width: Math.round(width * scale), height: Math.round(height * scale) }
}

/** Encode with falling quality, then smaller, until it fits. What still does not fit at the smallest size is taken as it is: evidence before thrift. */
export async function withinLimits(frame: FrameSize, { longSidePx, maxBytes }: FrameLimits, encode: Encode): Promise<Blob> {
  let size = fitted(frame, longSidePx)
  for (;;) {
    let blob: Blob | null = null
    for (const quality of QUALITIES) {
      blob = await encode(size, quality)
      if (blob.size <= maxBytes) return blob
    }
    const next = fitted(size, Math.max(size.width, size.height) * SMALLER)
    if (blob !== null && Math.max(next.width, next.height) < SMALLEST_PX) return blob
    size = next
  }
}

/** The picture now in `video`, as JPEG. */
export function shoot(video: HTMLVideoElement, limits: FrameLimits): Promise<Blob> {
  // Copied before the first encoding waits: the video goes on meanwhile.
  const frame = drawn(video, { width: video.videoWidth, height: video.videoHeight })
  return withinLimits(frame, limits, (size, quality) => jpeg(size.width === frame.width ? frame : drawn(frame, size), quality))
}

function drawn(source: CanvasImageSource, { width, height }: FrameSize): HTMLCanvasElement {
  const canvas = document.createElement('canvas')
  canvas.width = width
  canvas.height = height
  const context = canvas.getContext('2d')
  if (context === null || width === 0) throw new Error('the camera gave no picture')
  context.drawImage(source, 0, 0, width, height)
  return canvas
}

function jpeg(canvas: HTMLCanvasElement, quality: number): Promise<Blob> {
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error('this browser could not encode the picture'))), 'image/jpeg', quality)
  })
}
