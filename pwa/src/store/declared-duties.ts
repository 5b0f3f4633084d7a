/** Duties that the rule table declares: as the server judged them, and as they follow from it here without a network.
 *
 * For: a new day's or month's duty of an area and of an open case, limits of a case that this phone opened or moved on, and a
 * record still on its way here ticking one off.
 * Not for: patrols, vacant units and fees, which have code of their own (duties.ts); windows (ledger/periods.ts, ledger/limits.ts).
 * Source: domain.md R-GEN-05, R-GEN-08, R-GEN-12; the `duty_book` document.
 */
import { dayOf, startOfDay } from '../ledger/days'
import { holds, type ActsOf, type Declared, type DeclaredDeadline, type DeclaredRecurrence } from '../ledger/duty-table'
import { judgeDeadline, limitOf } from '../ledger/limits'
import { periodOf, shareOf, windowOf, type Bounds, type Period } from '../ledger/periods'
import { actsWithin, duty, isWorkingDay, lapsesAt, openStatus, type Act } from '../ledger/recurrences'
import type { Due, Fact, Json, JsonObject, StatusDocument } from '../wire/types'
import { actOf, isOpen, isToday, performedAt, standing, type Duty, type Surroundings } from './acts'

/** A state a case entered, and the record that moved it. */
type Entry = { state: string; at: number; fact: Fact }

/** `only`: of these rules; those of kinds whose other duties have code of their own. */
export function declaredDuties(status: StatusDocument, around: Surroundings, only?: readonly string[]): Duty[] {
  const told = status.due.filter((due) => only === undefined || only.includes(due.rule))
  if (only !== undefined) return told.flatMap((due) => asTold(status, due, around))
  const rules = [...(around.book ?? [])].flatMap(([rule, { declared }]) => (declared === undefined ? [] : [[rule, declared] as const]))
  const scope = status.fields['rule']
  const recurring = rules.flatMap(([rule, declared]) =>
    declared.kind === 'recurrence' && declared.of === status.kind && (typeof scope !== 'string' || scope === rule) ? [{ rule, declared }] : [])
  const comeBack = new Set(recurring.map(({ rule }) => rule))
  return [
    ...told.filter((due) => !comeBack.has(due.rule)).flatMap((due) => asTold(status, due, around)),
    ...recurring.flatMap(({ rule, declared }) => ofThisPeriod(rule, declared, status, around)),
    ...rules.flatMap(([rule, declared]) => (declared.kind === 'deadline' && declared.of === status.kind ? begunHere(rule, declared, status, around) : [])),
  ]
}

/** A duty of an area or a project is answered by a record about that place: `area:a1` of `area:a1:R-PAT-01`. */
export function answeredAbout(subject: string, rule: string): string {
  return subject.endsWith(`:${rule}`) ? subject.slice(0, -rule.length - 1) : subject
}

/** Statuses of cases that only this phone knows: opened by a record that has not been folded yet. */
export function casesBegunHere(facts: readonly Fact[], initialOf: (type: string) => string | null, find: (subject: string) => StatusDocument | undefined, placeOf: (fact: Fact) => StatusDocument['fields']): StatusDocument[] {
  return facts.flatMap((fact) => {
    const state = initialOf(fact.type)
    if (state === null || find(fact._id) !== undefined) return []
    return [{ _id: `status:${fact._id}`, type: 'status' as const, of: fact._id, kind: fact.type, project: fact.project, area: fact.area, state, fields: { ...fact.body, ...placeOf(fact) }, due: [], history: [], held: [], updated_at: fact.performed_at }]
  })
}

function asTold(status: StatusDocument, due: Due, around: Surroundings): Duty[] {
  const now = around.now.getTime()
  const known = around.book?.get(due.rule)
  const window = { opensAt: Date.parse(due.opens_at), dueAt: Date.parse(due.due_at) }
  if (known === undefined || window.opensAt > now) return []
  const named = { rule: due.rule, subject: status.of, period: due.period, assignedTo: due.assigned_to }
  const acts = meeting(known.declared, known.metBy, status, due.rule, around).filter((act) => act.performedAt >= window.opensAt)
  if (isOpen(due.status) && acts[0] !== undefined) return [{ ...named, ...window, status: acts[0].performedAt >= lapsesAt(window) ? 'met_late' : 'met', count: acts.length, doneAt: acts[0].performedAt }]
  if (isOpen(due.status)) return [{ ...named, ...window, status: openStatus(window, now), count: 0, doneAt: null }]
  const doneAt = performedAt(due.satisfied_by, acts)
  return isToday(doneAt, around) ? [{ ...named, ...window, status: due.status, count: acts.length, doneAt }] : []
}

/** The duty of the period that runs; nothing while there is none, or before it opens. */
function ofThisPeriod(rule: string, declared: DeclaredRecurrence, status: StatusDocument, around: Surroundings): Duty[] {
  const today = dayOf(around.now, around.calendar.zone)
  const period = periodOf(today, declared.every)
  if (!hasDuty(declared, period, status, around)) return []
  const told = status.due.find((due) => due.rule === rule && due.period === period.name)
  const assignedTo = told?.assigned_to ?? assignee(declared, status.fields)
  if (assignedTo === undefined) return []
  const window = windowOf(period, boundsOf(declared, around), around.calendar)
  if (window.opensAt > around.now.getTime()) return []
  const acts = actsOfScope(declared, status, rule, around).filter((act) => act.performedAt >= window.countsFrom)
  const named = { rule, subject: status.of, period: period.name, opensAt: window.opensAt, dueAt: window.dueAt, assignedTo }
  if (told !== undefined && !isOpen(told.status)) return told.status === 'cancelled' ? [] : [{ ...named, status: told.status, count: acts.length, doneAt: performedAt(told.satisfied_by, acts) ?? window.opensAt }]
  const needed = neededIn(declared, period, status, around)
  const judged = duty(window, acts, needed, around.now.getTime())
  if (judged === null) return []
  const late = judged.status === 'overdue' ? acts[needed - 1] : undefined
  if (late !== undefined) return [{ ...named, needed, status: 'met_late', count: acts.length, doneAt: late.performedAt }]
  return [{ ...named, needed, status: judged.status, count: actsWithin(window, acts).length, doneAt: performedAt(judged.satisfiedBy, acts) }]
}

function hasDuty(declared: DeclaredRecurrence, period: Period, status: StatusDocument, around: Surroundings): boolean {
  const weekday = (new Date(`${period.first}T00:00:00Z`).getUTCDay() + 6) % 7
  if (declared.months !== undefined && !declared.months.includes(Number(period.first.slice(5, 7)))) return false
  if (declared.weekdays !== undefined && !declared.weekdays.includes(weekday)) return false
  if (declared.working_days_only && !isWorkingDay(period.first, around.calendar)) return false
  return declared.while_in.length === 0 || (declared.while_in.includes(stateOf(status, around)) && holds(declared.having, status.fields))
}

/** How many acts the period asks for: one, so many by a setting, or a share of a base. */
function neededIn(declared: DeclaredRecurrence, period: Period, status: StatusDocument, around: Surroundings): number {
  const { share } = declared
  if (share === undefined) return declared.needed === undefined ? 1 : (figure(around, declared.needed) ?? 1)
  const from = share.base_period === 'same' ? period : periodOf(dayOf(new Date(startOfDay(period.first, around.calendar.zone).getTime() - 1), around.calendar.zone), declared.every)
  const based = inScope(share.base, status, around).filter((fact) => within(from, fact, around))
  const base = share.base_field === null ? new Set(based.map((fact) => fact.subject)).size : based.reduce((sum, fact) => sum + whole(fact.body[share.base_field ?? '']), 0)
  return shareOf(base, figure(around, share.rate) ?? 0, share.least === null ? 1 : (figure(around, share.least) ?? 1))
}

/** Limits that begin with what this phone recorded and the server has not judged yet. */
function begunHere(rule: string, declared: DeclaredDeadline, status: StatusDocument, around: Surroundings): Duty[] {
  const facts = standing(around.facts(status.of), status, around.refused)
  const unsent = facts.filter((fact) => around.unsent.has(fact._id))
  if (unsent.length === 0) return []
  const fields: JsonObject = Object.assign({ ...status.fields }, ...unsent.map((fact) => fact.body)) as JsonObject
  const assignedTo = assignee(declared, fields)
  if (assignedTo === undefined || !holds(declared.having, fields)) return []
  const entries = unsent.flatMap((fact) => entryOf(fact, status))
  const starts = [...entries.filter((entry) => declared.start.entering.includes(entry.state)).map((entry) => entry.fact), ...unsent.filter((fact) => declared.start.acts !== undefined && matches(declared.start.acts, fact))]
  return starts.flatMap((start) => {
    const window = limitOf(declared.within, begins(start, declared.start.field, around), fields, new Map([...around.defaults ?? [], ...around.settings]), around.calendar)
    if (window === null || window.opensAt > around.now.getTime()) return []
    const isBehind = (fact: Fact): boolean => fact._id !== start._id && Date.parse(fact.performed_at) >= Date.parse(start.performed_at)
    if (entries.some((entry) => declared.dropped_in.includes(entry.state) && isBehind(entry.fact))) return []
    const act = meeting(declared, [], status, rule, around).find((one) => one.id !== start._id && one.performedAt >= window.opensAt)
    const { status: stands } = judgeDeadline(window, act, around.now.getTime())
    return [{ rule, subject: status.of, period: start._id, opensAt: window.opensAt, dueAt: window.dueAt, status: stands, count: act === undefined ? 0 : 1, doneAt: act?.performedAt ?? null, assignedTo }]
  })
}

/** What meets a duty, earliest first: acts of its types, and steps into the states that end it. */
function meeting(declared: Declared | undefined, metBy: readonly string[], status: StatusDocument, rule: string, around: Surroundings): Act[] {
  const facts = standing(around.facts(answeredAbout(status.of, rule)), status, around.refused)
  const ends = declared?.kind === 'deadline' ? [...declared.acts.entering, ...declared.ends] : (declared?.acts.entering ?? [])
  const counts = (fact: Fact): boolean =>
    declared === undefined ? metBy.includes(fact.type) : matches(declared.acts, fact) || (isStep(fact, status) && ends.includes(String(fact.body['to'])))
  return inOrder(facts.filter(counts).map((fact) => actOf(fact, around)))
}

function actsOfScope(declared: DeclaredRecurrence, status: StatusDocument, rule: string, around: Surroundings): Act[] {
  if (declared.of !== 'area') return meeting(declared, [], status, rule, around)
  const seen = new Set<string>()
  const facts = inScope(declared.acts, status, around).filter((fact) => {
    if (declared.distinct === undefined) return true
    const about = String(fact.body[declared.distinct] ?? fact.subject)
    return !seen.has(about) && Boolean(seen.add(about))
  })
  return inOrder(facts.map((fact) => actOf(fact, around)))
}

/** Records of the area, earliest first, whatever they are about. */
function inScope(acts: ActsOf, status: StatusDocument, around: Surroundings): Fact[] {
  const found = acts.types.flatMap((type) => [...(around.records?.(type) ?? [])]).filter((fact) => fact.area === status.area && holds(acts.when, fact.body))
  return standing(found, status, around.refused).sort((one, other) => Date.parse(one.performed_at) - Date.parse(other.performed_at))
}

/** Where the case is: as the server says, moved on by steps it has not judged. */
function stateOf(status: StatusDocument, around: Surroundings): string {
  const steps = standing(around.facts(status.of), status, around.refused).filter((fact) => around.unsent.has(fact._id) && isStep(fact, status))
  return steps.length === 0 ? status.state : String(steps.at(-1)?.body['to'])
}

function entryOf(fact: Fact, status: StatusDocument): Entry[] {
  const at = Date.parse(fact.performed_at)
  if (fact._id === status.of) return [{ state: status.state, at, fact }]
  return isStep(fact, status) ? [{ state: String(fact.body['to']), at, fact }] : []
}

const isStep = (fact: Fact, status: StatusDocument): boolean => fact.type === `${status.kind}_step` && typeof fact.body['to'] === 'string'

/** Null: the area's steward; a name: that person; undefined: somebody at a desk. */
function assignee(declared: Declared, fields: JsonObject): string | null | undefined {
  if (declared.for === 'steward') return null
  if (!declared.for.startsWith('field:')) return undefined
  const name = fields[declared.for.slice('field:'.length)]
  return typeof name === 'string' && name !== '' ? name : undefined
}

function begins(fact: Fact, field: string | undefined, around: Surroundings): number {
  const named = field === undefined ? undefined : fact.body[field]
  if (typeof named !== 'string') return Date.parse(fact.performed_at)
  const at = /^\d{4}-\d{2}-\d{2}$/.test(named) ? startOfDay(named, around.calendar.zone).getTime() : Date.parse(named)
  return Number.isNaN(at) ? Date.parse(fact.performed_at) : at
}

function boundsOf(declared: DeclaredRecurrence, around: Surroundings): Bounds {
  const days = (key: string | undefined): number | undefined => (key === undefined ? undefined : (figure(around, key) ?? undefined))
  const [closesOnDay, closesOnWorkingDay, opensDaysBeforeEnd] = [days(declared.closes_on_day), days(declared.closes_on_working_day), days(declared.opens_days_before_end)]
  return { ...(closesOnDay === undefined ? {} : { closesOnDay }), ...(closesOnWorkingDay === undefined ? {} : { closesOnWorkingDay }), ...(opensDaysBeforeEnd === undefined ? {} : { opensDaysBeforeEnd }) }
}

function figure(around: Surroundings, key: string): number | null {
  const value = around.settings.get(key) ?? around.defaults?.get(key)
  return typeof value === 'number' ? value : null
}

const matches = (acts: ActsOf, fact: Fact): boolean => acts.types.includes(fact.type) && holds(acts.when, fact.body)
const whole = (value: Json | undefined): number => (typeof value === 'number' ? value : 0)
const inOrder = (acts: Act[]): Act[] => acts.sort((one, other) => one.performedAt - other.performedAt || (one.id < other.id ? -1 : 1))
const within = (period: Period, fact: Fact, around: Surroundings): boolean => {
  const day = dayOf(fact.performed_at, around.calendar.zone)
  return period.first <= day && day <= period.last
}
