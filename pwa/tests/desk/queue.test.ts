/** The approvals queue: a decision answers what was on screen, and nothing typed is lost. */
import { beforeEach, describe, expect, test } from 'vitest'
import { ApprovalsQueue } from '../../src/desk/approvals/queue.svelte'
import type { Api } from '../../src/desk/api'
import { ApiProblem, problemFrom, problemOf } from '../../src/desk/problems'
import type { DeskState } from '../../src/desk/desk.svelte'
import type { ApprovalItem, DecisionBody, ErrorBody } from '../../src/desk/types'
import { UNDO_MS } from '../../src/desk/undo-queue'
import { aCase, aStorage, Clock, NOW, settled } from './people'

let clock: Clock
let storage: Storage
let cases: ApprovalItem[]
let decided: { id: string; body: DecisionBody }[]
let left: string[]
let refusal: { status: number; body: ErrorBody } | null
let sent: string[]
let asksPassword: { signInAgain: boolean }

function aQueue(): ApprovalsQueue {
  const api = {
    serverNow: () => clock.now,
    approvals: async () => ({ items: cases, next_cursor: null, total: cases.length }),
    decide: async (id: string, body: DecisionBody) => {
      decided.push({ id, body })
      if (refusal !== null) throw new ApiProblem(problemOf(refusal.status, refusal.body))
      cases = cases.filter((item) => item.id !== id)
    },
    decideOnLeaving: (id: string) => void left.push(id),
  } as unknown as Api
  const desk = { api, me: { user: 'supervisor1' }, today: '2026-11-25', now: NOW, signInAgain: false, failed: problemFrom } as unknown as DeskState
  asksPassword = desk
  return new ApprovalsQueue(desk, { storage, after: clock.after, escalatedFirst: false, generalClause: () => '合同', sent: (item) => void sent.push(item.id) })
}

async function opened(queue: ApprovalsQueue, id: string): Promise<ApprovalItem> {
  await queue.load()
  queue.look(id)
  return queue.caseOf(id) as ApprovalItem
}

function confirm(queue: ApprovalsQueue, item: ApprovalItem): string | null {
  queue.write(item, { ...queue.formOf(item), decision: 'confirm', reason: '证据清楚' })
  return queue.submit(item, { atOnce: false })
}

beforeEach(() => {
  clock = new Clock()
  storage = aStorage()
  cases = [aCase(), aCase({ id: 'violation:01B', received_at: '2026-11-24T09:00:00Z' })]
  decided = []
  left = []
  sent = []
  refusal = null
})

describe('deciding', () => {
  test('shows the next case and sends after ten seconds', async () => {
    const queue = aQueue()
    const item = await opened(queue, 'violation:01A')

    expect(confirm(queue, item)).toBe('violation:01B')
    expect(queue.open).toBe(1)
    await clock.pass(UNDO_MS)

    expect(decided).toEqual([{ id: 'violation:01A', body: { decision: 'confirm', reason: '证据清楚', evidence_hash: 'e1', rectify_by: '2026-11-28', clause: '合同', severity_final: 'general' } }])
    expect(sent).toEqual(['violation:01A'])
    expect(queue.items.map((one) => one.id)).toEqual(['violation:01B'])
  })

  test('an incomplete one is not submitted', async () => {
    const queue = aQueue()
    const item = await opened(queue, 'violation:01A')
    queue.write(item, { ...queue.formOf(item), decision: 'confirm', reason: ' ' })

    expect(queue.submit(item, { atOnce: true })).toBe('violation:01A')
    expect(queue.waiting).toEqual([])
  })

  test('taken back shows the case with everything typed', async () => {
    const queue = aQueue()
    const item = await opened(queue, 'violation:01A')
    confirm(queue, item)

    expect(queue.undoLast()).toBe('violation:01A')
    expect(queue.formOf(item)).toMatchObject({ decision: 'confirm', reason: '证据清楚' })
  })

  test('remembers the clause for the next violation of its kind', async () => {
    const queue = aQueue()
    const item = await opened(queue, 'violation:01A')
    queue.write(item, { ...queue.formOf(item), decision: 'confirm', reason: 'x', clause: '第三章第12条' })
    queue.submit(item, { atOnce: true })
    await settled()

    expect(queue.formOf(aCase({ id: 'violation:01B' })).clause).toBe('第三章第12条')
    expect(queue.formOf(aCase({ id: 'violation:01C', fields: { category: 'noise' } })).clause).toBe('合同')
  })

  test('waiting ones are sent when the page goes away', async () => {
    const queue = aQueue()
    confirm(queue, await opened(queue, 'violation:01A'))

    queue.leave()

    expect(left).toEqual(['violation:01A'])
    await clock.pass(UNDO_MS)
    expect(decided).toEqual([])
  })
})

describe('evidence that changes', () => {
  const changed = aCase({ evidence_hash: 'e2', photos: [...aCase().photos, { sha256: 'p3', kind: 'detail', stored: true, fact: 'violation:01A' }] })

  test('does not slip under a case being read; loading it says what is new and keeps the reason', async () => {
    const queue = aQueue()
    const item = await opened(queue, 'violation:01A')
    queue.write(item, { ...queue.formOf(item), reason: '写到一半' })

    cases = [changed]
    await opened(queue, 'violation:01A')
    expect(queue.caseOf('violation:01A')?.evidence_hash).toBe('e1')
    expect(queue.pendingDifference('violation:01A')).toMatchObject({ photosAdded: 1 })

    queue.loadEvidence('violation:01A')
    expect(queue.caseOf('violation:01A')?.evidence_hash).toBe('e2')
    expect(queue.pendingDifference('violation:01A')).toBeNull()
    expect([...(queue.changeOf('violation:01A')?.newPhotos ?? [])]).toEqual(['p3'])
    expect(queue.formOf(changed).reason).toBe('写到一半')
  })

  test('refused by the server: the new evidence is on screen with the difference', async () => {
    const queue = aQueue()
    const item = await opened(queue, 'violation:01A')
    confirm(queue, item)
    cases = [changed]
    refusal = { status: 409, body: { code: 'evidence_changed', difference: {} } }

    await clock.pass(UNDO_MS)

    expect(queue.notes[0]?.problem.code).toBe('evidence_changed')
    expect(queue.caseOf('violation:01A')?.evidence_hash).toBe('e2')
    expect(queue.changeOf('violation:01A')?.difference.photosAdded).toBe(1)
    expect(queue.formOf(changed)).toMatchObject({ decision: 'confirm', reason: '证据清楚' })
  })
})

describe('a decision that is not taken', () => {
  test('decided by somebody else: says so, and the case is gone', async () => {
    const queue = aQueue()
    confirm(queue, await opened(queue, 'violation:01A'))
    cases = []
    refusal = { status: 409, body: { code: 'already_decided', decided_by: 'manager1', decided_at: '2026-11-25T02:00:00Z' } }

    await clock.pass(UNDO_MS)

    expect(queue.notes[0]?.problem.body).toMatchObject({ decided_by: 'manager1' })
    expect(queue.caseOf('violation:01A')).toBeNull()
  })

  test('signed out: asks for the password, keeps what was typed, and sends again after it', async () => {
    const queue = aQueue()
    const item = await opened(queue, 'violation:01A')
    confirm(queue, item)
    refusal = { status: 401, body: {} }
    await clock.pass(UNDO_MS)

    expect(asksPassword.signInAgain).toBe(true)
    expect(queue.formOf(item)).toMatchObject({ decision: 'confirm', reason: '证据清楚' })

    refusal = null
    const note = queue.notes[0]
    if (note !== undefined) queue.retry(note)
    await settled()
    expect(sent).toEqual(['violation:01A'])
    expect(queue.notes).toEqual([])
  })

  test('what was typed outlives a reload of the page', async () => {
    const queue = aQueue()
    const item = await opened(queue, 'violation:01A')
    queue.write(item, { ...queue.formOf(item), decision: 'return', reason: '请补拍门牌' })

    expect(aQueue().formOf(item)).toMatchObject({ decision: 'return', reason: '请补拍门牌' })
  })
})
