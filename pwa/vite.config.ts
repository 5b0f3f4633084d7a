/** How the phone and desk are built: one page, one module worker, one service worker. */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { svelte } from '@sveltejs/vite-plugin-svelte'
import { defineConfig } from 'vite'
import { VitePWA } from 'vite-plugin-pwa'

const packageFile = JSON.parse(readFileSync(new URL('./package.json', import.meta.url), 'utf8')) as { version: string }
let builtInto = 'dist'

export default defineConfig({
  plugins: [
    svelte(),
    {
      name: 'where-the-build-goes',
      configResolved(config) {
        builtInto = resolve(config.root, config.build.outDir)
      },
    },
    VitePWA({
      strategies: 'injectManifest',
      srcDir: 'src',
      filename: 'sw.ts',
      injectRegister: null,
      registerType: 'prompt',
      manifestFilename: 'manifest.webmanifest',
      manifest: {
        id: '/',
        name: '巡录',
        short_name: '巡录',
        description: '片区管家的一天：装修巡查、空置房、上门收费，没有网络也能做完。',
        lang: 'zh-CN',
        start_url: '/',
        scope: '/',
        display: 'standalone',
        categories: ['business', 'productivity'],
        theme_color: '#0b6b4f',
        background_color: '#f4f7f5',
        icons: [
          { src: '/icons/icon-192.png', sizes: '192x192', type: 'image/png' },
          { src: '/icons/icon-512.png', sizes: '512x512', type: 'image/png' },
          { src: '/icons/maskable-512.png', sizes: '512x512', type: 'image/png', purpose: 'maskable' },
        ],
        shortcuts: [
          { name: '今日待办', short_name: '今日', url: '/', icons: [{ src: '/icons/icon-192.png', sizes: '192x192' }] },
          { name: '房屋', url: '/units', icons: [{ src: '/icons/icon-192.png', sizes: '192x192' }] },
          { name: '发送情况', url: '/sync', icons: [{ src: '/icons/icon-192.png', sizes: '192x192' }] },
        ],
      },
      includeManifestIcons: false,
      injectManifest: {
        target: 'chrome87',
        // A classic script: what it imports later is within it, and not run before.
        rollupFormat: 'iife',
        globPatterns: ['**/*.{js,css,html,png,svg,webmanifest}'],
        // Every file is fetched with its hash, so a portal page can never be kept as our code (promises S-27).
        manifestTransforms: [
          async (entries) => ({
            manifest: entries.map((entry) => ({ ...entry, integrity: integrityOf(entry.url) })),
            warnings: [],
          }),
        ],
      },
    }),
  ],
  define: { __APP_VERSION__: JSON.stringify(packageFile.version) },
  build: { target: 'chrome87', sourcemap: false, manifest: true, modulePreload: { polyfill: false }, assetsInlineLimit: 0 },
  worker: { format: 'es' },
  server: {
    proxy: Object.fromEntries(
      ['/api', '/db', '/media', '/healthz'].map((path) => [path, process.env['XUNLU_DEV_SERVER'] ?? 'http://127.0.0.1:8000']),
    ),
  },
})

function integrityOf(url: string): string {
  const content = new Uint8Array(readFileSync(join(builtInto, url)))
  return `sha384-${createHash('sha384').update(content).digest('base64')}`
}
