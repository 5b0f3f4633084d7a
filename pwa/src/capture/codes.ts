/**
 * Reading the code on a door: by the browser's own detector where there is one, else by a decoder that is fetched when first needed.
 *
 * For: one frame in, the text of a code out. Not for: the camera (camera.ts), or what the text means (code-place.ts).
 * The decoder reads QR codes only; barcodes need the browser's detector. It is plain JavaScript: our pages may not compile WebAssembly.
 * Source: Barcode Detection API; github.com/paulmillr/qr.
 */
export type ReadCode = (video: HTMLVideoElement) => Promise<string | null>
type Detector = { detect(source: CanvasImageSource): Promise<{ rawValue: string }[]> }
type DetectorClass = { new (options: { formats: string[] }): Detector; getSupportedFormats(): Promise<string[]> }

const FORMATS = ['qr_code', 'code_128', 'code_39', 'ean_13', 'data_matrix']
// Enough for a code that fills a third of the picture; a whole frame would take a cheap phone half a second.
const LONG_SIDE_PX = 800

export async function codeReader(): Promise<ReadCode> {
  return (await native()) ?? (await ours())
}

async function native(): Promise<ReadCode | null> {
  const detectors = (globalThis as { BarcodeDetector?: DetectorClass }).BarcodeDetector
  if (detectors === undefined) return null
  try {
    const offered = await detectors.getSupportedFormats()
    const formats = FORMATS.filter((format) => offered.includes(format))
    if (!formats.includes('qr_code')) return null
    const detector = new detectors({ formats })
    return async (video) => (await detector.detect(video))[0]?.rawValue ?? null
  } catch (error) {
    console.info('the detector of this browser does not work', error)
    return null
  }
}

async function ours(): Promise<ReadCode> {
  const { default: decode } = await import('qr/decode.js')
  const canvas = document.createElement('canvas')
  return async (video) => {
    const scale = Math.min(1, LONG_SIDE_PX / Math.max(video.videoWidth, video.videoHeight, 1))
    const [width, height] = [Math.round(video.videoWidth * scale), Math.round(video.videoHeight * scale)]
    if (width === 0) return null
    Object.assign(canvas, { width, height })
    const context = canvas.getContext('2d', { willReadFrequently: true })
    if (context === null) return null
    context.drawImage(video, 0, 0, width, height)
    try {
      return decode({ width, height, data: context.getImageData(0, 0, width, height).data })
    } catch {
      // No code in this frame: that is how the decoder says it.
      return null
    }
  }
}
