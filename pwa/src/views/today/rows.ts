/**
 * Which rows of today's list are shown, and which unit comes next.
 *
 * For: filtering by unit number in the order the store gives. Not for: computing or sorting duties (store/today).
 */
import type { TodayGroup, TodayRow } from '../../store/today'

/** Rows whose unit number contains `text`. With no text the group itself, so nothing is built anew. */
export function matching(group: TodayGroup, text: string): TodayGroup {
  const wanted = text.trim().toLowerCase()
  if (!wanted) return group
  const fits = (row: TodayRow): boolean => row.unitNo.toLowerCase().includes(wanted)
  return { ...group, rows: group.rows.filter(fits), doneRows: group.doneRows.filter(fits) }
}

/** The order of one kind at this moment: what `nextAfter` goes on from when the current row has left the list. */
export function orderOf(groups: readonly TodayGroup[], kind: TodayRow['kind']): string[] {
  return groups.find((group) => group.kind === kind)?.rows.map((row) => row.subject) ?? []
}

/** The next open row of `kind` after `subject` on the way the person walks; the first open one at the end of the way. */
export function nextAfter(groups: readonly TodayGroup[], kind: TodayRow['kind'], subject: string, order: readonly string[]): TodayRow | null {
  const open = groups.find((group) => group.kind === kind)?.rows.filter((row) => row.subject !== subject && !row.done) ?? []
  const at = order.indexOf(subject)
  const ahead = open.find((row) => order.indexOf(row.subject) > at)
  return ahead ?? open[0] ?? null
}
