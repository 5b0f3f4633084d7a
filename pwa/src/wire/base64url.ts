/** Bytes as text in RFC 4648's URL alphabet, without padding, as JOSE writes them. */
const PIECE = 0x8000

export function base64Url(bytes: Uint8Array): string {
  return btoa(binaryText(bytes)).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '')
}

/** Raises a DOMException for what is no base64. */
export function bytesOfBase64Url(text: string): Uint8Array<ArrayBuffer> {
  return bytesOfBinaryText(atob(text.replaceAll('-', '+').replaceAll('_', '/')))
}

/** One character for each byte: a string that takes no more room than the bytes do. */
export function binaryText(bytes: Uint8Array): string {
  let text = ''
  for (let at = 0; at < bytes.length; at += PIECE) text += String.fromCharCode(...bytes.subarray(at, at + PIECE))
  return text
}

export function bytesOfBinaryText(text: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(text.length)
  for (let at = 0; at < text.length; at += 1) bytes[at] = text.charCodeAt(at)
  return bytes
}
