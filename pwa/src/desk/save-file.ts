/** Hands a downloaded file to the browser's own download. For: exports. */
import type { Download } from './api'

const KEPT_MS = 60_000 // long enough for a slow disk; then the memory is given back

export function saveFile(file: Download): void {
  const url = URL.createObjectURL(file.blob)
  const link = document.createElement('a')
  link.href = url
  link.download = file.filename
  document.body.append(link)
  link.click()
  link.remove()
  setTimeout(() => URL.revokeObjectURL(url), KEPT_MS)
}
