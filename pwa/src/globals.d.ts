/** The release this build belongs to; set by vite.config.ts. */
declare const __APP_VERSION__: string
