/** Puts sending without a page together with the service worker's browser around it.
 *
 * For: `sendWhatWaits`, which sw.ts loads when the browser asks for it, and not before. Not for: anything that could be tested elsewhere.
 */
import { openBus } from '../store/bus'
import { LocalStore } from '../store/local'
import { sendWithoutPage } from './background-send'

declare const self: ServiceWorkerGlobalScope

/** Returns whether the browser should ask again later. Key, handles and channel are given up with its end. */
export async function sendWhatWaits(): Promise<boolean> {
  const [store, bus] = [new LocalStore(), openBus()]
  const { navigator, location } = self
  try {
    return await sendWithoutPage({
      store, bus, locks: navigator.locks, fetch: self.fetch.bind(self), now: () => new Date(), base: location.origin, appVersion: __APP_VERSION__,
    })
  } finally {
    bus.close()
    await store.close()
  }
}
