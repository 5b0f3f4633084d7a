/** Periods of the calendar, and the window of a duty that comes back with them.
 *
 * For: duties of an area and of an open case: which period a day lies in, what it is called, when its duty opens and ends,
 * and how many acts a share asks for. The same as server/ledger/periods.py, scopes.py and quotas.py.
 * Not for: counting acts (recurrences.ts), limits of one case (limits.ts).
 * Source: domain.md R-GEN-05, R-GEN-06, R-GEN-07; vectors in tests/vectors/limits.json.
 */
import { addDays, endOfDay, firstDayOf, lastDayOf, monthOf, startOfDay, type Day } from './days'
import { dayInMonth, isWorkingDay, type Calendar, type DueWindow } from './recurrences'

export type Every = 'day' | 'week' | 'month' | 'two_months' | 'quarter' | 'half_year' | 'year'
export type Period = { name: string; first: Day; last: Day }
/** What narrows the window of a period, in days as the settings have them. */
export type Bounds = { closesOnDay?: number; closesOnWorkingDay?: number; opensDaysBeforeEnd?: number }

const MONTHS_IN: Readonly<Record<Exclude<Every, 'day' | 'week'>, number>> = { month: 1, two_months: 2, quarter: 3, half_year: 6, year: 12 }
const LETTER: Readonly<Record<string, string>> = { two_months: 'B', quarter: 'Q', half_year: 'H' }

/** The period of that length in which `day` lies: `2026-11-22`, `2026-W47`, `2026-11`, `2026-B6`, `2026-Q4`, `2026-H2`, `2026`. */
export function periodOf(day: Day, every: Every): Period {
  if (every === 'day') return { name: day, first: day, last: day }
  if (every === 'week') return weekOf(day)
  const length = MONTHS_IN[every]
  const year = day.slice(0, 4)
  const number = Math.floor((Number(day.slice(5, 7)) - 1) / length)
  const month = (index: number): string => `${year}-${String(index).padStart(2, '0')}`
  const first = firstDayOf(month(number * length + 1))
  const name = every === 'month' ? monthOf(first) : every === 'year' ? year : `${year}-${LETTER[every]}${number + 1}`
  return { name, first, last: lastDayOf(month(number * length + length)) }
}

/** When the duty of a period opens and ends. */
export function windowOf(period: Period, bounds: Bounds, calendar: Calendar): DueWindow {
  const span = bounds.opensDaysBeforeEnd
  const opensOn = span === undefined ? period.first : later(period.first, addDays(period.last, -(span - 1)))
  const { zone } = calendar
  return { period: period.name, countsFrom: startOfDay(period.first, zone).getTime(), opensAt: startOfDay(opensOn, zone).getTime(), dueAt: endOfDay(closesOn(period, bounds, calendar), zone).getTime() }
}

/** The `number`-th working day from `first` on, `first` included (R-GEN-07). */
export function workingDay(first: Day, number: number, calendar: Calendar): Day {
  let left = number
  for (let day = first; ; day = addDays(day, 1)) {
    if (!isWorkingDay(day, calendar)) continue
    left -= 1
    if (left <= 0) return day
  }
}

/** ceil(percent % of the base), at least `least`, never more than the base; 0 of a base of 0. */
export function shareOf(base: number, percent: number, least = 1): number {
  return base <= 0 ? 0 : Math.min(base, Math.max(Math.ceil((base * percent) / 100), least))
}

function closesOn(period: Period, { closesOnDay, closesOnWorkingDay }: Bounds, calendar: Calendar): Day {
  if (closesOnDay !== undefined) return dayInMonth(monthOf(period.first), closesOnDay)
  return closesOnWorkingDay === undefined ? period.last : workingDay(period.first, closesOnWorkingDay, calendar)
}

/** ISO 8601: weeks begin on Monday and belong to the year of their Thursday. */
function weekOf(day: Day): Period {
  const weekday = (new Date(`${day}T00:00:00Z`).getUTCDay() + 6) % 7
  const monday = addDays(day, -weekday)
  const thursday = addDays(monday, 3)
  const newYear = Date.parse(`${thursday.slice(0, 4)}-01-01T00:00:00Z`)
  const number = Math.floor((Date.parse(`${thursday}T00:00:00Z`) - newYear) / 604_800_000) + 1
  return { name: `${thursday.slice(0, 4)}-W${String(number).padStart(2, '0')}`, first: monday, last: addDays(monday, 6) }
}

const later = (one: Day, other: Day): Day => (one > other ? one : other)
