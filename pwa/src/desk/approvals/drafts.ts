/**
 * What somebody typed about a case and has not sent: kept over a failed request, a new sign-in and a reload.
 *
 * For: queue.svelte.ts. It lives as long as the tab (sessionStorage) and belongs to one user.
 * Not for: decisions already under way (undo-queue.ts).
 */
import type { DecisionKind } from '../types'
import type { Form } from './decision'

const KEY = 'xunlu.desk.form.'
const CLAUSES = 'xunlu.desk.clauses'
const DECISIONS: readonly (DecisionKind | '')[] = ['', 'confirm', 'return', 'reject', 'close', 'rectify_again']

type Area = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>

export function keepForm(storage: Area, user: string, round: string, form: Form): void {
  write(storage, `${KEY}${user}.${round}`, JSON.stringify(form))
}

export function keptForm(storage: Area, user: string, round: string): Form | null {
  const value = parsed(storage.getItem(`${KEY}${user}.${round}`))
  return isForm(value) ? value : null
}

export function dropForm(storage: Area, user: string, round: string): void {
  storage.removeItem(`${KEY}${user}.${round}`)
}

/** The clause named last for a category on this machine: the same contract answers the same violation. */
export function usualClause(storage: Area, category: string): string | null {
  const value = parsed(storage.getItem(CLAUSES))
  const clause = typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[category] : undefined
  return typeof clause === 'string' && clause.trim() !== '' ? clause : null
}

export function rememberClause(storage: Area, category: string, clause: string): void {
  const value = parsed(storage.getItem(CLAUSES))
  const known = typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {}
  write(storage, CLAUSES, JSON.stringify({ ...known, [category]: clause }))
}

function write(storage: Area, key: string, text: string): void {
  try {
    storage.setItem(key, text)
  } catch (thrown) {
    // A full or forbidden storage costs the convenience, never the decision: the form also lives in memory.
    if (!(thrown instanceof DOMException)) throw thrown
  }
}

function parsed(text: string | null): unknown {
  if (text === null) return null
  try {
    return JSON.parse(text)
  } catch (thrown) {
    if (thrown instanceof SyntaxError) return null
    throw thrown
  }
}

function isForm(value: unknown): value is Form {
  if (typeof value !== 'object' || value === null) return false
  const form = value as Record<string, unknown>
  return ['reason', 'rectifyBy', 'clause', 'severity'].every((name) => typeof form[name] === 'string') && DECISIONS.includes(form['decision'] as DecisionKind | '')
}
