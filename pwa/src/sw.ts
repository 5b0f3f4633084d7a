/// <reference lib="webworker" />
/** The service worker: the hashed shell, and nothing else.
 *
 * For: opening the app without a network. Every file of one build is fetched with its hash, kept under that build's name and
 * served until the next build is here whole; a portal page can never be kept as our code.
 * Not for: /api, /db, /media (never touched, never kept) or deciding when a newer version takes over (shell.ts).
 * Off switch: write `{"off": true}` into the served `/sw-off.json`. At its next start with a network the app's worker deletes what
 * it kept and unregisters itself, and none is registered while the order stands (shell.ts): the app comes straight from the
 * server. Data on the phone is not touched.
 * Source: promises D15, S-27.
 */
import { cleanupOutdatedCaches, createHandlerBoundToURL, precache, addRoute } from 'workbox-precaching'

declare const self: ServiceWorkerGlobalScope & { __WB_MANIFEST: { url: string; revision: string | null; integrity?: string }[] }

/** Paths of the server. Whatever else a page navigates to is drawn by the app. */
const SERVER_PATH = /^\/(api|db|media|healthz|readyz|metrics)(\/|$)/
const OFF_SWITCH = '/sw-off.json'

precache(self.__WB_MANIFEST)
cleanupOutdatedCaches()
const shell = createHandlerBoundToURL('/index.html')

self.addEventListener('fetch', (event) => {
  if (event.request.mode !== 'navigate') return
  const url = new URL(event.request.url)
  if (url.origin !== self.location.origin || SERVER_PATH.test(url.pathname)) return
  event.waitUntil(obeyOffSwitch())
  event.respondWith(shell({ event, request: event.request, url }))
})
// After the navigation above: the first listener that answers wins. Exact files only, no guessing of `index.html` for other paths.
addRoute({ directoryIndex: '', cleanURLs: false })

self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()))
self.addEventListener('message', (event: ExtendableMessageEvent) => {
  if ((event.data as { kind?: unknown } | null)?.kind === 'take_over') event.waitUntil(self.skipWaiting())
})

/** Look once per start of the app, without holding it up. */
async function obeyOffSwitch(): Promise<void> {
  let response: Response
  try {
    response = await fetch(OFF_SWITCH, { cache: 'no-store', credentials: 'omit', redirect: 'error' })
  } catch {
    return // No network, no order.
  }
  if (!response.ok || !(response.headers.get('Content-Type') ?? '').includes('json')) return
  const order: unknown = await response.json().catch(() => null)
  if (typeof order !== 'object' || order === null || (order as { off?: unknown }).off !== true) return
  for (const name of await caches.keys()) await caches.delete(name)
  await self.registration.unregister()
}
