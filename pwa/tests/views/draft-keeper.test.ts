import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { Draft } from '../../src/store/drafts'
import { DraftKeeper } from '../../src/views/form/draft-keeper'

let kept: Map<string, Draft>
let failures: unknown[]
let keeper: DraftKeeper
const draft = (note: string): Draft => ({ values: { note }, photos: [] })

beforeEach(() => {
  vi.useFakeTimers()
  kept = new Map()
  failures = []
  const store = { save: async (key: string, value: Draft) => void kept.set(key, value), drop: async (key: string) => void kept.delete(key) }
  keeper = new DraftKeeper('form', store, (error) => failures.push(error))
})
afterEach(() => {
  vi.useRealTimers()
})

it('keeps what stands there after a short pause', async () => {
  let note = ''
  for (const letter of '渗水了') {
    note += letter
    keeper.note(() => draft(note))
  }
  expect(kept.size).toBe(0)

  await vi.advanceTimersByTimeAsync(400)

  expect(kept.get('form')?.values['note']).toBe('渗水了')
})

it('keeps at once when the page goes away', async () => {
  keeper.note(() => draft('half a sentence'))

  await keeper.flush()

  expect(kept.get('form')?.values['note']).toBe('half a sentence')
})

it('never brings back a draft after its record was saved', async () => {
  keeper.note(() => draft('before'))
  const writing = keeper.flush()
  keeper.note(() => draft('late'))

  await keeper.end()
  kept.delete('form') // The saving removes it, in its own transaction.
  keeper.note(() => draft('later still'))
  await writing
  await vi.advanceTimersByTimeAsync(1000)
  await keeper.flush()

  expect(kept.size).toBe(0)
})

it('keeps what stands in the form again when it could not be saved', async () => {
  keeper.note(() => draft('half a sentence'))
  await keeper.end()
  await keeper.resume(() => draft('a sentence'))
  expect(kept.get('form')?.values['note']).toBe('a sentence')

  keeper.note(() => draft('a sentence more'))
  await vi.advanceTimersByTimeAsync(400)

  expect(kept.get('form')?.values['note']).toBe('a sentence more')
})

it('begins again after a restored draft was thrown away', async () => {
  keeper.note(() => draft('old'))
  await keeper.discard()
  keeper.note(() => draft('new'))
  await keeper.flush()

  expect(kept.get('form')?.values['note']).toBe('new')
})

it('tells when the phone has no room, and goes on', async () => {
  let isFull = true
  const store = { save: async (key: string, value: Draft) => { if (isFull) throw new Error('full'); kept.set(key, value) }, drop: async () => undefined }
  const crowded = new DraftKeeper('form', store, (error) => failures.push(error))
  crowded.note(() => draft('one'))
  await crowded.flush()
  isFull = false
  crowded.note(() => draft('two'))
  await crowded.flush()

  expect(failures).toHaveLength(1)
  expect(kept.get('form')?.values['note']).toBe('two')
})
