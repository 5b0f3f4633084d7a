/** A newer version of the app that has been downloaded and waits to take over. */
import { writable, type Readable } from 'svelte/store'

const waiting = writable<(() => void) | null>(null)

/** Takes the newer version over and reloads; null while none waits. */
export const updateReady: Readable<(() => void) | null> = { subscribe: waiting.subscribe }

/** Called by whoever registers the service worker, once a newer one has been installed. */
export function offerUpdate(apply: () => void): void {
  waiting.set(apply)
}
