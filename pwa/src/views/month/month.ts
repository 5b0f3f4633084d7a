/**
 * A steward's month in figures: what was planned, what is done, from the documents on this phone.
 *
 * For: the screen "My month". Pure: documents and the time are handed in.
 * Not for: KPI of the office (server/ledger/kpi.py), which judges when things arrived.
 * Source: domain.md 5.1 "My month"; R-VAC-02 to R-VAC-04, R-VIS-02, R-FEE-01, R-FEE-06, R-DEC-06.
 */
import { dayOf, monthOf } from '../../ledger/days'
import { actsWithin, vacancyWindow, type Act, type DueWindow } from '../../ledger/recurrences'
import { dutiesOf } from '../../store/duties'
import { isOpen, standing, type Surroundings } from '../../store/acts'
import type { Fact, JsonObject, StatusDocument } from '../../wire/types'

/** `unit`: what is counted; money is in fen. `link`: where the open ones are. */
export type Measure = { name: 'patrols' | 'checks' | 'airings' | 'cleanings' | 'visits' | 'fees' | 'collected'; done: number; planned: number; unit: 'count' | 'fen' }
export type Person = { user: string; displayName: string; areas: readonly string[] }

const VACANT = [
  { name: 'checks', type: 'vacancy_check', setting: 'vac.check_per_month' },
  { name: 'airings', type: 'airing', setting: 'vac.air_per_month' },
  { name: 'cleanings', type: 'vacant_cleaning', setting: 'vac.clean_per_month' },
] as const

export function measuresOf(statuses: readonly StatusDocument[], around: Surroundings, person: Person): Measure[] {
  const { zone } = around.calendar
  const month = monthOf(dayOf(around.now, zone))
  const mine = statuses.filter((status) => person.areas.includes(status.area))
  const units = mine.filter((status) => status.kind === 'unit')
  const vacant = VACANT.map(({ name, type, setting }): Measure => {
    const counted = units.flatMap((status) => {
      const window = windowOf(status, month, around)
      const needed = figure(around, setting, 1)
      return window === null || needed === 0 ? [] : [Math.min(needed, actsWithin(window, actsOf(status, type, around)).length) / needed]
    })
    return { name, done: Math.floor(sum(counted)), planned: counted.length, unit: 'count' }
  })
  return [patrolsOf(mine, around, month), ...vacant, visitsOf(mine, around, month), feesOf(mine, around), ...collected(statuses, around, person, month)]
}

/** Days on which a site was patrolled, of those on which it was to be, as the server counted them, and today's. */
function patrolsOf(mine: readonly StatusDocument[], around: Surroundings, month: string): Measure {
  const today = dayOf(around.now, around.calendar.zone)
  const sites = mine.filter((status) => status.kind === 'decoration_project')
  const days = sites.flatMap((status) => {
    const duties = dutiesOf(status, around).filter((duty) => duty.rule === 'R-DEC-06')
    const told = status.due.filter((due) => due.rule === 'R-DEC-06' && due.period.startsWith(month) && due.period !== today).map((due) => ({ status: due.status }))
    return [...told, ...duties]
  })
  return { name: 'patrols', done: days.filter((day) => !isOpen(day.status)).length, planned: days.length, unit: 'count' }
}

/** Households visited of those the plan of the month asks for. */
function visitsOf(mine: readonly StatusDocument[], around: Surroundings, month: string): Measure {
  const { zone } = around.calendar
  const areas = new Set(mine.map((status) => status.area))
  const inMonth = (type: string): Fact[] => [...(around.records?.(type) ?? [])].filter((fact) => areas.has(fact.area) && !around.refused.has(fact._id) && monthOf(dayOf(fact.performed_at, zone)) === month)
  const plans = inMonth('visit_plan')
  const planned = sum(plans.map((plan) => Number(plan.body['required'] ?? 0)))
  return { name: 'visits', done: new Set(inMonth('resident_visit').map((fact) => fact.subject)).size, planned, unit: 'count' }
}

/** Households in arrears that were contacted this month. */
function feesOf(mine: readonly StatusDocument[], around: Surroundings): Measure {
  const duties = mine.filter((status) => status.kind === 'household').map((status) => dutiesOf(status, around)).filter((each) => each.length > 0)
  return { name: 'fees', done: duties.filter((each) => each.every((duty) => !isOpen(duty.status))).length, planned: duties.length, unit: 'count' }
}

/** What this person is to bring in by the approved plan, and what their visits say was paid. */
function collected(statuses: readonly StatusDocument[], around: Surroundings, person: Person, month: string): Measure[] {
  const plan = statuses.find((status) => status.kind === 'fee_plan' && status.state === 'approved' && status.fields['month'] === month)
  const splits = Array.isArray(plan?.fields['splits']) ? (plan.fields['splits'] as JsonObject[]) : []
  const target = sum(splits.filter((split) => split['steward'] === person.user || split['steward'] === person.displayName).map((split) => Number(split['current'] ?? 0) + Number(split['arrears'] ?? 0)))
  if (target === 0) return []
  const paid = [...(around.records?.('fee_visit') ?? [])].filter((fact) => fact.author === person.user && monthOf(dayOf(fact.performed_at, around.calendar.zone)) === month && !around.refused.has(fact._id))
  return [{ name: 'collected', done: sum(paid.map((fact) => Number(fact.body['paid_amount'] ?? 0))), planned: target, unit: 'fen' }]
}

function windowOf(status: StatusDocument, month: string, around: Surroundings): DueWindow | null {
  const from = status.fields['vacant_from']
  const to = status.fields['vacant_to']
  if (typeof from !== 'string') return null
  const last = typeof to === 'string' ? dayOf(new Date(Date.parse(`${to}T00:00:00Z`) - 86_400_000), 'UTC') : null
  return vacancyWindow(month, { first: from, last }, figure(around, 'vac.min_days_in_month', 15), around.calendar.zone)
}

function actsOf(status: StatusDocument, type: string, around: Surroundings): Act[] {
  return standing(around.facts(status.of), status, around.refused)
    .filter((fact) => fact.type === type && fact.body['result'] !== 'redo')
    .map((fact) => ({ id: fact._id, performedAt: Date.parse(fact.performed_at), receivedAt: null }))
}

function figure(around: Surroundings, key: string, otherwise: number): number {
  const value = around.settings.get(key)
  return typeof value === 'number' ? value : otherwise
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0)
