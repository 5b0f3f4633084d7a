/** Today's list: what this person has to do where, most pressing first, computed on the phone.
 *
 * For: rows, groups, their order and their words. Not for: judging what is due (duties.ts) or drawing (views/today).
 * Source: look.md, "Today is a route"; docs/pwa-store.md.
 */
import { derived, type Readable } from 'svelte/store'
import { dayOf } from '../ledger/days'
import { yuan } from '../words/format'
import { term } from '../words/terms'
import type { DueStatus, Label, StatusDocument } from '../wire/types'
import { minute } from './clock'
import { byType, documents, factsAbout, statusOf } from './documents'
import { answeredAbout, dutiesOf, dutyBookFrom, isOpen, type Duty, type Surroundings } from './duties'
import { outbox, type OutboxItem } from './outbox'
import { session, timeZone, type Session } from './session'
import { calendarFrom, settingsFrom } from './site'

export type TodayRow = { key: string; kind: 'patrol' | 'recheck' | 'vacancy' | 'fee' | 'other' | 'held'; rule: string; subject: string; unitNo: string; building: string; entrance: string; floor: number
  title: Label; why: Label; dueAt: string; status: DueStatus; done: boolean; doneAt?: string; link: string }
export type TodayGroup = { kind: TodayRow['kind']; title: Label; total: number; done: number; rows: TodayRow[]; doneRows: TodayRow[] }
export type Today = { day: string; groups: TodayGroup[]; total: number; done: number }

const GROUPS: readonly { kind: TodayRow['kind']; title: Label }[] = [
  { kind: 'patrol', title: { zh: '装修巡查', en: 'Decoration patrols' } },
  { kind: 'recheck', title: { zh: '违规复查', en: 'Re-checks of violations' } },
  { kind: 'vacancy', title: { zh: '空置房', en: 'Vacant units' } },
  { kind: 'fee', title: { zh: '上门收费', en: 'Fee visits' } },
  { kind: 'other', title: { zh: '其他任务', en: 'Other duties' } },
  { kind: 'held', title: { zh: '需处理', en: 'Needs attention' } },
]
const KINDS: Readonly<Record<string, TodayRow['kind']>> = { 'R-DEC-06': 'patrol', 'R-DEC-14': 'recheck', 'R-VAC-02': 'vacancy', 'R-VAC-03': 'vacancy', 'R-VAC-04': 'vacancy', 'R-VAC-05': 'vacancy', 'R-VAC-06': 'vacancy', 'R-FEE-06': 'fee', 'R-FEE-11': 'fee' }
const FORMS: Readonly<Record<string, string>> = { 'R-VAC-02': 'vacancy_check', 'R-VAC-03': 'airing', 'R-VAC-04': 'vacant_cleaning', 'R-VAC-05': 'vacancy_check', 'R-VAC-06': 'vacancy_check', 'R-FEE-06': 'fee_visit', 'R-FEE-11': 'fee_visit' }
const HOUR_MS = 3_600_000

export const today: Readable<Today> = derived([documents, outbox, session, minute], ([, items, who, now]) => {
  const zone = timeZone()
  if (who === null) return { day: dayOf(now, zone), groups: [], total: 0, done: 0 }
  const around: Surroundings = {
    now,
    calendar: calendarFrom([...byType('calendar'), ...byType('calendar_day')], zone),
    settings: settingsFrom(byType('setting'), now, zone),
    facts: factsAbout,
    book: dutyBookFrom(byType('duty_book')),
    unsent: new Set(items.filter((item) => item.state !== 'received').map((item) => item.document._id)),
    refused: new Set(items.filter((item) => item.state === 'held').map((item) => item.document._id)),
  }
  return listOf(byType('status') as unknown as StatusDocument[], items, who, around, statusOf)
})

/** Pure: the whole list. `find` gives the status of a refused record's subject. */
export function listOf(statuses: readonly StatusDocument[], items: readonly OutboxItem[], who: Session, around: Surroundings, find: (subject: string) => StatusDocument | undefined): Today {
  const rows = statuses.flatMap((status) =>
    dutiesOf(status, around).filter((duty) => isMine(duty, status, who)).map((duty) => named(rowOf(duty, status, around), status, who)),
  )
  rows.push(...items.filter((item) => item.state === 'held').map((item) => heldRow(item, find(item.document.subject) ?? find(item.document._id))))
  const groups = GROUPS.map(({ kind, title }): TodayGroup => {
    const own = rows.filter((row) => row.kind === kind)
    const open = own.filter((row) => !row.done).sort((one, other) => byUrgency(one, other, around.now))
    const doneRows = own.filter((row) => row.done).sort((one, other) => ((one.doneAt ?? '') > (other.doneAt ?? '') ? -1 : 1))
    return { kind, title, total: own.length, done: doneRows.length, rows: open, doneRows }
  })
  const sum = (of: (group: TodayGroup) => number): number => groups.reduce((total, group) => total + of(group), 0)
  return { day: dayOf(around.now, around.calendar.zone), groups, total: sum((group) => group.total), done: sum((group) => group.done) }
}

/** Overdue first, then what ends within two hours, then the way through the buildings. */
export function byUrgency(one: TodayRow, other: TodayRow, now: Date): number {
  return pressing(one, now) - pressing(other, now) || byPlace(one, other) || (one.rule < other.rule ? -1 : one.rule > other.rule ? 1 : one.key < other.key ? -1 : 1)
}

const natural = new Intl.Collator('zh-CN', { numeric: true })

/** Building 2 comes before building 10. */
function byPlace(one: TodayRow, other: TodayRow): number {
  return natural.compare(one.building, other.building) || natural.compare(one.entrance, other.entrance) || one.floor - other.floor || natural.compare(one.unitNo, other.unitNo)
}

function pressing(row: TodayRow, now: Date): 0 | 1 | 2 {
  if (row.status === 'overdue') return 0
  return Date.parse(row.dueAt) - now.getTime() <= 2 * HOUR_MS ? 1 : 2
}

function isMine(duty: Duty, status: StatusDocument, who: Session): boolean {
  if (duty.assignedTo !== null) return duty.assignedTo === who.me.user
  return who.me.roles.includes('steward') && who.me.areas.some((area) => area.id === status.area)
}

function rowOf(duty: Duty, status: StatusDocument, around: Surroundings): TodayRow {
  const { unit_no, building, entrance, floor } = status.fields
  const kind = KINDS[duty.rule] ?? 'other'
  const done = !isOpen(duty.status)
  const form = FORMS[duty.rule] ?? (kind === 'other' ? around.book?.get(duty.rule)?.forms[0] : undefined)
  const link = kind === 'other' ? (form === undefined ? '/inbox' : `/new/${form}?subject=${answeredAbout(duty.subject, duty.rule)}`) : form !== undefined ? `/new/${form}?subject=${duty.subject}` : kind === 'recheck' ? `/violation/${duty.subject}/recheck` : `/decoration/${duty.subject}/patrol`
  const row: TodayRow = {
    key: `${duty.rule}:${duty.subject}:${duty.period}`, kind, rule: duty.rule, subject: duty.subject,
    unitNo: unit_no, building, entrance, floor, title: titleOf(duty, status, around), why: done ? doneText(duty) : whyOf(duty, status, around),
    dueAt: new Date(duty.dueAt).toISOString(), status: duty.status, done, link,
  }
  return duty.doneAt === null ? row : { ...row, doneAt: new Date(duty.doneAt).toISOString() }
}

/** What has no unit is called by its place. */
function named(row: TodayRow, status: StatusDocument, who: Session): TodayRow {
  if (row.unitNo !== '' || row.kind !== 'other') return row
  const area = who.me.areas.find((one) => one.id === status.area)
  const project = who.me.projects.find((one) => one.id === status.project)
  return { ...row, unitNo: area?.name ?? project?.name ?? '' }
}

function heldRow(item: OutboxItem, status: StatusDocument | undefined): TodayRow {
  const { document } = item
  const fields = status?.fields
  return {
    key: `held:${document._id}`, kind: 'held', rule: item.code ?? 'held', subject: document.subject,
    unitNo: fields?.unit_no ?? '', building: fields?.building ?? '', entrance: fields?.entrance ?? '', floor: fields?.floor ?? 0,
    title: term('record', document.type), why: sides(item.reason ?? item.code ?? ''),
    dueAt: item.savedAt, status: 'overdue', done: false, link: `/record/${document._id}`,
  }
}

const SPECIAL_SERVICE: readonly string[] = ['R-VAC-05', 'R-VAC-06']

function titleOf(duty: Duty, status: StatusDocument, around: Surroundings): Label {
  const { fields } = status
  const given = around.book?.get(duty.rule)?.title
  if (given !== undefined && (KINDS[duty.rule] === undefined || SPECIAL_SERVICE.includes(duty.rule))) return given
  switch (KINDS[duty.rule]) {
    case 'recheck': return joined(term('record', 'violation_recheck'), term('violationCategory', String(fields['category'] ?? 'other')))
    case 'vacancy': return term('record', FORMS[duty.rule] as string)
    case 'fee': {
      const name = fields['name']
      return typeof name === 'string' && name !== '' ? joined(term('record', 'fee_visit'), { zh: name, en: name }) : term('record', 'fee_visit')
    }
    default: {
      const open = Array.isArray(fields['open_violations']) ? fields['open_violations'].length : 0
      const patrol = term('record', 'decoration_patrol')
      return open === 0 ? patrol : joined(patrol, { zh: `${open} 项违规未结`, en: `${open} open violation${open === 1 ? '' : 's'}` })
    }
  }
}

function whyOf(duty: Duty, status: StatusDocument, around: Surroundings): Label {
  const left = leftText(duty, around.now)
  const number = duty.count + 1
  const arrears = status.fields['arrears_fen']
  switch (duty.rule) {
    case 'R-DEC-06': return joined({ zh: `今日第 ${number} 次`, en: `No. ${number} today` }, left)
    case 'R-DEC-14': return joined({ zh: `整改期限 ${dayOf(new Date(duty.dueAt), around.calendar.zone)}`, en: `Rectify by ${dayOf(new Date(duty.dueAt), around.calendar.zone)}` }, left)
    case 'R-FEE-06': return joined({ zh: `本月第 ${number} 次`, en: `No. ${number} this month` }, owed(arrears), left)
    case 'R-FEE-11': return joined({ zh: `约定 ${duty.period} 跟进`, en: `Follow-up set for ${duty.period}` }, owed(arrears), left)
    case 'R-VAC-02': case 'R-VAC-03': case 'R-VAC-04': return joined({ zh: `本月第 ${number} 次`, en: `No. ${number} this month` }, left)
    default: return left
  }
}

function doneText(duty: Duty): Label {
  if (duty.status === 'waived') return term('dueStatus', 'waived')
  return term('dueStatus', duty.status)
}

function owed(arrears: unknown): Label | null {
  return typeof arrears === 'number' && arrears > 0 ? { zh: `欠 ${yuan(arrears)}`, en: `${yuan(arrears)} owed` } : null
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

function joined(...labels: (Label | null)[]): Label {
  const given = labels.filter((label): label is Label => label !== null)
  return { zh: given.map((label) => label.zh).join(' · '), en: given.map((label) => label.en).join(' · ') }
}

/** A reason of the server: Chinese first, English after a bar, or one text for both. */
function sides(reason: string): Label {
  const [zh = reason, en = zh] = reason.split(' | ')
  return { zh, en }
}

