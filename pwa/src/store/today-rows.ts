/** The words and the way of each row of today's list: what to do, why now, and which form it opens.
 *
 * For: today.ts. Pure. Not for: which duties there are (duties.ts), grouping and order (today.ts).
 */
import { dayOf, endOfDay, monthOf } from '../ledger/days'
import { openStatus } from '../ledger/recurrences'
import type { Json, Label, StatusDocument } from '../wire/types'
import { yuan } from '../words/format'
import { term } from '../words/terms'
import { isOpen, isToday, standing, type Duty, type Surroundings } from './acts'
import { answeredAbout } from './declared-duties'
import type { OutboxItem } from './outbox'
import type { Session } from './session'
import type { TodayKind, TodayRow } from './today'

const KINDS: Readonly<Record<string, TodayKind>> = {
  'R-DEC-06': 'patrol', 'R-DEC-14': 'recheck', 'R-VAC-02': 'vacancy', 'R-VAC-03': 'vacancy', 'R-VAC-04': 'vacancy', 'R-VAC-05': 'weather', 'R-VAC-06': 'weather',
  'R-FEE-06': 'fee', 'R-FEE-11': 'promise', 'R-VIS-01': 'visit', 'R-VIS-02': 'visit', 'R-KC-02': 'visit',
}
const FORMS: Readonly<Record<string, string>> = { 'R-VAC-02': 'vacancy_check', 'R-VAC-03': 'airing', 'R-VAC-04': 'vacant_cleaning', 'R-VAC-05': 'vacancy_check', 'R-VAC-06': 'vacancy_check', 'R-FEE-06': 'fee_visit', 'R-FEE-11': 'fee_visit' }
const HOUR_MS = 3_600_000

export function rowOf(duty: Duty, status: StatusDocument, around: Surroundings): TodayRow {
  const { unit_no, building, entrance, floor } = status.fields
  const kind = kindOf(duty, status, around)
  const done = !isOpen(duty.status)
  const row: TodayRow = {
    key: `${duty.rule}:${duty.subject}:${duty.period}`, kind, rule: duty.rule, subject: duty.subject,
    unitNo: unit_no, building, entrance, floor, title: titleOf(duty, status, around), why: done ? term('dueStatus', duty.status) : whyOf(duty, status, around),
    dueAt: new Date(duty.dueAt).toISOString(), status: duty.status, done, link: linkOf(duty, status, around),
  }
  return duty.doneAt === null ? row : { ...row, doneAt: new Date(duty.doneAt).toISOString() }
}

export function heldRow(item: OutboxItem, status: StatusDocument | undefined, title: Label): TodayRow {
  const { document } = item
  const fields = status?.fields
  return {
    key: `held:${document._id}`, kind: 'held', rule: item.code ?? 'held', subject: document.subject,
    unitNo: fields?.unit_no ?? '', building: fields?.building ?? '', entrance: fields?.entrance ?? '', floor: fields?.floor ?? 0,
    title, why: sides(item.reason ?? item.code ?? ''),
    dueAt: item.savedAt, status: 'overdue', done: false, link: `/record/${document._id}`,
  }
}

/** The households of this month's reviewed visit plan: done once visited this month (R-VIS-01, R-VIS-02). */
export function visitRows(status: StatusDocument, around: Surroundings, who: Session): TodayRow[] {
  const { zone } = around.calendar
  const month = monthOf(dayOf(around.now, zone))
  if (status.kind !== 'visit_plan' || status.state !== 'approved' || status.fields['month'] !== month || !who.me.areas.some((area) => area.id === status.area)) return []
  const dueAt = endOfDay(dayOf(new Date(endOfMonth(month)), 'UTC'), zone)
  const lines: Json[] = Array.isArray(status.fields['lines']) ? status.fields['lines'] : []
  return lines.flatMap((line) => {
    if (typeof line !== 'object' || line === null || Array.isArray(line) || typeof line['household'] !== 'string') return []
    const household = line['household']
    const unit_no = unitNoOf(household)
    const [building = '', entrance = '', room = ''] = unit_no.split('-')
    const visit = standing(around.facts(household), status, around.refused).find((fact) => fact.type === 'resident_visit' && monthOf(dayOf(fact.performed_at, zone)) === month)
    if (visit !== undefined && !isToday(Date.parse(visit.performed_at), around)) return []
    const says = typeof line['content'] === 'string' ? line['content'] : ''
    const window = { opensAt: Date.parse(`${month}-01T00:00:00Z`), dueAt: dueAt.getTime() }
    const row: TodayRow = {
      key: `visit:${status.of}:${household}`, kind: 'visit', rule: 'R-VIS-02', subject: household, unitNo: unit_no, building, entrance, floor: Math.floor(Number(room) / 100) || 0,
      title: joined(term('record', 'resident_visit'), says ? { zh: says, en: says } : null), why: visit ? term('dueStatus', 'met') : leftText({ dueAt: window.dueAt, status: 'pending' }, around.now),
      dueAt: dueAt.toISOString(), status: visit ? 'met' : openStatus(window, around.now.getTime()), done: visit !== undefined, link: `/new/resident_visit?subject=${household}`,
    }
    return [visit === undefined ? row : { ...row, doneAt: new Date(visit.performed_at).toISOString() }]
  })
}

/** A key this person borrowed and has not brought back (R-KEY-08). */
export function keyRow(status: StatusDocument, around: Surroundings, who: Session): TodayRow[] {
  const { borrower, purpose } = status.fields
  if (status.kind !== 'key_loan' || !['out', 'overdue'].includes(status.state) || (borrower !== who.me.user && borrower !== who.me.display_name)) return []
  const due = status.due.find((one) => one.rule === 'R-KEY-08' && isOpen(one.status))
  const window = { opensAt: Date.parse(due?.opens_at ?? status.updated_at), dueAt: Date.parse(due?.due_at ?? status.updated_at) }
  const { unit_no, building, entrance, floor } = status.fields
  return [{
    key: `key:${status.of}`, kind: 'key', rule: 'R-KEY-08', subject: status.of, unitNo: unit_no, building, entrance, floor,
    title: joined({ zh: '钥匙待归还', en: 'Key to bring back' }, typeof purpose === 'string' ? { zh: purpose, en: purpose } : null),
    why: leftText({ dueAt: window.dueAt, status: 'pending' }, around.now), dueAt: new Date(window.dueAt).toISOString(), status: openStatus(window, around.now.getTime()), done: false, link: `/record/${status.of}`,
  }]
}

/** How long until the limit, or since. */
export function leftText(duty: Pick<Duty, 'dueAt' | 'status'>, now: Date): Label {
  const left = duty.dueAt + 1000 - now.getTime()
  const span = Math.abs(left)
  const [count, zh, en] =
    span >= 48 * HOUR_MS ? [Math.floor(span / (24 * HOUR_MS)), '天', 'd'] as const
    : span >= HOUR_MS ? [Math.floor(span / HOUR_MS), '小时', 'h'] as const
    : [Math.max(1, Math.floor(span / 60_000)), '分钟', 'min'] as const
  return left > 0 ? { zh: `剩 ${count} ${zh}`, en: `${count} ${en} left` } : { zh: `逾期 ${count} ${zh}`, en: `${count} ${en} overdue` }
}

function kindOf(duty: Duty, status: StatusDocument, around: Surroundings): TodayKind {
  const known = KINDS[duty.rule]
  if (known !== undefined) return known
  if (around.book?.get(duty.rule)?.forms.includes('return_visit')) return 'return_visit'
  return status.kind === 'area' || status.kind === 'project' ? 'other' : 'case'
}

function linkOf(duty: Duty, status: StatusDocument, around: Surroundings): string {
  if (duty.rule === 'R-DEC-06') return `/decoration/${duty.subject}/patrol`
  if (duty.rule === 'R-DEC-14') return `/violation/${duty.subject}/recheck`
  const form = FORMS[duty.rule] ?? around.book?.get(duty.rule)?.forms[0]
  if (form === undefined) return '/inbox'
  // A share of visits is met by visits to any household: which one is chosen there.
  if (duty.rule === 'R-VIS-02' || duty.rule === 'R-KC-02') return `/new/${form}`
  return `/new/${form}?subject=${answeredAbout(duty.subject, duty.rule)}`
}

function titleOf(duty: Duty, status: StatusDocument, around: Surroundings): Label {
  const { fields } = status
  switch (duty.rule) {
    case 'R-DEC-06': {
      const open = Array.isArray(fields['open_violations']) ? fields['open_violations'].length : 0
      const stage = typeof fields['stage'] === 'string' && fields['stage'] !== '' ? term('stage', fields['stage']) : null
      return joined(term('record', 'decoration_patrol'), stage, open === 0 ? null : { zh: `${open} 项违规未结`, en: `${open} open violation${open === 1 ? '' : 's'}` })
    }
    case 'R-DEC-14': return joined(term('record', 'violation_recheck'), term('violationCategory', String(fields['category'] ?? 'other')))
    case 'R-VAC-02': case 'R-VAC-03': case 'R-VAC-04': return term('record', FORMS[duty.rule] as string)
    case 'R-FEE-06': case 'R-FEE-11': {
      const name = fields['name']
      return typeof name === 'string' && name !== '' ? joined(term('record', 'fee_visit'), { zh: name, en: name }) : term('record', 'fee_visit')
    }
    default: return joined(around.book?.get(duty.rule)?.title ?? { zh: duty.rule, en: duty.rule }, gist(fields))
  }
}

/** What a case is about, in a few words. */
function gist(fields: StatusDocument['fields']): Label | null {
  const said = [fields['text'], fields['need'], fields['matter'], fields['problem']].find((one): one is string => typeof one === 'string' && one !== '')
  return said === undefined ? null : { zh: short(said), en: short(said) }
}

function whyOf(duty: Duty, status: StatusDocument, around: Surroundings): Label {
  const left = leftText(duty, around.now)
  const number = duty.count + 1
  const arrears = status.fields['arrears_fen']
  switch (duty.rule) {
    case 'R-DEC-06': return joined({ zh: `今日第 ${number} 次`, en: `No. ${number} today` }, left)
    case 'R-DEC-14': return joined({ zh: `整改期限 ${dayOf(new Date(duty.dueAt), around.calendar.zone)}`, en: `Rectify by ${dayOf(new Date(duty.dueAt), around.calendar.zone)}` }, left)
    case 'R-FEE-06': return joined({ zh: `本月第 ${number} 次`, en: `No. ${number} this month` }, owed(arrears), left)
    case 'R-FEE-11': return joined(promised(status, duty, dayOf(around.now, around.calendar.zone)) ?? { zh: `约定 ${duty.period} 跟进`, en: `Follow-up set for ${duty.period}` }, owed(arrears), left)
    case 'R-VAC-02': case 'R-VAC-03': case 'R-VAC-04': return joined({ zh: `本月第 ${number} 次`, en: `No. ${number} this month` }, left)
    default: return duty.needed !== undefined && duty.needed > 1 ? joined({ zh: `已做 ${duty.count}/${duty.needed}`, en: `${duty.count} of ${duty.needed} done` }, left) : left
  }
}

function promised(status: StatusDocument, duty: Duty, today: string): Label | null {
  const promise = status.fields['promise']
  if (typeof promise !== 'object' || promise === null || Array.isArray(promise) || promise['date'] !== duty.period) return null
  const day: Label = duty.period === today ? { zh: '今天', en: 'today' } : { zh: duty.period, en: duty.period }
  const amount = promise['amount_fen']
  return typeof amount === 'number' && amount > 0 ? { zh: `承诺${day.zh}缴 ${yuan(amount)}`, en: `Promised ${yuan(amount)} for ${day.en}` } : { zh: `承诺${day.zh}缴费`, en: `Promised to pay ${day.en}` }
}

function owed(arrears: unknown): Label | null {
  return typeof arrears === 'number' && arrears > 0 ? { zh: `欠 ${yuan(arrears)}`, en: `${yuan(arrears)} owed` } : null
}

function joined(...labels: (Label | null)[]): Label {
  const given = labels.filter((label): label is Label => label !== null)
  return { zh: given.map((label) => label.zh).join(' · '), en: given.map((label) => label.en).join(' · ') }
}

/** A reason of the server: Chinese first, English after a bar, or one text for both. */
function sides(reason: string): Label {
  const [zh = reason, en = zh] = reason.split(' | ')
  return { zh, en }
}

function endOfMonth(month: string): number {
  const [year, number] = month.split('-').map(Number) as [number, number]
  return Date.UTC(year, number, 0)
}

/** `3-1-502` of `household:demo-3-1-502-owner`: the natural key the household was imported by. */
const unitNoOf = (household: string): string => /-(\w+-\w+-\w+)-[a-z]+$/.exec(household)?.[1] ?? ''
const short = (said: string): string => (said.length > 24 ? `${said.slice(0, 24)}…` : said)
