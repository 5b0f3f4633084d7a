/** The release this build belongs to; set by vite.config.ts. */
declare const __APP_VERSION__: string

/** Web Background Synchronization, which TypeScript's library does not have: of the browsers only Chromium does. */
interface SyncEvent extends ExtendableEvent {
  readonly tag: string
  readonly lastChance: boolean
}
interface ServiceWorkerGlobalScopeEventMap {
  sync: SyncEvent
}
interface ServiceWorkerRegistration {
  readonly sync?: { register(tag: string): Promise<void> }
}
