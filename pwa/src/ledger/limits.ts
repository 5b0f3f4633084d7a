/** Limits of one case: when a declared limit ends, counted from what started it, and whether an act kept it.
 *
 * For: a case this phone opened or moved on without a network: its limit runs from that moment. The same as
 * server/ledger/case_limits.py and deadlines.py.
 * Not for: duties that come back (periods.ts), what waits for the weather (the server tells).
 * Source: domain.md R-GEN-02 to R-GEN-04, R-GEN-07, R-GEN-08; vectors in tests/vectors/limits.json.
 */
import type { Json, JsonObject } from '../wire/types'
import { addDays, dayOf, endOfDay, instantOf, monthOf, type Day } from './days'
import { workingDay } from './periods'
import { dayInMonth, lapsesAt, openStatus, type Act, type Calendar, type DueWindow, type Outcome } from './recurrences'

export type Within = { unit: 'minutes' | 'hours' | 'days' | 'working_days' | 'same_day' | 'clock' | 'until' | 'before' | 'day_of_month'; setting?: string; field?: string }

const MINUTE_MS = 60_000
const IS_DAY = /^\d{4}-\d{2}-\d{2}$/

/** The window of a limit that opened at `opened`; null when what sets it is not known. */
export function limitOf(within: Within, opened: number, fields: JsonObject, settings: ReadonlyMap<string, Json>, calendar: Calendar): DueWindow | null {
  const opensAt = Math.floor(opened / 1000) * 1000
  const told = within.setting === undefined ? undefined : settings.get(within.setting)
  const count = typeof told === 'number' ? told : null
  const today = dayOf(new Date(opensAt), calendar.zone)
  const exactly = (dueAt: number): DueWindow => ({ period: '', countsFrom: opensAt, opensAt, dueAt })
  const untilDay = (last: Day): DueWindow => exactly(Math.max(opensAt, endOfDay(last, calendar.zone).getTime()))
  switch (within.unit) {
    case 'minutes':
      return count === null ? null : exactly(opensAt + count * MINUTE_MS)
    case 'hours':
      return count === null ? null : exactly(opensAt + count * 60 * MINUTE_MS)
    case 'days':
      return count === null ? null : untilDay(addDays(today, count))
    case 'working_days':
      return count === null ? null : untilDay(workingDay(addDays(today, 1), count, calendar))
    case 'same_day':
      return untilDay(typeof told === 'string' && opensAt >= onClock(today, told, calendar.zone) ? addDays(today, 1) : today)
    case 'clock':
      return typeof told === 'string' ? exactly(atClock(opensAt, today, told, calendar.zone)) : null
    case 'until': {
      const named = fields[within.field ?? '']
      if (isDay(named)) return untilDay(named)
      const at = instant(named)
      return at === null ? null : exactly(Math.max(opensAt, at))
    }
    case 'before': {
      const named = fields[within.field ?? '']
      const at = instant(named)
      const day = isDay(named) ? named : at === null ? null : dayOf(new Date(at), calendar.zone)
      return day === null || count === null ? null : untilDay(addDays(day, -count))
    }
    case 'day_of_month': {
      if (count === null) return null
      const named = fields[within.field ?? '']
      const month = typeof named === 'string' && /^\d{4}-(0[1-9]|1[0-2])$/.test(named) ? named : monthOf(today)
      const last = dayInMonth(month, count)
      return untilDay(last > today ? last : addDays(today, 1))
    }
  }
}

/** How the limit stands; `act` is the one that meets it, in time or not (R-GEN-08). */
export function judgeDeadline(window: DueWindow, act: Act | undefined, now: number): Outcome {
  if (act === undefined) return { status: openStatus(window, now), satisfiedBy: null }
  if (act.performedAt >= lapsesAt(window)) return { status: 'met_late', satisfiedBy: act.id }
  return { status: act.receivedAt !== null && act.receivedAt >= lapsesAt(window) ? 'met_synced_late' : 'met', satisfiedBy: act.id }
}

/** That time of the day, or of the next day when it is not behind `from`. */
function atClock(from: number, today: Day, clock: string, zone: string): number {
  const at = onClock(today, clock, zone)
  return at > from ? at : onClock(addDays(today, 1), clock, zone)
}

const onClock = (day: Day, clock: string, zone: string): number => instantOf(day, clock.length === 5 ? `${clock}:00` : clock, zone).getTime()

function instant(value: Json | undefined): number | null {
  if (typeof value !== 'string' || isDay(value)) return null
  const at = Date.parse(value)
  return Number.isNaN(at) ? null : Math.floor(at / 1000) * 1000
}

const isDay = (value: Json | undefined): value is Day => typeof value === 'string' && IS_DAY.test(value)
