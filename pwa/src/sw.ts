/// <reference lib="webworker" />
/** The service worker: the hashed shell, notices, and what waits when no page is there to send it.
 *
 * For: opening the app without a network. Every file of one build is fetched with its hash, kept under that build's name and
 * served until the next build is here whole; a portal page can never be kept as our code.
 * It also shows what the server pushes (push-notice.ts) and opens the screen a tapped notice names; and when the browser says that
 * there is a network again, it sends what waits (sync/background-send.ts). That code is part of this file, so that it comes with it or not
 * at all, and is run only then: whatever is wrong with it, the shell is installed and opens.
 * Not for: answering /api, /db, /media (never touched, never kept) or deciding when a newer version takes over (shell.ts).
 * Off switch: `touch $XUNLU_DATA/sw-off` (server/pwa.py). At its next start with a network the app's worker deletes what it kept
 * and unregisters itself, a worker too broken for that is replaced by one that only leaves, and none is registered while the
 * order stands (shell.ts): the app comes straight from the server. Data on the phone is not touched.
 * Source: promises D15, S-27; Web Background Synchronization, 3.5 (one-shot sync).
 */
import { noticeOf, pathOf } from './push-notice'
import { SEND_TAG } from './send-tag'
import { cleanupOutdatedCaches, createHandlerBoundToURL, precache, addRoute } from 'workbox-precaching'

declare const self: ServiceWorkerGlobalScope & { __WB_MANIFEST: { url: string; revision: string | null; integrity?: string }[] }

/** Paths of the server. Whatever else a page navigates to is drawn by the app. */
const SERVER_PATH = /^\/(api|db|media|healthz|readyz|metrics)(\/|$)/
const OFF_SWITCH = '/sw-off.json'

precache(self.__WB_MANIFEST)
cleanupOutdatedCaches()
const shell = createHandlerBoundToURL('/index.html')

// Told to leave: from then on everything comes from the server, and nothing that a page still asks for is kept again.
let isLeaving = false
self.addEventListener('fetch', (event) => {
  if (isLeaving) return event.stopImmediatePropagation()
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
  const kind = (event.data as { kind?: unknown } | null)?.kind
  if (kind === 'take_over') event.waitUntil(self.skipWaiting())
  if (kind === 'leave') event.waitUntil(leave())
})

self.addEventListener('sync', (event) => {
  if (event.tag === SEND_TAG) event.waitUntil(sendWhatWaits())
})
self.addEventListener('push', (event) => {
  const notice = noticeOf(textOf(event.data))
  const options: NotificationOptions & { renotify?: boolean } = {
    body: notice.body,
    tag: notice.tag,
    renotify: notice.urgent,
    icon: '/icons/icon-192.png',
    data: { path: notice.path },
  }
  event.waitUntil(self.registration.showNotification(notice.title, options))
})
self.addEventListener('notificationclick', (event) => {
  event.notification.close()
  event.waitUntil(openScreen(pathOf((event.notification.data as { path?: unknown } | null)?.path)))
})

/** Raises when something is left: that is how the browser is told to ask again later. */
async function sendWhatWaits(): Promise<void> {
  await obeyOffSwitch()
  if (isLeaving) return
  const background = await import('./sync/background-worker')
  if (await background.sendWhatWaits()) throw new Error('something still waits for the server')
}

function textOf(data: PushMessageData | null): string | null {
  try {
    return data?.text() ?? null
  } catch (error) {
    console.warn('a push without readable text', error)
    return null
  }
}

/** In the phone's window that is open, or in a new one. */
async function openScreen(path: string): Promise<void> {
  const windows = await self.clients.matchAll({ type: 'window' })
  const phones = windows.filter((one) => !/^\/desk(\/|$)/.test(new URL(one.url).pathname))
  const phone = phones.find((one) => one.focused) ?? phones[0]
  if (phone === undefined) return void (await self.clients.openWindow(path))
  phone.postMessage({ kind: 'open', path })
  try {
    await phone.focus()
  } catch (error) {
    console.info('the window was not brought to the front', error)
  }
}

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
  await leave()
}

async function leave(): Promise<void> {
  isLeaving = true
  for (const name of await caches.keys()) await caches.delete(name)
  await self.registration.unregister()
}
