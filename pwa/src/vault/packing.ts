/** Values as bytes, to be sealed: JSON, with the byte buffers inside it put behind.
 *
 * For: whatever the phone's database keeps. Not for: the wire.
 */
const MARK = '\u0000buffer'
/** The mark as it stands in a text. */
const MARKED = JSON.stringify(MARK)

export function pack(value: unknown): ArrayBuffer {
  const buffers: ArrayBuffer[] = []
  const text = JSON.stringify(value, (_name, member: unknown) => {
    if (!(member instanceof ArrayBuffer)) return member
    buffers.push(member)
    return { [MARK]: member.byteLength }
  })
  const head = new TextEncoder().encode(text)
  const packed = new Uint8Array(4 + head.byteLength + buffers.reduce((sum, buffer) => sum + buffer.byteLength, 0))
  new DataView(packed.buffer).setUint32(0, head.byteLength)
  packed.set(head, 4)
  let at = 4 + head.byteLength
  for (const buffer of buffers) {
    packed.set(new Uint8Array(buffer), at)
    at += buffer.byteLength
  }
  return packed.buffer
}

/** The same of a value without byte buffers; several times as fast. */
export function packJson(value: unknown): ArrayBuffer {
  const head = new TextEncoder().encode(JSON.stringify(value))
  const packed = new Uint8Array(4 + head.byteLength)
  new DataView(packed.buffer).setUint32(0, head.byteLength)
  packed.set(head, 4)
  return packed.buffer
}

export function unpack(packed: ArrayBuffer): unknown {
  const length = new DataView(packed).getUint32(0)
  const text = new TextDecoder().decode(new Uint8Array(packed, 4, length))
  let at = 4 + length
  // Looking at each member makes the reading of a large text several times as slow.
  if (!text.includes(MARKED)) return JSON.parse(text)
  const take = (bytes: number): ArrayBuffer => packed.slice(at, (at += bytes))
  // Written in the order of the text, and read in that order: an object's members come before it.
  return JSON.parse(text, (_name, member: unknown) => {
    const bytes = typeof member === 'object' && member !== null ? (member as { [MARK]?: unknown })[MARK] : undefined
    return typeof bytes === 'number' ? take(bytes) : member
  })
}
