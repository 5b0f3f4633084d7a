/**
 * Which rows of today's list are shown, how they are told apart, and which unit comes next.
 *
 * For: filtering by unit number in the order the store gives, one row for the several duties of a vacant unit, and the
 * headings of a group: overdue, within two hours, then building by building. Pure.
 * Not for: computing or sorting duties (store/today).
 */
import { pressing, type TodayGroup, type TodayKind, type TodayRow } from '../../store/today'
import type { Label } from '../../wire/types'

/** Rows under one heading; `building` names the part of the way, `null` what presses wherever it is. */
export type Stretch = { key: string; urgency: 0 | 1 | 2; building: string | null; rows: TodayRow[] }

/** Rows whose unit number contains `text`. With no text the group itself, so nothing is built anew. */
export function matching(group: TodayGroup, text: string): TodayGroup {
  const wanted = text.trim().toLowerCase()
  if (!wanted) return group
  const fits = (row: TodayRow): boolean => row.unitNo.toLowerCase().includes(wanted)
  return { ...group, rows: group.rows.filter(fits), doneRows: group.doneRows.filter(fits) }
}

/** One row for all that is open in the same vacant unit: check, airing and cleaning are one trip (R-VAC-09). */
export function tripsOf(rows: readonly TodayRow[]): TodayRow[] {
  const trips = new Map<string, TodayRow[]>()
  for (const row of rows) trips.set(row.subject, [...(trips.get(row.subject) ?? []), row])
  return [...trips.values()].map((duties) => {
    const [first] = duties as [TodayRow]
    if (duties.length === 1) return first
    return { ...first, title: joined(duties.map((duty) => duty.title)), why: { zh: `${duties.length} 件 · ${lastPart(first.why.zh)}`, en: `${duties.length} things · ${lastPart(first.why.en)}` } }
  })
}

/** The rows under their headings. A group of one building with nothing pressing needs none. */
export function stretchesOf(rows: readonly TodayRow[], now: Date): Stretch[] {
  const stretches: Stretch[] = []
  for (const row of rows) {
    const urgency = pressing(row, now)
    const building = urgency === 2 ? row.building : null
    const last = stretches.at(-1)
    if (last?.urgency === urgency && last.building === building) last.rows.push(row)
    else stretches.push({ key: `${urgency}:${building ?? ''}`, urgency, building, rows: [row] })
  }
  return stretches
}

/** The order of one kind at this moment: what `nextAfter` goes on from when the current row has left the list. */
export function orderOf(groups: readonly TodayGroup[], kind: TodayKind): string[] {
  return groups.find((group) => group.kind === kind)?.rows.map((row) => row.subject) ?? []
}

/** The next open row of `kind` after `subject` on the way the person walks; the first open one at the end of the way. */
export function nextAfter(groups: readonly TodayGroup[], kind: TodayKind, subject: string, order: readonly string[]): TodayRow | null {
  const open = groups.find((group) => group.kind === kind)?.rows.filter((row) => row.subject !== subject && !row.done) ?? []
  const at = order.indexOf(subject)
  const ahead = open.find((row) => order.indexOf(row.subject) > at)
  return ahead ?? open[0] ?? null
}

const lastPart = (said: string): string => said.split(' · ').at(-1) ?? said
const joined = (labels: Label[]): Label => ({ zh: labels.map((label) => label.zh).join(' · '), en: labels.map((label) => label.en).join(' · ') })
