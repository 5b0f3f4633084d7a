/** Instants as a form shows and writes them: wall-clock time at the site. Days are cut in the project's zone (R-GEN-01). */
import { addDays, dayOf, instantOf, localStamp } from '../../ledger/days'
import { timeZone } from '../../store/session'

export function nowStamp(now: Date = new Date()): string {
  return localStamp(now, timeZone())
}

export function todayAt(now: Date = new Date()): string {
  return dayOf(now, timeZone())
}

/** What `<input type="datetime-local">` shows for an instant. */
export function wallClock(at: string): string {
  const instant = new Date(at)
  return at && !Number.isNaN(instant.getTime()) ? localStamp(instant, timeZone()).slice(0, 16) : ''
}

/** The instant of what was typed there; empty when nothing was. */
export function stampOf(wall: string): string {
  const parts = /^(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2})(:\d{2})?$/.exec(wall)
  return parts ? localStamp(instantOf(parts[1] as string, `${parts[2]}${parts[3] ?? ':00'}`, timeZone()), timeZone()) : ''
}

export function daysAhead(count: number, now: Date = new Date()): string {
  return addDays(todayAt(now), count)
}

export function minutesBetween(from: string, to: string | Date): number {
  const end = typeof to === 'string' ? Date.parse(to) : to.getTime()
  return Math.floor((end - Date.parse(from)) / 60_000)
}

/** Minutes since midnight at the site. */
export function minuteOfDay(now: Date): number {
  const [hour = 0, minute = 0] = localStamp(now, timeZone()).slice(11, 16).split(':').map(Number)
  return hour * 60 + minute
}
