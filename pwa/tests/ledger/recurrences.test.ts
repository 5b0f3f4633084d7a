/** The vectors that Python and TypeScript share, read by the phone's code. */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { dayOf, endOfDay, firstDayOf, lastDayOf, startOfDay } from '../../src/ledger/days'
import {
  actsWithin, arrearsWindow, dayInMonth, dayWindow, duty, hasPatrolDuty, nextActions, patrolNeedsAct, vacancyWindow,
  type Act, type DueWindow, type Outcome,
} from '../../src/ledger/recurrences'

type WireAct = { id: string; performed_at: string; received_at: string | null }
type WireDue = { period: string; opens_at: string; due_at: string; status: string; satisfied_by: string | null }
type Named = { name: string; zone: string; now: string; due: WireDue | null }
type Vectors = {
  day_of: { zone: string; instant: string; day: string }[]
  day_bounds: { zone: string; day: string; starts_at: string; ends_at: string }[]
  month_bounds: { zone: string; month: string; first_day: string; last_day: string; starts_at: string; ends_at: string }[]
  day_in_month: { month: string; day: number; on: string }[]
  patrol: (Named & {
    calendar: { holidays: string[]; makeup_days: string[] }; settings: { 'dec.patrol_per_day': number; 'dec.patrol_rest_days': boolean }
    project: { actual_start: string | null; actual_end: string | null; pauses: { from: string; to: string }[] }; day: string; patrols: WireAct[]
  })[]
  vacancy_month: (Named & { least_days: number; needed: number; unit: { vacant_from: string; vacant_to: string | null }; month: string; acts: WireAct[] })[]
  arrears_month: (Named & {
    needed: number; lines: { due_on: string; settled_on?: string | null }[]; month: string; measures: (WireAct & { outcome?: string })[]
  })[]
  next_action: {
    name: string; zone: string; now: string; in_arrears: boolean; due: WireDue[]; promise: { date: string; state: string } | null
    visits: (WireAct & { outcome: string; next_action_at: string | null; promise_date: string | null })[]
  }[]
}

const vectors = JSON.parse(readFileSync(new URL('../../../tests/vectors/recurrences.json', import.meta.url), 'utf8')) as Vectors
const stamp = (at: number | Date): string => new Date(at).toISOString().replace('.000Z', 'Z')
const act = (wire: WireAct): Act => ({ id: wire.id, performedAt: Date.parse(wire.performed_at), receivedAt: wire.received_at === null ? null : Date.parse(wire.received_at) })
const wire = (found: (DueWindow & Outcome) | null): WireDue | null =>
  found === null ? null : { period: found.period, opens_at: stamp(found.opensAt), due_at: stamp(found.dueAt), status: found.status, satisfied_by: found.satisfiedBy }

describe('days and months at the site', () => {
  it.each(vectors.day_of)('$instant is $day in $zone', ({ zone, instant, day }) => expect(dayOf(instant, zone)).toBe(day))
  it.each(vectors.day_bounds)('$day in $zone', ({ zone, day, starts_at, ends_at }) => {
    expect([stamp(startOfDay(day, zone)), stamp(endOfDay(day, zone))]).toEqual([starts_at, ends_at])
  })
  it.each(vectors.month_bounds)('$month in $zone', (month) => {
    expect([firstDayOf(month.month), lastDayOf(month.month)]).toEqual([month.first_day, month.last_day])
    expect([stamp(startOfDay(month.first_day, month.zone)), stamp(endOfDay(month.last_day, month.zone))]).toEqual([month.starts_at, month.ends_at])
  })
  it.each(vectors.day_in_month)('the $day of $month is $on', ({ month, day, on }) => expect(dayInMonth(month, day)).toBe(on))
})

describe('a site is patrolled every day', () => {
  it.each(vectors.patrol)('$name', ({ zone, calendar, settings, project, day, now, patrols, due: expected }) => {
    const active = project.actual_start === null ? [] : [{ first: project.actual_start, last: project.actual_end }]
    const pauses = project.pauses.map(({ from, to }) => ({ first: from, last: to }))
    const days = { zone, holidays: new Set(calendar.holidays), makeupDays: new Set(calendar.makeup_days) }
    const window = dayWindow(day, zone)
    const acts = actsWithin(window, patrols.map(act))

    const has = hasPatrolDuty(day, active, pauses, settings['dec.patrol_rest_days'], days) && (acts.length > 0 || !patrolNeedsAct(day, active))

    expect(wire(duty(has ? window : null, acts, settings['dec.patrol_per_day'], Date.parse(now)))).toEqual(expected)
  })
})

describe('a vacant unit is looked after every month', () => {
  it.each(vectors.vacancy_month)('$name', ({ zone, least_days, needed, unit, month, now, acts, due: expected }) => {
    const last = unit.vacant_to === null ? null : new Date(Date.parse(`${unit.vacant_to}T00:00:00Z`) - 86_400_000).toISOString().slice(0, 10)
    const window = vacancyWindow(month, { first: unit.vacant_from, last }, least_days, zone)

    expect(wire(duty(window, acts.map(act), needed, Date.parse(now)))).toEqual(expected)
  })
})

describe('a household in arrears hears from us every month', () => {
  it.each(vectors.arrears_month)('$name', ({ zone, needed, lines, month, now, measures, due: expected }) => {
    const paid = measures.filter((measure) => measure.outcome === 'paid').map((measure) => dayOf(measure.performed_at, zone)).sort()
    const arrears = lines.map((line) => ({ dueOn: line.due_on, settledOn: line.settled_on ?? paid.find((day) => day >= line.due_on) ?? null }))
    const window = arrearsWindow(month, arrears, zone)

    expect(wire(duty(window, measures.map(act), needed, Date.parse(now)))).toEqual(expected)
  })
})

describe('each visit sets the next day', () => {
  it.each(vectors.next_action)('$name', ({ zone, now, in_arrears, visits, due: expected, promise }) => {
    const found = nextActions(
      visits.map((visit) => ({ ...act(visit), outcome: visit.outcome, nextActionOn: visit.next_action_at, promiseOn: visit.promise_date })),
      in_arrears, Date.parse(now), zone,
    )

    expect(found.due.map(wire)).toEqual(expected)
    expect(found.promise).toEqual(promise)
  })
})
