/** Calendar days at the site: which day an instant belongs to, and when that day begins and ends.
 *
 * For: days, months and local times in the project's own time zone, with daylight saving where a zone has it.
 * Not for: deciding what is due (recurrences.ts).
 * Source: domain.md R-GEN-01, R-GEN-02, R-GEN-05.
 */
export type Day = string // YYYY-MM-DD
export type Month = string // YYYY-MM

const MS_PER_MINUTE = 60_000
const MS_PER_DAY = 86_400_000

type LocalTime = { year: number; month: number; day: number; hour: number; minute: number; second: number }

/** The day at the site to which the instant belongs. */
export function dayOf(instant: Date | string, zone: string): Day {
  return wallTime(toDate(instant), zone).slice(0, 10)
}

export function monthOf(day: Day): Month {
  return day.slice(0, 7)
}

export function addDays(day: Day, count: number): Day {
  return new Date(utcMidnight(day) + count * MS_PER_DAY).toISOString().slice(0, 10)
}

/** Whole days from `from` to `to`; negative when `to` is earlier. */
export function daysBetween(from: Day, to: Day): number {
  return Math.round((utcMidnight(to) - utcMidnight(from)) / MS_PER_DAY)
}

export function firstDayOf(month: Month): Day {
  return `${month}-01`
}

export function lastDayOf(month: Month): Day {
  const [year, number] = month.split('-').map(Number) as [number, number]
  return new Date(Date.UTC(year, number, 0)).toISOString().slice(0, 10)
}

/** The instant at which the day begins at the site. */
export function startOfDay(day: Day, zone: string): Date {
  const key = `${day} ${zone}`
  let start = starts.get(key)
  if (start === undefined) {
    // Lists ask for the same few days hundreds of times, and Intl is slow on a cheap phone.
    if (starts.size > 500) starts.clear()
    start = instantOf(day, '00:00:00', zone).getTime()
    starts.set(key, start)
  }
  return new Date(start)
}

const starts = new Map<string, number>()

/** The last second of the day at the site: a limit of days ends there. */
export function endOfDay(day: Day, zone: string): Date {
  return new Date(startOfDay(addDays(day, 1), zone).getTime() - 1000)
}

/** The instant of a local wall-clock time. In a spring gap the time just after the gap, in an autumn fold the first. */
export function instantOf(day: Day, time: string, zone: string): Date {
  const wall = Date.parse(`${day}T${time}Z`)
  // The offset is first guessed at the wall time taken as UTC, then corrected once at the instant found.
  const early = wall - offsetMinutes(new Date(wall - MS_PER_DAY), zone) * MS_PER_MINUTE
  const late = wall - offsetMinutes(new Date(wall + MS_PER_DAY), zone) * MS_PER_MINUTE
  const fits = (candidate: number): boolean => candidate + offsetMinutes(new Date(candidate), zone) * MS_PER_MINUTE === wall
  if (fits(early)) return new Date(early)
  if (fits(late)) return new Date(late)
  return new Date(Math.max(early, late))
}

/** RFC 3339 with the site's offset, to the second: `2026-11-22T10:03:05+08:00`. */
export function localStamp(instant: Date, zone: string): string {
  const offset = offsetMinutes(instant, zone)
  const minutes = Math.abs(offset)
  return `${wallTime(instant, zone).slice(0, 19)}${offset < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`
}

/** Minutes east of UTC at this instant in the zone. */
export function offsetMinutes(instant: Date, zone: string): number {
  const day = Math.floor(instant.getTime() / MS_PER_DAY)
  const key = `${day} ${zone}`
  let all = offsets.get(key)
  if (all === undefined) {
    // Lists ask for the days of thousands of records, and Intl is slow on a cheap phone. No zone changes twice within a day.
    const [first, last] = [readOffset(new Date(day * MS_PER_DAY), zone), readOffset(new Date((day + 1) * MS_PER_DAY - 1), zone)]
    all = first === last ? first : null
    if (offsets.size > 2_000) offsets.clear()
    offsets.set(key, all)
  }
  return all ?? readOffset(instant, zone)
}

/** Of a day of UTC in a zone; null on a day on which it changes. */
const offsets = new Map<string, number | null>()

function readOffset(instant: Date, zone: string): number {
  const local = localTime(instant, zone)
  const wall = Date.UTC(local.year, local.month - 1, local.day, local.hour, local.minute, local.second)
  return Math.round((wall - Math.floor(instant.getTime() / 1000) * 1000) / MS_PER_MINUTE)
}

const formats = new Map<string, Intl.DateTimeFormat>()

function localTime(instant: Date, zone: string): LocalTime {
  let format = formats.get(zone)
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-US-u-ca-gregory-nu-latn', {
      timeZone: zone, hourCycle: 'h23', year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric',
    })
    formats.set(zone, format)
  }
  const parts: Record<string, number> = {}
  for (const part of format.formatToParts(instant)) if (part.type !== 'literal') parts[part.type] = Number(part.value)
  return parts as LocalTime
}

/** As the clocks on the wall show it, in ISO 8601. */
function wallTime(instant: Date, zone: string): string {
  return new Date(instant.getTime() + offsetMinutes(instant, zone) * MS_PER_MINUTE).toISOString()
}

function toDate(instant: Date | string): Date {
  const date = typeof instant === 'string' ? new Date(instant) : instant
  if (Number.isNaN(date.getTime())) throw new RangeError(`not an instant: ${String(instant)}`)
  return date
}

function utcMidnight(day: Day): number {
  const at = Date.parse(`${day}T00:00:00Z`)
  if (Number.isNaN(at)) throw new RangeError(`not a day: ${day}`)
  return at
}

const two = (value: number): string => String(value).padStart(2, '0')
