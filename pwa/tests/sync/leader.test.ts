/** One tab leads; it wakes when there is something to do, and waits longer each time something fails. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Bus } from '../../src/store/bus'
import { Busy, NoNetwork } from '../../src/sync/failures'
import { Leader } from '../../src/sync/leader'
import { Reporter } from '../../src/sync/report'
import type { Round } from '../../src/sync/round'
import type { SyncSurroundings } from '../../src/sync/surroundings'
import { locks } from './locks'
import { channel } from './phone'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

function browser() {
  const shared = channel()
  const browserLocks = locks()
  const page: Bus = shared()
  const tab = (run: () => Promise<number>, round: Partial<Round> = {}) => {
    const bus = shared()
    const reporter = new Reporter(bus)
    const counted = vi.fn(run)
    const around = { bus, locks: browserLocks, tokens: { session: () => Promise.resolve({}) }, now: () => new Date(), random: () => 1 } as unknown as SyncSurroundings
    const parts = { run: counted, wait: () => new Promise(() => undefined), haveNews: () => Promise.resolve(false), forgetMe: () => undefined, shelve: () => Promise.resolve(), ...round } as unknown as Round
    const leader = new Leader(around, reporter, parts)
    return { leader, counted, reporter, led: leader.lead() }
  }
  return { page, tab }
}
const settle = () => vi.advanceTimersByTimeAsync(0)

test('of two tabs one leads, and the other takes over when it closes', async () => {
  const { page, tab } = browser()
  const first = tab(() => Promise.resolve(240_000), { wait: () => Promise.resolve(false) })
  const second = tab(() => Promise.resolve(240_000), { wait: () => Promise.resolve(false) })
  await settle()
  page.tell({ kind: 'nudge', reason: 'saved' })
  await settle()
  expect([first.counted.mock.calls.length, second.counted.mock.calls.length]).toEqual([2, 0])

  first.leader.stop()
  await vi.advanceTimersByTimeAsync(20_000)

  expect(second.counted.mock.calls.length).toBeGreaterThan(0)
})

test('a save in any tab starts a round at once', async () => {
  const { page, tab } = browser()
  const { counted } = tab(() => Promise.resolve(240_000), { wait: (signal) => new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(new DOMException('', 'AbortError')))) })
  await settle()
  page.tell({ kind: 'nudge', reason: 'saved' })
  await settle()
  expect(counted).toHaveBeenCalledTimes(2)
})

test('a nudge during a round is not forgotten', async () => {
  const { page, tab } = browser()
  let finish!: () => void
  const { counted } = tab(() => new Promise((resolve) => void (finish = () => resolve(240_000))), { wait: () => Promise.resolve(false) })
  await settle()
  page.tell({ kind: 'nudge', reason: 'saved' })
  finish()
  await settle()
  expect(counted).toHaveBeenCalledTimes(2)
})

test('news on the waiting line starts a round', async () => {
  const { tab } = browser()
  let told!: (news: boolean) => void
  const { counted } = tab(() => Promise.resolve(240_000), { wait: () => new Promise((resolve) => void (told = resolve)) })
  await settle()
  told(true)
  await settle()
  expect(counted).toHaveBeenCalledTimes(2)
})

test('when the waiting line is cut the server is asked every 15 seconds instead', async () => {
  const { tab } = browser()
  const haveNews = vi.fn(() => Promise.resolve(false))
  const wait = vi.fn(() => Promise.reject(new NoNetwork('silent')))
  tab(() => Promise.resolve(240_000), { wait, haveNews })
  await vi.advanceTimersByTimeAsync(61_000)

  expect(wait).toHaveBeenCalledTimes(1)
  expect(haveNews.mock.calls.length).toBeGreaterThanOrEqual(3)
  expect(haveNews).toHaveBeenCalledWith(false)
})

test('each failure waits longer, and never past a save', async () => {
  const { page, tab } = browser()
  const { counted, reporter } = tab(() => Promise.reject(new NoNetwork('unreachable')))
  await settle()
  expect(reporter.current).toMatchObject({ reachable: false, checked: false, phase: 'waiting' })
  await vi.advanceTimersByTimeAsync(1_000 + 2_000 + 4_000 + 8_000)
  expect(counted).toHaveBeenCalledTimes(5)
  await vi.advanceTimersByTimeAsync(15_000)
  expect(counted).toHaveBeenCalledTimes(5)
  page.tell({ kind: 'nudge', reason: 'online' })
  await settle()
  expect(counted).toHaveBeenCalledTimes(6)
})

test('a busy server is left alone as long as it asks', async () => {
  const { tab } = browser()
  const { counted } = tab(() => Promise.reject(new Busy(503, 30_000)))
  await vi.advanceTimersByTimeAsync(30_000)
  expect(counted).toHaveBeenCalledTimes(1)
  await vi.advanceTimersByTimeAsync(1_500)
  expect(counted).toHaveBeenCalledTimes(2)
})
