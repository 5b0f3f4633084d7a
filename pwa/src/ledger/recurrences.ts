/** Duties that come back: which days and months have one, its window, and whether acts met it.
 *
 * For: today's list without a network: patrols, monthly duties of vacant units, measures and next actions against arrears.
 * Not for: limits of a single case, which the server's status documents carry; reading documents (store/today.ts).
 * Source: domain.md R-DEC-06, R-VAC-02 to R-VAC-04, R-VAC-10, R-FEE-06, R-FEE-11, R-GEN-02, R-GEN-08, R-GEN-12.
 * The same as server/ledger/recurrences.py, held together by tests/vectors/recurrences.json.
 */
import type { DueStatus } from '../wire/types'
import { addDays, dayOf, daysBetween, endOfDay, firstDayOf, lastDayOf, startOfDay, type Day, type Month } from './days'

/** What may meet a duty. Instants are milliseconds; `receivedAt` is null while it is only on this phone. */
export type Act = { id: string; performedAt: number; receivedAt: number | null }
/** When a duty opens and ends; the whole second of `dueAt` is part of it. Acts count from the first instant of its period. */
export type DueWindow = { period: string; countsFrom: number; opensAt: number; dueAt: number }
export type Outcome = { status: DueStatus; satisfiedBy: string | null }
export type Calendar = { zone: string; holidays: ReadonlySet<Day>; makeupDays: ReadonlySet<Day> }
/** Days from `first` to `last`, both included; without an end when `last` is null. */
export type Span = { first: Day; last: Day | null }
/** One unpaid line of a fee account; `settledOn` is the day of the visit that says it was paid. */
export type Arrears = { dueOn: Day; settledOn: Day | null }
export type FeeVisit = Act & { outcome: string; nextActionOn: Day | null; promiseOn: Day | null }
export type NextActions = { due: (DueWindow & Outcome)[]; promise: { date: Day; state: 'standing' | 'broken' | 'kept' } | null }

const SECOND_MS = 1000
const ENDS_A_PROMISE: readonly string[] = ['paid', 'refused', 'disputed']

export function dayWindow(day: Day, zone: string): DueWindow {
  const opensAt = startOfDay(day, zone).getTime()
  return { period: day, countsFrom: opensAt, opensAt, dueAt: endOfDay(day, zone).getTime() }
}

/** The window of a month's duty that exists from `first` on. */
export function monthWindow(month: Month, first: Day, zone: string): DueWindow {
  const opensOn = first > firstDayOf(month) ? first : firstDayOf(month)
  return {
    period: month, countsFrom: startOfDay(firstDayOf(month), zone).getTime(),
    opensAt: startOfDay(opensOn, zone).getTime(), dueAt: endOfDay(lastDayOf(month), zone).getTime(),
  }
}

/** That day of the month, or its last when the month is shorter. */
export function dayInMonth(month: Month, day: number): Day {
  const last = lastDayOf(month)
  return day >= Number(last.slice(8)) ? last : `${month}-${String(day).padStart(2, '0')}`
}

/** Monday to Friday less the holidays, plus the make-up days (R-GEN-07). */
export function isWorkingDay(day: Day, calendar: Calendar): boolean {
  if (calendar.makeupDays.has(day)) return true
  const weekday = new Date(`${day}T00:00:00Z`).getUTCDay()
  return weekday !== 0 && weekday !== 6 && !calendar.holidays.has(day)
}

/** Whether work is on at the site on `day`, no pause covers it, and patrols are made on such days (R-DEC-06). */
export function hasPatrolDuty(day: Day, active: readonly Span[], pauses: readonly Span[], onRestDays: boolean, calendar: Calendar): boolean {
  if (!active.some((span) => covers(span, day)) || pauses.some((pause) => covers(pause, day))) return false
  return onRestDays || isWorkingDay(day, calendar)
}

/** Whether `day` is the day the work ended: a patrol then counts when made and is not missed when not. */
export function patrolNeedsAct(day: Day, active: readonly Span[]): boolean {
  const covering = active.filter((span) => covers(span, day))
  return covering.length > 0 && covering.every((span) => span.last === day)
}

/** The window of the month's duties of a vacant unit; null below the days that make a duty (R-VAC-10). */
export function vacancyWindow(month: Month, register: Span, leastDays: number, zone: string): DueWindow | null {
  const first = register.first > firstDayOf(month) ? register.first : firstDayOf(month)
  const last = register.last !== null && register.last < lastDayOf(month) ? register.last : lastDayOf(month)
  if (daysBetween(first, last) + 1 < Math.max(1, leastDays)) return null
  return monthWindow(month, register.first, zone)
}

/** The window of the month's measure; null when no line is in arrears in that month (R-FEE-06). */
export function arrearsWindow(month: Month, lines: readonly Arrears[], zone: string): DueWindow | null {
  const since = lines
    .filter((line) => addDays(line.dueOn, 1) <= lastDayOf(month) && (line.settledOn === null || line.settledOn >= firstDayOf(month)))
    .map((line) => addDays(line.dueOn, 1))
    .sort()
  return since[0] === undefined ? null : monthWindow(month, since[0], zone)
}

/** The acts performed within the window's period, earliest first. */
export function actsWithin<A extends Act>(window: DueWindow, acts: readonly A[]): A[] {
  return acts.filter((act) => window.countsFrom <= act.performedAt && act.performedAt < lapsesAt(window)).sort(byPerformance)
}

/** A recurring duty and how it stands; null when there is no window or nothing is needed. */
export function duty(window: DueWindow | null, acts: readonly Act[], needed: number, now: number): (DueWindow & Outcome) | null {
  if (window === null || needed < 1) return null
  return { ...window, ...judgeRecurrence(window, actsWithin(window, acts), needed, now) }
}

/** How the duty stands; `acts` are those within its period, earliest first.
 *
 * A period that ended without them stays missed for ever (R-GEN-12); acts done in time and received too late make it
 * "met, synced late" (R-GEN-08). What is only on this phone has not been received late yet.
 */
export function judgeRecurrence(window: DueWindow, acts: readonly Act[], needed: number, now: number): Outcome {
  const deciding = acts[needed - 1]
  if (deciding !== undefined) {
    const received = acts.flatMap((act) => (act.receivedAt === null ? [] : [act.receivedAt])).sort((one, other) => one - other)
    const unsent = acts.length - received.length
    const lastNeeded = received[needed - unsent - 1]
    const isLate = needed > unsent && lastNeeded !== undefined && lastNeeded >= lapsesAt(window)
    return { status: isLate ? 'met_synced_late' : 'met', satisfiedBy: deciding.id }
  }
  return { status: openStatus(window, now), satisfiedBy: null }
}

/** A duty nobody met: how near its limit is. */
export function openStatus(window: Pick<DueWindow, 'opensAt' | 'dueAt'>, now: number): 'pending' | 'due_soon' | 'overdue' {
  if (now >= lapsesAt(window)) return 'overdue'
  return now >= window.opensAt + ((lapsesAt(window) - window.opensAt) * 3) / 4 ? 'due_soon' : 'pending'
}

/** What each visit makes due next, and the promise that stands (R-FEE-11). */
export function nextActions(visits: readonly FeeVisit[], inArrears: boolean, now: number, zone: string): NextActions {
  const ordered = [...visits].sort(byPerformance)
  const due = new Map<Day, DueWindow & Outcome>()
  let promise: Day | null = null
  let last: Day | null = null
  ordered.forEach((visit, place) => {
    if (promise !== null && (dayOf(new Date(visit.performedAt), zone) > promise || ENDS_A_PROMISE.includes(visit.outcome))) promise = null
    if (visit.promiseOn !== null) promise = visit.promiseOn
    if (visit.outcome === 'paid') return
    const on = [visit.nextActionOn, promise].filter((day): day is Day => day !== null).sort()[0]
    if (on === undefined) return
    const window = dayWindow(on, zone)
    due.delete(on) // The later visit's, in its place.
    due.set(on, { ...window, ...judgeAction(window, ordered[place + 1], now) })
    last = on
  })
  const lastItem = last === null ? undefined : due.get(last)
  if (!inArrears && last !== null && lastItem !== undefined && lastItem.satisfiedBy === null) due.set(last, { ...lastItem, status: 'cancelled' })
  return { due: [...due.values()], promise: promise === null ? null : { date: promise, state: promiseState(promise, inArrears, now, zone) } }
}

export function lapsesAt(window: Pick<DueWindow, 'dueAt'>): number {
  return window.dueAt + SECOND_MS
}

function judgeAction(window: DueWindow, met: Act | undefined, now: number): Outcome {
  if (met === undefined) return { status: openStatus(window, now), satisfiedBy: null }
  if (met.performedAt >= lapsesAt(window)) return { status: 'met_late', satisfiedBy: met.id }
  const isLate = met.receivedAt !== null && met.receivedAt >= lapsesAt(window)
  return { status: isLate ? 'met_synced_late' : 'met', satisfiedBy: met.id }
}

function promiseState(day: Day, inArrears: boolean, now: number, zone: string): 'standing' | 'broken' | 'kept' {
  if (!inArrears) return 'kept'
  return now >= lapsesAt(dayWindow(day, zone)) ? 'broken' : 'standing'
}

const covers = (span: Span, day: Day): boolean => span.first <= day && (span.last === null || day <= span.last)
const byPerformance = (one: Act, other: Act): number => one.performedAt - other.performedAt || (one.id < other.id ? -1 : one.id > other.id ? 1 : 0)
