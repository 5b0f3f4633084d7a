/** Today's list: what this person has to do where, most pressing first, computed on the phone.
 *
 * For: which duties are this person's, their groups and their order. Not for: judging what is due (duties.ts, declared-duties.ts),
 * the words of a row (today-rows.ts) or drawing (views/today).
 * Source: look.md, "Today is a route"; domain.md 5.1; docs/pwa-store.md.
 */
import { derived, type Readable } from 'svelte/store'
import { dayOf } from '../ledger/days'
import { bookSettings, dutyBookFrom } from '../ledger/duty-table'
import type { DueStatus, Fact, Label, StatusDocument } from '../wire/types'
import { isOpen, type Duty, type Surroundings } from './acts'
import { declarationOf, titleOf } from './catalogue'
import { minute } from './clock'
import { casesBegunHere } from './declared-duties'
import { byType, documents, factsAbout, statusOf } from './documents'
import { dutiesOf } from './duties'
import { outbox, type OutboxItem } from './outbox'
import { session, timeZone, type Session } from './session'
import { calendarFrom, settingsFrom } from './site'
import { heldRow, keyRow, rowOf, visitRows } from './today-rows'

export type TodayKind = 'held' | 'patrol' | 'recheck' | 'weather' | 'return_visit' | 'promise' | 'case' | 'visit' | 'vacancy' | 'fee' | 'key' | 'other'
export type TodayRow = { key: string; kind: TodayKind; rule: string; subject: string; unitNo: string; building: string; entrance: string; floor: number
  title: Label; why: Label; dueAt: string; status: DueStatus; done: boolean; doneAt?: string; link: string }
export type TodayGroup = { kind: TodayKind; title: Label; total: number; done: number; rows: TodayRow[]; doneRows: TodayRow[] }
export type Today = { day: string; groups: TodayGroup[]; total: number; done: number }

const GROUPS: readonly { kind: TodayKind; title: Label }[] = [
  { kind: 'held', title: { zh: '需处理', en: 'Needs attention' } },
  { kind: 'patrol', title: { zh: '装修巡查', en: 'Decoration patrols' } },
  { kind: 'recheck', title: { zh: '违规复查', en: 'Re-checks of violations' } },
  { kind: 'weather', title: { zh: '特殊天气', en: 'Special weather' } },
  { kind: 'return_visit', title: { zh: '回访', en: 'Return visits' } },
  { kind: 'promise', title: { zh: '承诺与跟进', en: 'Promises and follow-ups' } },
  { kind: 'case', title: { zh: '在办事项', en: 'Open cases' } },
  { kind: 'other', title: { zh: '片区任务', en: 'Duties of the area' } },
  { kind: 'visit', title: { zh: '走访', en: 'Resident visits' } },
  { kind: 'vacancy', title: { zh: '空置房', en: 'Vacant units' } },
  { kind: 'fee', title: { zh: '上门收费', en: 'Fee visits' } },
  { kind: 'key', title: { zh: '我借的钥匙', en: 'Keys I hold' } },
]
const HOUR_MS = 3_600_000

export const today: Readable<Today> = derived([documents, outbox, session, minute], ([, items, who, now]) => {
  const zone = timeZone()
  if (who === null) return { day: dayOf(now, zone), groups: [], total: 0, done: 0 }
  const around = surroundings(items, now, zone)
  const unsent = items.filter((item) => item.state !== 'received' && item.state !== 'held').map((item) => item.document)
  const begun = casesBegunHere(unsent, initialState, statusOf, placeOf)
  return listOf([...(byType('status') as unknown as StatusDocument[]), ...begun], items, who, around, statusOf)
})

/** What the documents of this phone say around any duty. */
export function surroundings(items: readonly OutboxItem[], now: Date, zone: string): Surroundings {
  const books = byType('duty_book')
  return {
    now,
    calendar: calendarFrom([...byType('calendar'), ...byType('calendar_day')], zone),
    settings: settingsFrom(byType('setting'), now, zone),
    facts: factsAbout,
    records: (type) => byType(type) as unknown as Fact[],
    book: dutyBookFrom(books),
    defaults: bookSettings(books),
    unsent: new Set(items.filter((item) => item.state !== 'received').map((item) => item.document._id)),
    refused: new Set(items.filter((item) => item.state === 'held').map((item) => item.document._id)),
  }
}

/** Pure: the whole list. `find` gives the status of a refused record's subject. */
export function listOf(statuses: readonly StatusDocument[], items: readonly OutboxItem[], who: Session, around: Surroundings, find: (subject: string) => StatusDocument | undefined): Today {
  const rows = statuses.flatMap((status) => [
    ...dutiesOf(status, around).filter((duty) => isMine(duty, status, who)).map((duty) => named(rowOf(duty, status, around), status, who)),
    ...visitRows(status, around, who),
    ...keyRow(status, around, who),
  ])
  rows.push(...items.filter((item) => item.state === 'held').map((item) => heldRow(item, find(item.document.subject) ?? find(item.document._id), titleOf(declarationOf(item.document.type), item.document.type))))
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

/** 0: overdue; 1: within two hours; 2: later. */
export function pressing(row: TodayRow, now: Date): 0 | 1 | 2 {
  if (row.status === 'overdue') return 0
  return Date.parse(row.dueAt) - now.getTime() <= 2 * HOUR_MS ? 1 : 2
}

const natural = new Intl.Collator('zh-CN', { numeric: true })

/** Building 2 comes before building 10. */
function byPlace(one: TodayRow, other: TodayRow): number {
  return natural.compare(one.building, other.building) || natural.compare(one.entrance, other.entrance) || one.floor - other.floor || natural.compare(one.unitNo, other.unitNo)
}

function isMine(duty: Duty, status: StatusDocument, who: Session): boolean {
  if (duty.assignedTo !== null) return duty.assignedTo === who.me.user || duty.assignedTo === who.me.display_name
  return who.me.roles.includes('steward') && who.me.areas.some((area) => area.id === status.area)
}

/** What has no unit is called by its place. */
function named(row: TodayRow, status: StatusDocument, who: Session): TodayRow {
  if (row.unitNo !== '') return row
  const area = who.me.areas.find((one) => one.id === status.area)
  const project = who.me.projects.find((one) => one.id === status.project)
  return { ...row, unitNo: area?.name ?? project?.name ?? '' }
}

function initialState(type: string): string | null {
  const known = declarationOf(type)
  return known?.states === undefined ? null : (known.initial ?? known.states[0]?.value ?? null)
}

function placeOf(fact: Fact): StatusDocument['fields'] {
  const unit = (byType('unit') as { _id?: unknown; body?: unknown }[]).find((one) => one._id === (fact.body['unit_id'] ?? fact.subject))
  const known = statusOf(fact.subject)?.fields
  const body = (unit?.body ?? {}) as Record<string, unknown>
  return {
    unit: String(unit?._id ?? known?.unit ?? ''), unit_no: String(body['unit_no'] ?? known?.unit_no ?? ''), building: String(body['building'] ?? known?.building ?? ''),
    entrance: String(body['entrance'] ?? known?.entrance ?? ''), floor: Number(body['floor'] ?? known?.floor ?? 0),
  }
}

export { isOpen }
export { leftText } from './today-rows'
