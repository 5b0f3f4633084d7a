/** The installed shell: registers the service worker, tells when a newer version waits, opens what a notice names, subscribes to pushes,
 * asks to be woken for what waits.
 *
 * For: the only place on the page that addresses the service worker. Not for: deciding when to take it over (store/app-update.ts),
 * when to subscribe (store/push.ts), or when something waits (store/background.ts). Source: promises D15, S-27.
 */
import { SEND_TAG } from './send-tag'
import type { PushDoor, Subscription } from './store/push'
import { scriptAddress } from './trusted'

const CHECK_EVERY_MS = 3_600_000

/** `offer` is told of a newer version that waits, `reload` is asked for when one has taken over.
 * Resolves when the browser has taken the registration; a browser that refuses leaves an app that needs the network.
 */
export async function installShell(offer: (apply: () => void) => void, reload: () => void): Promise<void> {
  const workers = navigator.serviceWorker as ServiceWorkerContainer | undefined
  if (workers === undefined || import.meta.env.DEV) return
  if (await isSwitchedOff()) return removeShell(workers)
  // The first worker claims this page too; only a later one means that newer code has taken over.
  let wasControlled = workers.controller !== null
  workers.addEventListener('controllerchange', () => {
    if (wasControlled) reload()
    wasControlled = true
  })
  try {
    const registration = await workers.register(scriptAddress('/sw.js'), { scope: '/', type: 'classic', updateViaCache: 'none' })
    watch(registration, offer)
    // Browsers look by themselves some time after the start; within this launch is promised.
    void checkNow(registration)
    setInterval(() => void checkNow(registration), CHECK_EVERY_MS)
    document.addEventListener('visibilitychange', () => {
      if (document.visibilityState === 'visible') void checkNow(registration)
    })
  } catch (error) {
    console.warn('the service worker was not registered; without a network the app will not open', error)
  }
}

/** Ask the browser to keep what is stored here. Returns whether it does. */
export async function keepStorage(): Promise<boolean> {
  const storage = navigator.storage as StorageManager | undefined
  if (storage?.persist === undefined) return false
  return (await storage.persisted()) || storage.persist()
}

function watch(registration: ServiceWorkerRegistration, offer: (apply: () => void) => void): void {
  const offerWaiting = (): void => {
    const waiting = registration.waiting
    // Without an active one this is the first install: there is nothing older to replace.
    if (waiting !== null && registration.active !== null) offer(() => waiting.postMessage({ kind: 'take_over' }))
  }
  offerWaiting()
  registration.addEventListener('updatefound', () => {
    const installing = registration.installing
    installing?.addEventListener('statechange', () => {
      if (installing.state === 'installed') offerWaiting()
    })
  })
}

/** Go where a tapped notice leads. */
export function followNotices(open: (path: string) => void): void {
  const workers = navigator.serviceWorker as ServiceWorkerContainer | undefined
  workers?.addEventListener('message', (event: MessageEvent) => {
    const message = event.data as { kind?: unknown; path?: unknown } | null
    if (message?.kind === 'open' && typeof message.path === 'string') open(message.path)
  })
}

/** Have the service worker woken when there is a network (sw.ts). Where the browser does not offer it, what waits goes when the app is opened. */
export async function registerBackgroundSync(): Promise<void> {
  const workers = navigator.serviceWorker as ServiceWorkerContainer | undefined
  const registration = await workers?.getRegistration('/')
  if (registration?.sync === undefined || registration.active === null) return
  try {
    await registration.sync.register(SEND_TAG)
  } catch (error) {
    console.info('the browser does not wake the app for what waits', error)
  }
}

/** The browser's side of Web Push; null where it has none. */
export function pushDoor(): PushDoor | null {
  const workers = navigator.serviceWorker as ServiceWorkerContainer | undefined
  if (workers === undefined || import.meta.env.DEV || !('PushManager' in globalThis) || !('Notification' in globalThis)) return null
  const found = async (): Promise<PushSubscription | null> => (await (await workers.getRegistration('/'))?.pushManager.getSubscription()) ?? null
  return {
    permission: () => Notification.permission,
    ask: () => Notification.requestPermission(),
    async current() {
      const subscription = await found()
      return subscription === null ? null : subscriptionOf(subscription)
    },
    async subscribe(serverKey) {
      const registration = await workers.ready
      return subscriptionOf(await registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: serverKey }))
    },
    async unsubscribe() {
      await (await found())?.unsubscribe()
    },
  }
}

function subscriptionOf(subscription: PushSubscription): Subscription {
  const { keys } = subscription.toJSON()
  const key = subscription.options.applicationServerKey
  return {
    endpoint: subscription.endpoint,
    keys: { p256dh: keys?.['p256dh'] ?? '', auth: keys?.['auth'] ?? '' },
    serverKey: key === null ? null : btoa(String.fromCharCode(...new Uint8Array(key))).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, ''),
  }
}

/** A worker that just left may have refilled its cache for this very page: what is kept goes here too. */
async function removeShell(workers: ServiceWorkerContainer): Promise<void> {
  workers.controller?.postMessage({ kind: 'leave' })
  for (const registration of await workers.getRegistrations()) await registration.unregister()
  for (const name of await caches.keys()) await caches.delete(name)
}

/** The emergency order of sw.ts: while it stands no worker is installed. */
async function isSwitchedOff(): Promise<boolean> {
  try {
    const response = await fetch('/sw-off.json', { cache: 'no-store', credentials: 'omit', redirect: 'error' })
    const order: unknown = response.ok ? await response.json() : null
    return typeof order === 'object' && order !== null && (order as { off?: unknown }).off === true
  } catch (error) {
    console.info('no order about the service worker can be had now', error)
    return false
  }
}

async function checkNow(registration: ServiceWorkerRegistration): Promise<void> {
  try {
    await registration.update()
  } catch (error) {
    console.info('no newer version could be looked for now', error)
  }
}
