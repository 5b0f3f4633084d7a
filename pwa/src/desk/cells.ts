/**
 * A value of a record as one short text.
 *
 * For: table cells and fields of a record. Not for: which are shown (registers/columns.ts) or their titles (fields.ts).
 */
import { term, terms } from '../words'
import { yuan } from '../words/format'
import type { Json, JsonObject, Label } from '../wire/types'
import { fieldGroup, fieldTitle, isHidden, isMoney, readingOrder } from './fields'
import { declaredOption } from './registers/declared'
import { fullInstant, shortInstant } from './time'

export type Reading = {
  say: (label: Label) => string
  now: number
  zone: string
  /** Names of areas by id. */
  areas: ReadonlyMap<string, string>
  /** What a user is called; without it, the user name. */
  nameOf?: (user: string) => string
  full?: boolean
}

const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}/
const YES: Label = { zh: '是', en: 'Yes' }
const NO: Label = { zh: '否', en: 'No' }
const COUNTED = new Set(['open_violations', 'violations', 'photos', 'open_anomalies', 'anomalies', 'pauses', 'evidence'])
const PEOPLE = new Set(['author', 'reporter', 'decided_by', 'last_patrol_by', 'rechecked_by', 'assigned_to', 'steward', 'by'])
const NUMERIC_KINDS = new Set(['integer', 'number', 'decimal', 'money', 'count', 'days'])

/** The value of a column: on the row itself, among its fields, in its body, or by a dotted path. */
export function valueOf(row: JsonObject, name: string): Json | undefined {
  for (const holder of [row, row['fields'], row['body']]) {
    if (isObject(holder) && name in holder) return holder[name]
  }
  if (!name.includes('.')) return undefined
  let value: Json | undefined = row
  for (const part of name.split('.')) value = isObject(value) ? value[part] : undefined
  return value
}

export function idOf(row: JsonObject): string {
  for (const name of ['of', 'id', '_id', 'subject']) {
    const value = row[name]
    if (typeof value === 'string' && value !== '') return value.startsWith('status:') ? value.slice('status:'.length) : value
  }
  return ''
}

/** Text of a value; an empty one gives an empty text, never a dash that could be read as data. */
export function textOf(value: Json | undefined, name: string, reading: Reading, options: { type?: string; kind?: string } = {}): string {
  if (value === undefined || value === null || value === '') return ''
  if (typeof value === 'boolean') return reading.say(value ? YES : NO)
  if (typeof value === 'number') return isMoney(name) || options.kind === 'money' ? yuan(value) : String(value)
  if (typeof value === 'string') return textOfString(value, name, reading, options.type)
  if (name === 'items') return textOfChecks(value, reading)
  if (Array.isArray(value)) {
    if (value.length === 0) return ''
    if (options.kind === 'multi_enum' || options.kind === 'ticks') return value.map((entry) => textOf(entry, name, reading, options)).join('、')
    if ((COUNTED.has(name) || options.kind === 'count' || options.kind === 'group') && reading.full !== true) return String(value.length)
    return value.map((entry) => textOf(entry, singular(name), reading, options)).filter((text) => text !== '').join(isObject(value[0]) ? '；' : '、')
  }
  return textOfObject(value, reading)
}

/** Right-aligned, tabular: only what is a figure. */
export function isFigure(name: string, kind: string): boolean {
  return NUMERIC_KINDS.has(kind) || isMoney(name) || COUNTED.has(name) || name === 'round' || name === 'patrol_days' || name === 'measures_this_month' || name === 'workers_present'
}

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function textOfString(value: string, name: string, reading: Reading, type: string | undefined): string {
  if (name === 'area') return reading.areas.get(value) ?? value
  const declared = declaredOption(type, name, value)
  if (declared !== null) return reading.say(declared)
  if (PEOPLE.has(name)) return reading.nameOf?.(value) ?? value
  const group = fieldGroup(name, type)
  if (group !== null) {
    const known = term(group, value)
    if (known.zh !== value) return reading.say(known)
  }
  if (INSTANT.test(value)) return reading.full === true ? fullInstant(value, reading.zone) : shortInstant(value, reading.now, reading.zone)
  return value
}

/** A checklist in short: how many of how many are normal, and which are not. */
function textOfChecks(value: Json, reading: Reading): string {
  const entries: [string, Json | undefined][] = Array.isArray(value)
    ? value.filter(isObject).map((item) => [String(item['code'] ?? ''), item['result']])
    : Object.entries(value as JsonObject).map(([code, answer]) => [code, isObject(answer) ? answer['result'] : answer])
  const abnormal = entries.filter(([, result]) => result === 'abnormal')
  if (abnormal.length === 0) return `${reading.say(terms.result.normal)} ${entries.filter(([, result]) => result === 'normal').length}/${entries.length}`
  const names = abnormal.map(([code]) => reading.say(checkTitle(code))).join('、')
  return `${reading.say(terms.result.abnormal)} ${abnormal.length}: ${names}`
}

function textOfObject(value: JsonObject, reading: Reading): string {
  return readingOrder(Object.keys(value))
    .filter((name) => !isHidden(name))
    .map((name) => ({ title: reading.say(fieldTitle(name)), text: textOf(value[name], name, reading) }))
    .filter(({ text }) => text !== '')
    .map(({ title, text }) => `${title} ${text}`)
    .join(' · ')
}

const VACANCY_ITEMS: Record<string, Label> = {
  door_lock: { zh: '门锁', en: 'Door lock' }, windows: { zh: '门窗', en: 'Windows' }, walls_ceiling_leak: { zh: '墙顶渗漏', en: 'Leaks in walls or ceiling' },
  floor_drain: { zh: '地漏下水', en: 'Floor drain' }, pipes_valves: { zh: '管道阀门', en: 'Pipes and valves' }, electrics: { zh: '电路', en: 'Electrics' },
  items_left: { zh: '遗留物品', en: 'Items left' }, smell_mould: { zh: '异味霉变', en: 'Smell or mould' }, pests: { zh: '虫鼠', en: 'Pests' }, overall: { zh: '整体', en: 'Overall' },
}

export function checkTitle(code: string): Label {
  const patrol = term('patrolItem', code)
  return patrol.zh === code ? (VACANCY_ITEMS[code] ?? patrol) : patrol
}

function singular(name: string): string {
  return name === 'scope' ? 'scope' : name.endsWith('s') ? name.slice(0, -1) : name
}
