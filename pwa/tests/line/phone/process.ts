/** One phone as a process: `node process.mjs URL [WAITS [TABS]]`. Orders are lines of JSON on stdin, answers lines on stdout.
 *
 * The page's half and the worker's half of each tab are modules of their own (build.mjs), as in a browser: all share the IndexedDB,
 * the channel and the locks, and nothing else. What a worker tells its page is heard by the pages of all tabs; each tells the same.
 */
import 'fake-indexeddb/auto'
import { createInterface } from 'node:readline'
import { locks } from '../../sync/locks'
import type { FromWorker, ToWorker } from '../../../src/store/port'

type Page = typeof import('./page')
const [, , origin = '', waits = '{}', tabs = '1'] = process.argv
const handlers: ((message: FromWorker) => void)[] = []

console.info = console.warn = console.log = () => undefined
define('location', { origin, pathname: '/', search: '', href: `${origin}/` })
define('navigator', { onLine: true, locks: locks(), userAgent: 'node', language: 'zh-CN' })
define('self', globalThis)
// A worker hears its page, which says one thing: begin, as on a phone that is not locked. A page hears its window, where nobody speaks: its
// line is the proxy's matter.
define('addEventListener', (type: string, hear: (event: { data: ToWorker }) => void) => {
  if (type === 'message') queueMicrotask(() => hear({ data: { kind: 'begin', key: null } }))
})
define('removeEventListener', () => undefined)
define('postMessage', (message: FromWorker) => handlers.forEach((handle) => handle(structuredClone(message))))
shortenWaits(JSON.parse(waits) as Record<string, number>)

const pages: Awaited<ReturnType<Page['startPage']>>[] = []
for (let tab = 0; tab < Number(tabs); tab += 1) {
  // Another address is another instance of the module.
  const half = (name: string): string => new URL(`./${name}.mjs?tab=${tab}`, import.meta.url).href
  const { startPage } = (await import(half('page'))) as Page
  pages.push(await startPage((handler) => handlers.push(handler)))
  await import(half('worker'))
}
answer(0, 'ready')
for await (const line of createInterface({ input: process.stdin })) {
  const { id, tab, order } = JSON.parse(line) as { id: number; tab: number; order: Parameters<(typeof pages)[number]>[0] }
  answer(id, await pages[tab]?.(order))
}
process.exit(0)

function answer(id: number, value: unknown): void {
  process.stdout.write(`${JSON.stringify({ id, value: value ?? null })}\n`)
}

function define(name: string, value: unknown): void {
  Object.defineProperty(globalThis, name, { value, configurable: true, writable: true })
}

/** Waits of the shipped code, by their length: `{"30000": 500}` gives a silent line up after half a second. */
function shortenWaits(shorter: Record<string, number>): void {
  const original = globalThis.setTimeout
  define('setTimeout', (work: () => void, after?: number, ...more: []): unknown => original(work, shorter[String(after)] ?? after, ...more))
}
