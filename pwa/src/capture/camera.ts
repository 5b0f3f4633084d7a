/**
 * The camera of the phone: opened, its torch, its other side, and closed whenever nobody looks.
 *
 * For: one stream at a time. Not for: drawing (parts/CameraSheet), pictures (frame.ts), codes (codes.ts).
 * Source: Media Capture and Streams; MediaStream Image Capture, `torch`.
 */
export type Side = 'environment' | 'user'
export type Failure = 'refused' | 'failed'

// A little more than what is kept: a larger stream opens slower and heats the phone.
const WIDTH_PX = 1920
const HEIGHT_PX = 1440

export class Camera {
  readonly side: Side
  readonly stream: MediaStream
  readonly #track: MediaStreamTrack | undefined

  private constructor(side: Side, stream: MediaStream) {
    this.side = side
    this.stream = stream
    this.#track = stream.getVideoTracks()[0]
  }

  static isOffered(): boolean {
    return 'mediaDevices' in navigator && typeof navigator.mediaDevices?.getUserMedia === 'function'
  }

  /** Raises what getUserMedia raises; failureOf() names it. */
  static async open(side: Side): Promise<Camera> {
    return new Camera(side, await navigator.mediaDevices.getUserMedia({ audio: false, video: { facingMode: { ideal: side }, width: { ideal: WIDTH_PX }, height: { ideal: HEIGHT_PX } } }))
  }

  get hasTorch(): boolean {
    const capabilities = this.#track?.getCapabilities?.() as (MediaTrackCapabilities & { torch?: boolean }) | undefined
    return capabilities?.torch === true
  }

  /** Whether the light is now as asked. */
  async light(on: boolean): Promise<boolean> {
    try {
      await this.#track?.applyConstraints({ advanced: [{ torch: on } as MediaTrackConstraintSet] })
      return true
    } catch (error) {
      console.warn('the torch did not answer', error)
      return false
    }
  }

  /** Called when the phone takes the camera away, for a call for instance. */
  onEnded(ended: () => void): void {
    this.#track?.addEventListener('ended', ended)
  }

  close(): void {
    for (const track of this.stream.getTracks()) track.stop()
  }
}

/** How many cameras there are: known only after one was opened. */
export async function cameraCount(): Promise<number> {
  const devices = await navigator.mediaDevices.enumerateDevices()
  return devices.filter((device) => device.kind === 'videoinput').length
}

export function failureOf(error: unknown): Failure {
  return error instanceof DOMException && (error.name === 'NotAllowedError' || error.name === 'SecurityError') ? 'refused' : 'failed'
}
