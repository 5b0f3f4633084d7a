/** A newer version of the app that has been downloaded and waits to take over.
 *
 * For: offering it at a moment when nothing is unsent and nobody is typing. Not for: downloading it (shell.ts, sw.ts).
 */
import { derived, readable, writable, type Readable } from 'svelte/store'
import { canSignOut } from './session'

const waiting = writable<(() => void) | null>(null)

const typing = readable(false, (set) => {
  const look = (): void => set(isEditable(globalThis.document?.activeElement ?? null))
  look()
  globalThis.addEventListener?.('focusin', look)
  globalThis.addEventListener?.('focusout', look)
  return () => {
    globalThis.removeEventListener?.('focusin', look)
    globalThis.removeEventListener?.('focusout', look)
  }
})

/** Takes the newer version over and reloads; null while none waits, or while that would disturb. */
export const updateReady: Readable<(() => void) | null> = derived([waiting, canSignOut, typing], ([apply, nothingWaits, isTyping]) => (nothingWaits && !isTyping ? apply : null))

/** Called by whoever registers the service worker, once a newer one has been installed. */
export function offerUpdate(apply: () => void): void {
  waiting.set(apply)
}

function isEditable(element: Element | null): boolean {
  return element !== null && (element.matches('input, textarea, select') || (element as HTMLElement).isContentEditable)
}
