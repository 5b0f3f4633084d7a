/** What counts as an answer. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { NoNetwork } from '../../src/sync/failures'
import { guardedFetch, isAbort, type Contact, type Guard } from '../../src/sync/guarded-fetch'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const OURS = { 'X-Xunlu-Epoch': 'e1', 'X-Xunlu-Echo': 'n1' }
const guard = (fetch: Guard['fetch'], onContact?: (contact: Contact) => void) =>
  guardedFetch({ fetch, now: () => new Date(), nonce: () => 'n1', ...(onContact === undefined ? {} : { onContact }) })
const answering = (response: Response): Guard['fetch'] => () => Promise.resolve(response)
const why = (promise: Promise<unknown>): Promise<unknown> => promise.then(() => 'answered', (error: unknown) => (error instanceof NoNetwork ? error.why : error))

test('an answer with our echo and epoch is one, and is a contact', async () => {
  const contacts: Contact[] = []
  const response = await guard(answering(new Response('{"a":1}', { headers: { ...OURS, Date: 'Wed, 25 Nov 2026 02:00:00 GMT' } })), (contact) => contacts.push(contact))('http://x/')

  expect(await response.json()).toEqual({ a: 1 })
  expect(contacts).toMatchObject([{ epoch: 'e1', serverTime: new Date('2026-11-25T02:00:00Z') }])
})

test('the nonce travels with the request', async () => {
  let asked: Headers | null = null
  await guard((_url, init) => ((asked = new Headers(init?.headers)), Promise.resolve(new Response(null, { status: 204, headers: OURS }))))('http://x/')
  expect((asked as Headers | null)?.get('X-Xunlu-Nonce')).toBe('n1')
})

test.each([
  ['without echo', { 'X-Xunlu-Epoch': 'e1' }],
  ['with another echo', { ...OURS, 'X-Xunlu-Echo': 'n2' }],
  ['without epoch', { 'X-Xunlu-Echo': 'n1' }],
])('an answer %s is no network', async (_name, headers) => {
  expect(await why(guard(answering(new Response('{}', { headers })))('http://x/'))).toBe('not_our_server')
})

test('fewer bytes than announced is a cut', async () => {
  expect(await why(guard(answering(new Response('{"a"', { headers: { ...OURS, 'Content-Length': '7' } })))('http://x/'))).toBe('cut')
})

test('a server that never answers is given up after 30 seconds', async () => {
  const asked = why(guard(() => new Promise(() => undefined))('http://x/'))
  await vi.advanceTimersByTimeAsync(29_999)
  expect(vi.getTimerCount()).toBe(1)
  await vi.advanceTimersByTimeAsync(1)
  expect(await asked).toBe('silent')
})

test('heartbeats keep a waiting line alive, silence ends it', async () => {
  let controller!: ReadableStreamDefaultController<Uint8Array>
  const body = new ReadableStream<Uint8Array>({ start: (given) => void (controller = given) })
  const asked = why(guard(answering(new Response(body, { headers: OURS })))('http://x/', { idleMs: 37_500 }))
  for (let beat = 0; beat < 10; beat += 1) {
    await vi.advanceTimersByTimeAsync(15_000)
    controller.enqueue(new TextEncoder().encode('\n'))
  }
  await vi.advanceTimersByTimeAsync(37_000)
  expect(vi.getTimerCount()).toBe(1)
  await vi.advanceTimersByTimeAsync(1_000)
  expect(await asked).toBe('silent')
})

test('a caller that stops gets an abort, not a network failure', async () => {
  const stop = new AbortController()
  const asked = guard(() => new Promise(() => undefined))('http://x/', { signal: stop.signal }).catch((error: unknown) => error)
  stop.abort()
  expect(isAbort(await asked)).toBe(true)
})
