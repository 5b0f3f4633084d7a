/** What a page is told at a start: first what is to be done, then thousands of facts, and nothing is called whole before it is. */
import { get } from 'svelte/store'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { documents, factsAbout, forgetReplicas, isComplete, receiveFromWorker } from '../../src/store/documents'
import type { FromWorker } from '../../src/store/port'
import { packJson } from '../../src/vault/packing'
import type { JsonObject } from '../../src/wire/types'

const status = (state: string): JsonObject => ({ _id: 'status:unit:1', type: 'status', of: 'unit:1', state })
const fact = (number: number, note = ''): JsonObject => ({ _id: `airing:${number}`, type: 'airing', subject: 'unit:1', author: 'steward1', performed_at: `2026-11-25T10:00:0${number}+08:00`, body: { note } })
const told = (change: Partial<Extract<FromWorker, { kind: 'documents' }>>): FromWorker =>
  ({ kind: 'documents', database: 'area-a1', reset: false, pieces: [], facts: [], documents: [], removed: [], ...change })
const atStart = (change: Partial<Extract<FromWorker, { kind: 'documents' }>> = {}): FromWorker =>
  told({ reset: true, pieces: [packJson([status('open')])], facts: [packJson([fact(1), fact(2)]), packJson([fact(3)])], ...change })
const ids = (): string[] => [...get(documents).keys()].sort()

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  forgetReplicas()
  vi.runAllTimers()
  vi.useRealTimers()
})

test('what is to be done is shown before the facts are here, and not called whole until they are', () => {
  const seen: [number, boolean][] = []
  const stop = documents.subscribe((all) => void (all.size > 0 && seen.push([all.size, get(isComplete)])))

  receiveFromWorker(atStart())
  expect(get(isComplete)).toBe(false)
  vi.runAllTimers()

  stop()
  expect(seen).toEqual([[1, false], [4, false]])
  expect(get(isComplete)).toBe(true)
  expect(factsAbout('unit:1').map((one) => one._id)).toEqual(['airing:1', 'airing:2', 'airing:3'])
})

test('what changed since the facts were packed stays as it is now', () => {
  receiveFromWorker(atStart({ documents: [status('closed'), fact(1, 'corrected')], removed: ['airing:3'] }))
  vi.runAllTimers()

  expect(ids()).toEqual(['airing:1', 'airing:2', 'status:unit:1'])
  expect(get(documents).get('status:unit:1')).toMatchObject({ state: 'closed' })
  expect(get(documents).get('airing:1')).toMatchObject({ body: { note: 'corrected' } })
})

test('what is told while facts come in is taken after them', () => {
  receiveFromWorker(atStart())
  receiveFromWorker(told({ documents: [fact(2, 'later')], removed: ['airing:1'] }))
  receiveFromWorker(atStart({ database: 'area-a2', pieces: [], facts: [packJson([fact(4)])] }))
  vi.runAllTimers()

  expect(ids()).toEqual(['airing:2', 'airing:3', 'airing:4', 'status:unit:1'])
  expect(get(documents).get('airing:2')).toMatchObject({ body: { note: 'later' } })
  expect(get(isComplete)).toBe(true)
})

test('whoever leaves while facts come in leaves none of them behind', () => {
  receiveFromWorker(atStart())
  vi.advanceTimersByTime(16)

  forgetReplicas()
  vi.runAllTimers()

  expect(ids()).toEqual([])
  expect(get(isComplete)).toBe(true)
  receiveFromWorker(told({ documents: [fact(5)] }))
  vi.runAllTimers()
  expect(ids()).toEqual(['airing:5'])
})

test('a page that shows a copy already misses nothing for a moment when another takes its place', () => {
  receiveFromWorker(atStart())
  vi.runAllTimers()
  const sizes: number[] = []
  const stop = documents.subscribe((all) => sizes.push(all.size))

  receiveFromWorker(atStart({ facts: [packJson([fact(2), fact(6)])] }))
  expect(get(isComplete)).toBe(true)
  vi.runAllTimers()

  stop()
  expect(sizes).toEqual([4, 3])
  expect(ids()).toEqual(['airing:2', 'airing:6', 'status:unit:1'])
})
