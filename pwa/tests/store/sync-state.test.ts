/** "All received" is said only when it is true, whatever else is the case. */
import { expect, test } from 'vitest'
import type { SyncPhase, SyncReport } from '../../src/store/bus'
import type { OutboxItem } from '../../src/store/outbox'
import type { PhotoState } from '../../src/store/photos'
import { describe as stateOf } from '../../src/store/sync-state'

const PHASES: SyncPhase[] = ['idle', 'pulling', 'pushing', 'photos', 'waiting', 'needs_sign_in']
const told = (change: Partial<SyncReport> = {}): SyncReport => ({ reachable: true, phase: 'idle', lastContactAt: '2026-11-25T00:00:00Z', lastError: null, checked: true, clockSkewSeconds: 0, unreadable: 0, firstSync: { done: true, received: 0, expected: null }, ...change })
const item = (state: OutboxItem['state']) => ({ state }) as OutboxItem
const photo = (state: PhotoState['state'], sent = 0): PhotoState => ({ state, sent: state === 'received' ? 10 : sent, bytes: 10 })

test('every combination of what waits and how the line is', () => {
  let truths = 0
  for (const items of [[], ['saved'], ['sent'], ['held'], ['received'], ['received', 'saved']] as OutboxItem['state'][][])
    for (const photos of [[], [photo('saved')], [photo('sending', 10)], [photo('received')]])
      for (const phase of PHASES)
        for (const reachable of [true, false])
          for (const checked of [true, false])
            for (const online of [true, false]) {
              const state = stateOf(items.map(item), photos, 3, told({ phase, reachable, checked }), online)
              const nothingWaits = items.every((one) => one === 'received') && photos.every((one) => one.state === 'received')
              expect(state.allReceived).toBe(nothingWaits && reachable && checked && online && phase !== 'needs_sign_in')
              if (state.allReceived) truths += 1
            }
  expect(truths).toBe(2 * 2 * 5)
})

test('records and photos are counted by how far they have come', () => {
  const state = stateOf([item('saved'), item('saved'), item('sent'), item('held'), item('received')], [photo('saved'), photo('sending', 4), photo('received')], 7, told(), true)

  expect(state).toMatchObject({ saved: 2, sent: 1, held: 1, received: 7, photosSaved: 1, photosSending: 1, photosReceived: 1, photoBytesLeft: 16, reachable: true })
})

test('a browser that is offline reaches nothing, whatever was told last', () => {
  expect(stateOf([], [], 0, told(), false)).toMatchObject({ online: false, reachable: false, allReceived: false })
})
