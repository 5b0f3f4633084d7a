/** What every judgement of a duty shares: which records count, and what surrounds them.
 *
 * For: duties.ts and declared-duties.ts. Not for: windows (ledger/) or rows (today.ts).
 * Source: domain.md R-GEN-08, R-GEN-13.
 */
import { dayOf } from '../ledger/days'
import type { DutyBook } from '../ledger/duty-table'
import type { Act, Calendar } from '../ledger/recurrences'
import type { DueStatus, Fact, Json, StatusDocument } from '../wire/types'

/** `count`: how many acts the period has, of `needed` (one when not said); `doneAt`: when the act that met it was performed. */
export type Duty = { rule: string; subject: string; period: string; opensAt: number; dueAt: number; status: DueStatus; count: number; needed?: number; doneAt: number | null; assignedTo: string | null }
/** `facts` about a subject, `records` of a type; `defaults` of settings the project has not set. */
export type Surroundings = {
  now: Date; calendar: Calendar; settings: ReadonlyMap<string, Json>; facts: (subject: string) => readonly Fact[]; unsent: ReadonlySet<string>; refused: ReadonlySet<string>
  book?: DutyBook; defaults?: ReadonlyMap<string, Json>; records?: (type: string) => readonly Fact[]
}

export function isOpen(status: DueStatus): boolean {
  return status === 'pending' || status === 'due_soon' || status === 'overdue'
}

/** The facts that count: not refused, not withdrawn, not replaced by a correction. */
export function standing(facts: readonly Fact[], status: StatusDocument, refused: ReadonlySet<string>): Fact[] {
  const held = new Set([...refused, ...status.held.map((one) => one.fact)])
  const live = facts.filter((fact) => !held.has(fact._id))
  const replaced = new Set(live.flatMap((fact) => [fact.voids, fact.amends].filter((id): id is string => id !== undefined)))
  return live.filter((fact) => !replaced.has(fact._id) && fact.voids === undefined)
}

export function actOf(fact: Fact, around: Surroundings): Act {
  const at = Date.parse(fact.performed_at)
  // When a replicated fact was received the phone is not told; whether it came late, the server's status says.
  return { id: fact._id, performedAt: at, receivedAt: around.unsent.has(fact._id) ? null : at }
}

export const performedAt = (id: string | null, acts: readonly Act[]): number | null => acts.find((act) => act.id === id)?.performedAt ?? null
export const isToday = (at: number | null, around: Surroundings): boolean => at !== null && dayOf(new Date(at), around.calendar.zone) === dayOf(around.now, around.calendar.zone)
