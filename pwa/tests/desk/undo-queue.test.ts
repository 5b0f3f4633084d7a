/** Ten seconds to think again, then sent exactly once. */
import { beforeEach, describe, expect, test } from 'vitest'
import { ApiProblem, localProblem, problemFrom } from '../../src/desk/problems'
import type { DecisionBody } from '../../src/desk/types'
import { createUndoQueue, UNDO_MS, type Outcome } from '../../src/desk/undo-queue'
import { aCase, Clock, settled } from './people'

const CONFIRM: DecisionBody = { decision: 'confirm', reason: '清楚', evidence_hash: 'e1' }
let clock: Clock
let sent: string[]
let outcomes: Outcome[]
let answer: () => Promise<void>

function aQueue() {
  return createUndoQueue({
    now: () => clock.now,
    after: clock.after,
    send: (item) => {
      sent.push(item.id)
      return answer()
    },
    problemFrom,
    changed: () => {},
    finished: (outcome) => void outcomes.push(outcome),
  })
}

beforeEach(() => {
  clock = new Clock()
  sent = []
  outcomes = []
  answer = async () => {}
})

describe('a decision', () => {
  test('is sent when ten seconds have passed, not before', async () => {
    aQueue().submit(aCase(), CONFIRM)

    await clock.pass(UNDO_MS - 1)
    expect(sent).toEqual([])
    await clock.pass(1)
    expect(sent).toEqual(['violation:01A'])
    expect(outcomes[0]?.problem).toBeNull()
  })

  test('taken back is never sent', async () => {
    const queue = aQueue()
    queue.submit(aCase(), CONFIRM)

    expect(queue.undo('violation:01A')?.decision).toEqual(CONFIRM)
    await clock.pass(UNDO_MS * 2)

    expect(sent).toEqual([])
  })

  test('on its way cannot be taken back', async () => {
    let arrive = () => {}
    answer = () => new Promise((resolve) => (arrive = resolve))
    const queue = aQueue()
    queue.submit(aCase(), CONFIRM)
    await clock.pass(UNDO_MS)

    expect(queue.undo('violation:01A')).toBeNull()
    arrive()
    await settled()
    expect(queue.size()).toBe(0)
  })

  test('sent at once is not sent again by its timer', async () => {
    const queue = aQueue()
    queue.submit(aCase(), CONFIRM)

    await Promise.all([queue.sendNow('violation:01A'), queue.sendNow('violation:01A')])
    await clock.pass(UNDO_MS)

    expect(sent).toEqual(['violation:01A'])
  })

  test('stays the first one when the same case is submitted twice', () => {
    const queue = aQueue()

    expect(queue.submit(aCase(), CONFIRM)).toBe(true)
    expect(queue.submit(aCase(), { ...CONFIRM, decision: 'reject' })).toBe(false)
  })

  test('that fails says why', async () => {
    answer = async () => Promise.reject(new ApiProblem(localProblem('offline')))
    aQueue().submit(aCase(), CONFIRM)

    await clock.pass(UNDO_MS)

    expect(outcomes[0]?.problem?.code).toBe('offline')
  })

  test('still waiting when the page goes away is handed over once', async () => {
    const queue = aQueue()
    queue.submit(aCase(), CONFIRM)

    expect(queue.drain().map((entry) => entry.item.id)).toEqual(['violation:01A'])
    expect(queue.drain()).toEqual([])
    await clock.pass(UNDO_MS)
    expect(sent).toEqual([])
  })
})
