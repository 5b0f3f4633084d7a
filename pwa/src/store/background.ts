/** Asks the browser to wake the app's service worker when there is a network, for what waits here while no page is left to send it.
 *
 * For: main.ts, once. Not for: asking the browser itself (shell.ts), or sending (sync/background-send.ts).
 */
import { derived } from 'svelte/store'
import { outbox } from './outbox'
import { photoStates } from './photos'
import { sealedWork } from './sealed-work'

const isUnsent = derived([outbox, photoStates, sealedWork], ([items, photos, sealed]) => {
  const waits = items.some((item) => item.state === 'saved' || item.state === 'sent')
  return waits || [...photos.values()].some((photo) => photo.state !== 'received' && photo.problem === undefined) || sealed.records + sealed.photos > sealed.refused.length
})

/** `register` is called as soon as something waits, and again when the page goes out of sight while something still does:
 * by then the browser may have given up on the first. */
export function askForBackgroundSync(register: () => Promise<void>): void {
  let waits = false
  isUnsent.subscribe((now) => {
    if (now && !waits) void register()
    waits = now
  })
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'hidden' && waits) void register()
  })
}
