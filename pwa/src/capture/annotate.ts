/**
 * Marks on a copy of a photo: arrows, circles and words that can be read in the sun.
 *
 * For: drawing them, on screen and into the copy. The original is never touched; the copy names it.
 * Not for: the screen itself (parts/PhotoAnnotate), or hashing (store/photos).
 */
import { withinLimits, type FrameLimits, type FrameSize } from './frame'
import type { Point } from './signature'

export type Tool = 'arrow' | 'circle' | 'text'
/** In shares of the picture's width and height, so that one mark fits the screen and the copy. */
export type Mark = { tool: Tool; colour: Colour; from: Point; to: Point; text: string }

/** Each ink has an edge of the opposite brightness: one of both stands out on any ground. */
export const COLOURS = { red: ['#ff1f1f', '#ffffff'], yellow: ['#ffe600', '#000000'], blue: ['#0a4dff', '#ffffff'] } as const
export type Colour = keyof typeof COLOURS
export const COLOUR_NAMES = Object.keys(COLOURS) as Colour[]

const LINE = 0.008
const EDGE = 1.8
const HEAD = 0.05
const TEXT = 0.05
const LEAST = 0.02

/** A tap is no arrow. Words need no length. */
export function isMark({ tool, from, to, text }: Mark): boolean {
  return tool === 'text' ? text.trim() !== '' : Math.hypot(to.x - from.x, to.y - from.y) >= LEAST
}

/** The two ends of the head of an arrow, in pixels. */
export function arrowHead(from: Point, to: Point, length: number): [Point, Point] {
  const angle = Math.atan2(to.y - from.y, to.x - from.x)
  const end = (turn: number): Point => ({ x: to.x - length * Math.cos(angle + turn), y: to.y - length * Math.sin(angle + turn) })
  return [end(0.5), end(-0.5)]
}

export function drawMarks(context: CanvasRenderingContext2D, marks: readonly Mark[], { width, height }: FrameSize): void {
  const unit = Math.max(width, height)
  context.lineCap = 'round'
  context.lineJoin = 'round'
  for (const { tool, colour, from, to, text } of marks) {
    const [start, end] = [from, to].map(({ x, y }) => ({ x: x * width, y: y * height })) as [Point, Point]
    const [ink, edge] = COLOURS[colour]
    // The edge first and wider, the ink over it.
    for (const [style, widthPx] of [[edge, unit * LINE * EDGE], [ink, unit * LINE]] as const) {
      context.strokeStyle = style
      context.lineWidth = widthPx
      if (tool === 'text') {
        context.font = `700 ${Math.round(unit * TEXT)}px system-ui, "PingFang SC", "Noto Sans SC", sans-serif`
        context.textBaseline = 'middle'
        if (style === edge) context.strokeText(text, start.x, start.y)
        context.fillStyle = ink
        if (style === ink) context.fillText(text, start.x, start.y)
        continue
      }
      context.beginPath()
      if (tool === 'circle') context.ellipse((start.x + end.x) / 2, (start.y + end.y) / 2, Math.abs(end.x - start.x) / 2, Math.abs(end.y - start.y) / 2, 0, 0, 2 * Math.PI)
      else {
        const [left, right] = arrowHead(start, end, unit * HEAD)
        context.moveTo(start.x, start.y)
        context.lineTo(end.x, end.y)
        context.moveTo(left.x, left.y)
        context.lineTo(end.x, end.y)
        context.lineTo(right.x, right.y)
      }
      context.stroke()
    }
  }
}

/** The copy: the picture with its marks, as JPEG within the limits of a shot. */
export async function annotatedCopy(picture: HTMLImageElement, marks: readonly Mark[], limits: FrameLimits): Promise<Blob> {
  return withinLimits({ width: picture.naturalWidth, height: picture.naturalHeight }, limits, (size, quality) => {
    const canvas = document.createElement('canvas')
    Object.assign(canvas, size)
    const context = canvas.getContext('2d')
    if (context === null) throw new Error('this browser cannot draw')
    context.drawImage(picture, 0, 0, size.width, size.height)
    drawMarks(context, marks, size)
    return new Promise((resolve, reject) => canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error('this browser could not encode the copy'))), 'image/jpeg', quality))
  })
}
