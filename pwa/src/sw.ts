/// <reference lib="webworker" />
/** The service worker: the hashed shell, and nothing else. */
import { precache } from 'workbox-precaching'

declare const self: ServiceWorkerGlobalScope & { __WB_MANIFEST: { url: string; revision: string | null; integrity?: string }[] }

precache(self.__WB_MANIFEST)
