/**
 * Pictures chosen from the gallery: whether the office could take them, said before the record is saved.
 *
 * For: format, bytes and pixels as the server limits them (media/limits.py). The bytes themselves are never changed.
 * Not for: camera frames (frame.ts).
 */
export type Refused = { why: 'format' | 'bytes' | 'pixels' | 'unreadable'; megabytes?: number }
type Measure = (file: Blob) => Promise<{ width: number; height: number } | null>

export const MAX_BYTES = 25 * 1024 * 1024
const MAX_PIXELS = 50_000_000
const FORMATS: readonly string[] = ['image/jpeg', 'image/png', 'image/webp']

/** Why the server would refuse this picture; null when it would not. */
export async function refusal(file: Blob, measure: Measure = measured): Promise<Refused | null> {
  if (!FORMATS.includes(file.type)) return { why: 'format' }
  if (file.size > MAX_BYTES) return { why: 'bytes', megabytes: Math.ceil(file.size / 1e6) }
  const size = await measure(file)
  if (size === null) return { why: 'unreadable' }
  return size.width * size.height > MAX_PIXELS ? { why: 'pixels' } : null
}

/** An image element reads the size from the header and decodes nothing until it is drawn. */
async function measured(file: Blob): Promise<{ width: number; height: number } | null> {
  const url = URL.createObjectURL(file)
  try {
    return await new Promise((resolve) => {
      const image = new Image()
      image.onload = () => resolve({ width: image.naturalWidth, height: image.naturalHeight })
      image.onerror = () => resolve(null)
      image.src = url
    })
  } finally {
    URL.revokeObjectURL(url)
  }
}
