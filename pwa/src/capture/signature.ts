/**
 * A signature: the strokes of a pen or a finger, and the picture they become.
 *
 * For: keeping strokes while the phone is turned, undoing them, and drawing them as a photo of the kind `signature`
 * with who signed, when and for what below the line. Who does not sign leaves a sheet with the reason instead.
 * Not for: the pad on screen (parts/SignaturePad), hashing (store/photos), or judging whether a signature was needed (the server).
 * Source: domain.md 4.4 photo, R-VAC-08, R-REP-05, R-MOV-07, R-INS-10.
 */
import type { PhotoNotes, PhotoRef, SignerRole } from '../wire/types'

export const SIGNER_ROLES: readonly SignerRole[] = ['owner', 'tenant', 'family', 'contractor', 'engineer', 'supervisor', 'colleague', 'developer', 'other']
export const UNSIGNED = ['refused', 'unable', 'absent'] as const

export type Point = { x: number; y: number }
export type Stroke = readonly Point[]
export type Size = { width: number; height: number }
/** How a page of strokes lies in a box of another shape: whole, undistorted, in its middle. */
export type Placing = { scale: number; left: number; top: number }

export const PICTURE: Size = { width: 1200, height: 600 }
/** A slip of the finger is no signature: so long must the line be, in shares of the page's width. */
const LEAST_INK = 0.12
const PEN = 0.007
const MARGIN_PX = 40
const LINE_PX = 56
const FONT = '40px system-ui, "PingFang SC", "Noto Sans SC", sans-serif'
// Ink on paper: a picture looks the same whatever theme the phone wears.
const PAPER = '#ffffff'
const INK = '#101828'
const RULE = '#98a2b3'

export function placing(page: Size, box: Size): Placing {
  const scale = Math.min(box.width / page.width, box.height / page.height)
  return { scale, left: (box.width - page.width * scale) / 2, top: (box.height - page.height * scale) / 2 }
}

/** Where a point of the box is on the page. */
export function onPage(point: Point, { scale, left, top }: Placing): Point {
  return { x: (point.x - left) / scale, y: (point.y - top) / scale }
}

/** Whether a photo came from the pad: a signature, or the sheet that says why there is none. */
export function isSignature(photo: { kind: PhotoRef['kind']; notes?: PhotoNotes }): boolean {
  return photo.kind === 'signature' || photo.notes?.signer !== undefined
}

/** Whether this can be called a signature. */
export function isSigned(strokes: readonly Stroke[], page: Size): boolean {
  return page.width > 0 && strokes.reduce((sum, stroke) => sum + lengthOf(stroke), 0) >= page.width * LEAST_INK
}

/** Draw strokes of a page into a box of the canvas, as one smooth line each. */
export function drawStrokes(context: CanvasRenderingContext2D, strokes: readonly Stroke[], page: Size, { scale, left, top }: Placing, ink: string): void {
  context.save()
  context.translate(left, top)
  context.scale(scale, scale)
  context.lineWidth = page.width * PEN
  context.lineCap = 'round'
  context.lineJoin = 'round'
  context.strokeStyle = ink
  for (const stroke of strokes) drawStroke(context, stroke)
  context.restore()
}

/** The picture of a signature: the strokes on paper, a rule, and the lines that say whose it is. PNG. */
export async function signaturePicture(strokes: readonly Stroke[], page: Size, lines: readonly string[]): Promise<Blob> {
  const sheet = new Sheet(PICTURE.height, lines)
  const box = { width: PICTURE.width - 2 * MARGIN_PX, height: PICTURE.height - MARGIN_PX }
  const { scale, left, top } = placing(page, box)
  drawStrokes(sheet.context, strokes, page, { scale, left: left + MARGIN_PX, top }, INK)
  sheet.write(PICTURE.height)
  return sheet.picture()
}

/** The sheet that stands in for a signature nobody gave: only lines. PNG. */
export async function unsignedPicture(lines: readonly string[]): Promise<Blob> {
  const sheet = new Sheet(MARGIN_PX, lines)
  sheet.write(MARGIN_PX)
  return sheet.picture()
}

/** Break text at `most` wide, between any two characters of Chinese, else between words where one fits. */
export function wrapped(text: string, most: number, width: (text: string) => number): string[] {
  const lines: string[] = []
  let line = ''
  for (const part of text.match(/[\x21-\x7e]+\s*|[^\x21-\x7e]/gu) ?? []) {
    if (line !== '' && width((line + part).trimEnd()) > most) {
      lines.push(line.trimEnd())
      line = ''
    }
    line += line === '' ? part.trimStart() : part
    while (line.length > 1 && width(line.trimEnd()) > most) {
      let fits = line.length - 1
      while (fits > 1 && width(line.slice(0, fits)) > most) fits -= 1
      lines.push(line.slice(0, fits))
      line = line.slice(fits)
    }
  }
  return line.trim() ? [...lines, line.trimEnd()] : lines
}

class Sheet {
  readonly context: CanvasRenderingContext2D
  readonly #canvas: HTMLCanvasElement
  readonly #lines: string[]

  constructor(above: number, lines: readonly string[]) {
    this.#canvas = document.createElement('canvas')
    this.context = contextOf(this.#canvas)
    this.context.font = FONT
    this.#lines = lines.flatMap((line) => wrapped(line, PICTURE.width - 2 * MARGIN_PX, (text) => this.context.measureText(text).width))
    this.#canvas.width = PICTURE.width
    this.#canvas.height = above + this.#lines.length * LINE_PX + MARGIN_PX
    this.context.fillStyle = PAPER
    this.context.fillRect(0, 0, this.#canvas.width, this.#canvas.height)
  }

  write(top: number): void {
    const { context } = this
    context.font = FONT
    context.textBaseline = 'middle'
    context.fillStyle = RULE
    context.fillRect(MARGIN_PX, top, PICTURE.width - 2 * MARGIN_PX, 2)
    context.fillStyle = INK
    this.#lines.forEach((line, index) => context.fillText(line, MARGIN_PX, top + (index + 0.75) * LINE_PX))
  }

  picture(): Promise<Blob> {
    return new Promise((resolve, reject) => {
      this.#canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error('this browser could not draw the signature'))), 'image/png')
    })
  }
}

function contextOf(canvas: HTMLCanvasElement): CanvasRenderingContext2D {
  const context = canvas.getContext('2d')
  if (context === null) throw new Error('this browser cannot draw')
  return context
}

function drawStroke(context: CanvasRenderingContext2D, stroke: Stroke): void {
  const [first] = stroke
  if (!first) return
  context.beginPath()
  context.moveTo(first.x, first.y)
  // A dot is a line without length: round ends make it visible.
  if (stroke.length === 1) context.lineTo(first.x, first.y)
  stroke.forEach((point, index) => {
    const next = stroke[index + 1]
    if (next) context.quadraticCurveTo(point.x, point.y, (point.x + next.x) / 2, (point.y + next.y) / 2)
    else context.lineTo(point.x, point.y)
  })
  context.stroke()
}

function lengthOf(stroke: Stroke): number {
  return stroke.reduce((sum, point, index) => {
    const before = stroke[index - 1]
    return before ? sum + Math.hypot(point.x - before.x, point.y - before.y) : sum
  }, 0)
}
