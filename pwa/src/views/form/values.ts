/**
 * What stands in a form drawn from the catalogue, and the body it becomes.
 *
 * For: first values, which fields are shown, reading what a person typed, and back again for a correction. Pure.
 * Not for: what is missing (missing.ts), drawing (Fields.svelte), or judging by the schema (store/validation).
 *
 * A number or amount is kept as typed text until it is saved; a checklist as `{code: {result, note, photos}}`; a group as rows.
 */
import type { FormField, Json, JsonObject } from '../../wire/types'
import { isObject, list, text } from '../subjects'

export type Values = { [field: string]: Json }
export type ItemAnswer = { result: 'normal' | 'abnormal' | 'na' | null; note: string; photos: string[] }
export type Beginnings = { now: string; today: string; subject: string | null; fields: JsonObject }

export function firstValues(form: readonly FormField[], from: Beginnings): Values {
  return Object.fromEntries(form.map((field) => [field.name, firstValue(field, from)]))
}

/** The fields to show: those whose condition holds, themselves under a shown field or none. */
export function shownFields(form: readonly FormField[], values: Values): FormField[] {
  const shown: FormField[] = []
  for (const field of form) {
    const condition = field.when
    if (!condition) shown.push(field)
    else if (holds(condition, values) && (shown.some((one) => one.name === condition.field) || !form.some((one) => one.name === condition.field))) shown.push(field)
  }
  return shown
}

export function holds(condition: { field: string; in: Json[] }, values: Values): boolean {
  const value = values[condition.field]
  return value !== undefined && condition.in.some((one) => one === value || list(value).includes(one))
}

/** The body to save: shown fields that were answered, in the units documents use. What cannot be read is left out. */
export function bodyFrom(form: readonly FormField[], values: Values): JsonObject {
  const body: JsonObject = {}
  for (const field of shownFields(form, values)) {
    const value = written(field, values[field.name])
    if (value !== undefined) body[field.name] = value
  }
  return body
}

/** The values a saved body would be edited with. */
export function valuesFrom(form: readonly FormField[], body: JsonObject): Values {
  return Object.fromEntries(form.map((field) => [field.name, edited(field, body[field.name])]))
}

/** Fen from what a person typed: `1234.5`, `1,234.50`, `¥12`. Null when it is not an amount. */
export function fenFrom(typed: string): number | null {
  const plain = half(typed).replace(/[,，\s¥￥元]/g, '')
  const parts = /^(\d{1,10})(?:\.(\d{0,2}))?$/.exec(plain)
  return parts ? Number(parts[1]) * 100 + Number((parts[2] ?? '').padEnd(2, '0')) : null
}

export function yuanText(fen: number): string {
  return `${Math.trunc(fen / 100)}.${String(Math.abs(fen) % 100).padStart(2, '0')}`
}

/** A number from what a person typed; null when it is none, or not whole where it must be. */
export function numberFrom(typed: string, whole: boolean): number | null {
  const plain = half(typed).replace(/[,，\s]/g, '')
  return (whole ? /^-?\d{1,12}$/ : /^-?\d{1,12}(\.\d{1,6})?$/).test(plain) ? Number(plain) : null
}

export function answerOf(values: Values, field: string, code: string): ItemAnswer {
  const answers = values[field]
  const answer = isObject(answers) ? answers[code] : undefined
  if (!isObject(answer)) return { result: null, note: '', photos: [] }
  const result = answer['result']
  return {
    result: result === 'normal' || result === 'abnormal' || result === 'na' ? result : null,
    note: text(answer['note']),
    photos: list(answer['photos']).filter((one): one is string => typeof one === 'string'),
  }
}

/** Every item without an answer becomes normal; what was found abnormal stays. */
export function allNormal(codes: readonly string[], values: Values, field: string): JsonObject {
  return Object.fromEntries(codes.map((code) => {
    const answer = answerOf(values, field, code)
    return [code, answer.result === null ? { ...answer, result: 'normal' } : answer]
  }))
}

export function rowsOf(values: Values, field: string): Values[] {
  return list(values[field]).filter(isObject)
}

/** Hashes of the photos that belong to an item of a checklist, and are not shown among the record's own. */
export function itemPhotos(form: readonly FormField[], values: Values): Set<string> {
  const hashes = new Set<string>()
  for (const field of form) {
    if (field.kind !== 'checklist') continue
    for (const item of field.items ?? []) for (const hash of answerOf(values, field.name, item.code).photos) hashes.add(hash)
  }
  return hashes
}

function firstValue(field: FormField, from: Beginnings): Json {
  const start = field.initial === undefined ? undefined : startOf(field.initial, from)
  if (start !== undefined && start !== null) return edited(field, start)
  if (field.kind === 'link' && from.subject && linkKinds(field).some((kind) => from.subject?.startsWith(`${kind}:`))) return from.subject
  return edited(field, undefined)
}

function startOf(initial: string, from: Beginnings): Json | undefined {
  if (initial === 'now') return from.now
  if (initial === 'today') return from.today
  if (initial === 'month') return from.today.slice(0, 7)
  if (initial.startsWith('fields.')) return from.fields[initial.slice('fields.'.length)]
  return initial
}

/** What kinds of subject a link may name: `unit` for `unit_id` where the catalogue does not say. */
export function linkKinds(field: FormField): string[] {
  return field.links ?? [field.name.replace(/_id$/, '')]
}

function edited(field: FormField, value: Json | undefined): Json {
  switch (field.kind) {
    case 'money':
      return typeof value === 'number' ? yuanText(value) : ''
    case 'integer':
    case 'decimal':
      return typeof value === 'number' ? String(value) : ''
    case 'bool':
      return typeof value === 'boolean' ? value : null
    case 'enum':
      return typeof value === 'string' ? value : null
    case 'multi_enum':
    case 'ticks':
      return list(value)
    case 'checklist':
      return Object.fromEntries(list(value).filter(isObject).map((item) => [text(item['code']), { result: item['result'] ?? null, note: text(item['note']), photos: list(item['photos']) }]))
    case 'group':
      return list(value).filter(isObject).map((row) => valuesFrom(field.fields ?? [], row))
    default:
      return typeof value === 'string' ? value : ''
  }
}

function written(field: FormField, value: Json | undefined): Json | undefined {
  if (value === undefined || value === null) return undefined
  switch (field.kind) {
    case 'money':
      return fenFrom(String(value)) ?? undefined
    case 'integer':
    case 'decimal':
      return numberFrom(String(value), field.kind === 'integer') ?? undefined
    case 'bool':
      return typeof value === 'boolean' ? value : undefined
    case 'multi_enum':
    case 'ticks':
      return list(value).length > 0 ? list(value) : undefined
    case 'checklist':
      return (field.items ?? []).flatMap(({ code }) => {
        const { result, note, photos } = answerOf({ [field.name]: value }, field.name, code)
        if (result === null) return []
        const says = note.trim()
        return [{ code, result, ...(says && result === 'abnormal' ? { note: says } : {}), ...(photos.length && result === 'abnormal' ? { photos } : {}) }]
      })
    case 'group': {
      const rows = list(value).filter(isObject).map((row) => bodyFrom(field.fields ?? [], row))
      return rows.length > 0 || field.required ? rows : undefined
    }
    default:
      return text(value).trim() || undefined
  }
}

// Chinese keyboards offer full-width figures and stops.
function half(typed: string): string {
  return typed.replace(/[０-９]/g, (figure) => String.fromCharCode(figure.charCodeAt(0) - 0xfee0)).replace(/[．。]/g, '.').trim()
}
