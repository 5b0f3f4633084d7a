/** The duties of one subject today, from its status and the facts on this phone.
 *
 * For: judging again, for now, what the server judged when it last wrote the status: a fact in the outbox ticks a duty off,
 * and a new day brings its own duties, both without a network.
 * Not for: rows and their order (today.ts) or windows and counting (ledger/recurrences.ts).
 * Source: domain.md R-DEC-06, R-DEC-14, R-VAC-02 to R-VAC-04, R-FEE-06, R-FEE-11; docs/architecture.md, "Status documents".
 */
import { addDays, dayOf, monthOf, type Day } from '../ledger/days'
import {
  actsWithin, arrearsWindow, dayWindow, duty, hasPatrolDuty, nextActions, openStatus, patrolNeedsAct, vacancyWindow,
  type Act, type DueWindow, type FeeVisit,
} from '../ledger/recurrences'
import type { Due, Json, JsonObject, StatusDocument } from '../wire/types'
import { actOf, isOpen, isToday, performedAt, standing, type Duty, type Surroundings } from './acts'
import { declaredDuties } from './declared-duties'

const AT_WORK: readonly string[] = ['in_progress', 'rectifying', 'stopped', 'paused']
const MONTHLY = [
  { rule: 'R-VAC-02', type: 'vacancy_check', setting: 'vac.check_per_month' },
  { rule: 'R-VAC-03', type: 'airing', setting: 'vac.air_per_month' },
  { rule: 'R-VAC-04', type: 'vacant_cleaning', setting: 'vac.clean_per_month' },
] as const

export function dutiesOf(status: StatusDocument, around: Surroundings): Duty[] {
  switch (status.kind) {
    case 'decoration_project': return patrols(status, around)
    case 'violation': return rechecks(status, around)
    case 'unit': return [...monthlyVisits(status, around), ...declaredDuties(status, around, SPECIAL)]
    case 'household': return feeMeasures(status, around)
    default: return declaredDuties(status, around)
  }
}

/** The rules of units that are judged by the server alone: what weather asks for. */
const SPECIAL: readonly string[] = ['R-VAC-05', 'R-VAC-06']

function patrols(status: StatusDocument, around: Surroundings): Duty[] {
  const day = dayOf(around.now, around.calendar.zone)
  const start = dayField(status, 'actual_start')
  const active = start === null || !AT_WORK.includes(status.state) ? [] : [{ first: start, last: dayField(status, 'actual_end') }]
  const pauses = listField(status, 'pauses').flatMap((pause) => (isDay(pause['from']) ? [{ first: pause['from'], last: isDay(pause['to']) ? pause['to'] : null }] : []))
  const acts = actsOf(status, ['decoration_patrol'], around)
  const window = dayWindow(day, around.calendar.zone)
  const has = hasPatrolDuty(day, active, pauses, setting(around, 'dec.patrol_rest_days', true), around.calendar)
  const counts = has && (actsWithin(window, acts).length > 0 || !patrolNeedsAct(day, active))
  return recurring(status, 'R-DEC-06', counts ? window : null, acts, setting(around, 'dec.patrol_per_day', 1), day, around)
}

function rechecks(status: StatusDocument, around: Surroundings): Duty[] {
  const acts = actsOf(status, ['violation_recheck'], around)
  return status.due.filter((due) => due.rule === 'R-DEC-14').flatMap((due) => {
    const window = { opensAt: Date.parse(due.opens_at), dueAt: Date.parse(due.due_at) }
    const met = acts.filter((act) => act.performedAt >= window.opensAt)
    if (isOpen(due.status) && met[0] !== undefined) return [{ ...named(status, due), ...window, status: met[0].performedAt > window.dueAt ? 'met_late' as const : 'met' as const, count: met.length, doneAt: met[0].performedAt }]
    if (isOpen(due.status)) return window.opensAt <= around.now.getTime() ? [{ ...named(status, due), ...window, status: openStatus(window, around.now.getTime()), count: 0, doneAt: null }] : []
    const doneAt = performedAt(due.satisfied_by, acts)
    return isToday(doneAt, around) ? [{ ...named(status, due), ...window, status: due.status, count: met.length, doneAt }] : []
  })
}

function monthlyVisits(status: StatusDocument, around: Surroundings): Duty[] {
  const from = dayField(status, 'vacant_from')
  if (from === null) return []
  const zone = around.calendar.zone
  const to = dayField(status, 'vacant_to')
  const month = monthOf(dayOf(around.now, zone))
  const window = vacancyWindow(month, { first: from, last: to === null ? null : addDays(to, -1) }, setting(around, 'vac.min_days_in_month', 15), zone)
  return MONTHLY.flatMap(({ rule, type, setting: key }) => recurring(status, rule, window, actsOf(status, [type], around), setting(around, key, 1), month, around))
}

/** One duty per household: the next action when its day has come, else the month's measure. */
function feeMeasures(status: StatusDocument, around: Surroundings): Duty[] {
  const { zone } = around.calendar
  const now = around.now.getTime()
  const visits = visitsOf(status, around)
  const lines = listField(status, 'periods').flatMap((line) => (isDay(line['due_on']) ? [{ dueOn: line['due_on'], settledOn: settledOn(line['due_on'], visits, zone) }] : []))
  const inArrears = numberField(status, 'arrears_fen') > 0
  const actions = nextActions(visits, inArrears, now, zone).due
    .map((due): Duty => ({ rule: 'R-FEE-11', subject: status.of, period: due.period, opensAt: due.opensAt, dueAt: due.dueAt, status: due.status, count: 0, doneAt: performedAt(due.satisfiedBy, visits), assignedTo: assignee(status, 'R-FEE-11') }))
    .filter((action) => action.opensAt <= now && (isOpen(action.status) ? inArrears && !isPaid(visits, zone, lines) : isToday(action.doneAt, around)))
  const open = actions.filter((action) => isOpen(action.status)).at(-1)
  if (open !== undefined) return [open]
  const month = monthOf(dayOf(around.now, zone))
  const measures = recurring(status, 'R-FEE-06', arrearsWindow(month, lines, zone), visits, setting(around, 'fee.measures_per_month', 1), month, around)
  return measures.length > 0 ? measures : actions.slice(-1)
}

/** The duty of the period as the phone judges it now, unless the server has already closed it. */
function recurring(status: StatusDocument, rule: string, window: DueWindow | null, acts: readonly Act[], needed: number, period: string, around: Surroundings): Duty[] {
  const told = status.due.find((due) => due.rule === rule && due.period === period)
  if (told !== undefined && !isOpen(told.status)) {
    if (told.status === 'cancelled') return []
    const opensAt = Date.parse(told.opens_at)
    const doneAt = performedAt(told.satisfied_by, acts) ?? (told.satisfied_by === null ? null : opensAt)
    return [{ ...named(status, told), opensAt, dueAt: Date.parse(told.due_at), status: told.status, count: window === null ? 0 : actsWithin(window, acts).length, doneAt }]
  }
  const judged = duty(window, acts, needed, around.now.getTime())
  if (judged === null) return []
  const { opensAt, dueAt, satisfiedBy } = judged
  return [{ rule, subject: status.of, period, opensAt, dueAt, status: judged.status, count: actsWithin(judged, acts).length, doneAt: performedAt(satisfiedBy, acts), assignedTo: told?.assigned_to ?? assignee(status, rule) }]
}

function actsOf(status: StatusDocument, types: readonly string[], around: Surroundings): Act[] {
  return standing(around.facts(status.of), status, around.refused)
    .filter((fact) => types.includes(fact.type) && fact.body['result'] !== 'redo')
    .map((fact) => actOf(fact, around))
    .sort((one, other) => one.performedAt - other.performedAt)
}

function visitsOf(status: StatusDocument, around: Surroundings): FeeVisit[] {
  const about = [status.of, status.fields.unit].flatMap((subject) => [...around.facts(subject)])
  const different = [...new Map(about.map((fact) => [fact._id, fact])).values()]
  return standing(different, status, around.refused).filter((fact) => fact.type === 'fee_visit').map((fact) => ({
    ...actOf(fact, around),
    outcome: String(fact.body['outcome'] ?? ''),
    nextActionOn: isDay(fact.body['next_action_at']) ? fact.body['next_action_at'] : null,
    promiseOn: isDay(fact.body['promise_date']) ? fact.body['promise_date'] : null,
  }))
}

function isPaid(visits: readonly FeeVisit[], zone: string, lines: readonly { dueOn: Day; settledOn: Day | null }[]): boolean {
  const last = [...visits].sort((one, other) => one.performedAt - other.performedAt).at(-1)
  return last?.outcome === 'paid' && lines.every((line) => line.settledOn !== null || line.dueOn > dayOf(new Date(last.performedAt), zone))
}

function settledOn(dueOn: Day, visits: readonly FeeVisit[], zone: string): Day | null {
  return visits.filter((visit) => visit.outcome === 'paid').map((visit) => dayOf(new Date(visit.performedAt), zone)).filter((day) => day >= dueOn).sort()[0] ?? null
}

const named = (status: StatusDocument, due: Due): Pick<Duty, 'rule' | 'subject' | 'period' | 'assignedTo'> => ({ rule: due.rule, subject: status.of, period: due.period, assignedTo: due.assigned_to })
const assignee = (status: StatusDocument, rule: string): string | null => status.due.filter((due) => due.rule === rule).sort((one, other) => (one.due_at < other.due_at ? -1 : 1)).at(-1)?.assigned_to ?? null
const isDay = (value: Json | undefined): value is Day => typeof value === 'string' && /^\d{4}-\d{2}-\d{2}$/.test(value)
const dayField = (status: StatusDocument, name: string): Day | null => (isDay(status.fields[name]) ? status.fields[name] : null)
const numberField = (status: StatusDocument, name: string): number => (typeof status.fields[name] === 'number' ? status.fields[name] : 0)

function listField(status: StatusDocument, name: string): JsonObject[] {
  const value: Json | undefined = status.fields[name]
  return Array.isArray(value) ? value.filter((one): one is JsonObject => typeof one === 'object' && one !== null && !Array.isArray(one)) : []
}

function setting<T extends number | boolean>(around: Surroundings, key: string, otherwise: T): T {
  const value = around.settings.get(key)
  return typeof value === typeof otherwise ? (value as T) : otherwise
}
