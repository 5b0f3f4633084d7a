/** Tests run in Node on fake-indexeddb; what needs a real browser is in the repository's tests/e2e. */
import { svelte } from '@sveltejs/vite-plugin-svelte'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  plugins: [svelte()],
  define: { __APP_VERSION__: JSON.stringify('test') },
  resolve: { conditions: ['browser'] },
  test: { include: ['tests/**/*.test.ts'], environment: 'node', testTimeout: 10_000, setupFiles: ['tests/setup.ts'] },
})
