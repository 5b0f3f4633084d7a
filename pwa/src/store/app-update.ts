/** A newer version of the app that has been downloaded and waits to take over.
 *
 * For: offering it at a moment when nothing is unsent and nobody is typing; taking it at once while nobody is signed in.
 * Not for: downloading it (shell.ts, sw.ts).
 */
import { derived, readable, writable, type Readable } from 'svelte/store'
import { canSignOut, session } from './session'

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

/** At the sign-in there is nobody to ask and nothing to lose. Called once, by main.ts. */
export function updateAtTheDoor(): void {
  derived([updateReady, session], ([apply, who]) => (who === null ? apply : null)).subscribe((apply) => apply?.())
}

/** A newer version has taken over, perhaps because another tab wanted it: `act` as soon as nobody is typing here. */
export function whenNobodyTypes(act: () => void): void {
  let stop = (): void => undefined
  let acted = false
  const look = (isTyping: boolean): void => {
    if (isTyping || acted) return
    acted = true
    stop()
    act()
  }
  stop = typing.subscribe(look)
  if (acted) stop()
}

function isEditable(element: Element | null): boolean {
  return element !== null && (element.matches('input, textarea, select') || (element as HTMLElement).isContentEditable)
}
