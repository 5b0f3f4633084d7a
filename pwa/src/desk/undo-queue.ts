/**
 * Decisions that wait ten seconds before they are sent, so that a slip can be taken back.
 *
 * For: holding each submitted decision, counting down, sending it once, telling how that ended.
 * Not for: what a decision may be (approvals/decision.ts) nor how it travels (api.ts).
 * Source: look.md "Queue work".
 */
import type { Problem } from './problems'
import type { ApprovalItem, DecisionBody } from './types'

export const UNDO_MS = 10_000

export type Waiting = { item: ApprovalItem; decision: DecisionBody; sendAt: number; state: 'waiting' | 'sending' }
export type Outcome = { item: ApprovalItem; decision: DecisionBody; problem: Problem | null }

export type UndoQueueNeeds = {
  now: () => number
  after: (ms: number, act: () => void) => () => void // starts a timer, returns what stops it
  send: (item: ApprovalItem, decision: DecisionBody) => Promise<void>
  problemFrom: (thrown: unknown) => Problem
  changed: (waiting: readonly Waiting[]) => void
  finished: (outcome: Outcome) => void
}

export function createUndoQueue(needs: UndoQueueNeeds) {
  const entries = new Map<string, { waiting: Waiting; stop: () => void }>()

  const tell = () => needs.changed([...entries.values()].map((entry) => entry.waiting))

  async function send(id: string): Promise<void> {
    const entry = entries.get(id)
    if (entry === undefined || entry.waiting.state === 'sending') return
    entry.stop()
    const { item, decision } = entry.waiting
    entry.waiting = { ...entry.waiting, state: 'sending' }
    tell()
    let problem: Problem | null = null
    try {
      await needs.send(item, decision)
    } catch (thrown) {
      problem = needs.problemFrom(thrown)
    }
    entries.delete(id)
    tell()
    needs.finished({ item, decision, problem })
  }

  return {
    /** Starts the ten seconds. A case already waiting keeps its first decision: false. */
    submit(item: ApprovalItem, decision: DecisionBody): boolean {
      if (entries.has(item.id)) return false
      const stop = needs.after(UNDO_MS, () => void send(item.id))
      entries.set(item.id, { waiting: { item, decision, sendAt: needs.now() + UNDO_MS, state: 'waiting' }, stop })
      tell()
      return true
    },
    /** Takes a decision back, or null when it is already on its way. */
    undo(id: string): Waiting | null {
      const entry = entries.get(id)
      if (entry === undefined || entry.waiting.state === 'sending') return null
      entry.stop()
      entries.delete(id)
      tell()
      return entry.waiting
    },
    sendNow: (id: string): Promise<void> => send(id),
    async sendAll(): Promise<void> {
      await Promise.all([...entries.keys()].map((id) => send(id)))
    },
    /** Removes and returns what still waits, for the moment the page goes away. What is on its way is left alone. */
    drain(): Waiting[] {
      const waiting = [...entries.values()].filter((entry) => entry.waiting.state === 'waiting')
      for (const entry of waiting) {
        entry.stop()
        entries.delete(entry.waiting.item.id)
      }
      if (waiting.length > 0) tell()
      return waiting.map((entry) => entry.waiting)
    },
    has: (id: string): boolean => entries.has(id),
    size: (): number => entries.size,
  }
}

export type UndoQueue = ReturnType<typeof createUndoQueue>
