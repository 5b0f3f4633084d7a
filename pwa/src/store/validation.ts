/** Whether a record says all that its type demands, judged on the phone by the catalogue's own schema.
 *
 * For: telling what is missing before saving. Not for: business rules (the server judges, and holds what breaks one).
 */
import { Validator, type OutputUnit, type Schema } from '@cfworker/json-schema'
import { get } from 'svelte/store'
import type { CatalogueDocument, Json, JsonObject, Label } from '../wire/types'
import { catalogue } from './catalogue'
import { factOf, type NewRecord } from './outbox'
import { session, timeZone } from './session'

export type Problem = { path: string; message: Label }

const validators = new WeakMap<JsonObject, Validator>()

/** What the catalogue finds wrong with a record, by JSON pointer into the document; empty when nothing. */
export function validateRecord(record: NewRecord): Problem[] {
  const type = get(catalogue).get(record.type)
  if (type === undefined) return [{ path: '', message: { zh: '本机还没有这种记录的表单，请联网同步一次', en: 'This phone has no form for this kind of record yet; sync once' } }]
  const who = get(session)
  const fact = factOf(record, who?.me.user ?? 'nobody', who?.device ?? 'dev-0', who?.me.projects[0]?.id ?? '', new Date(), timeZone())
  return [...schemaProblems(type, fact as unknown as JsonObject), ...photoProblems(type, record)]
}

function schemaProblems(type: CatalogueDocument, document: JsonObject): Problem[] {
  let validator = validators.get(type.schema)
  if (validator === undefined) {
    validator = new Validator(type.schema as Schema, '2020-12', false)
    validators.set(type.schema, validator)
  }
  const found = validator.validate(document).errors
  const problems = new Map<string, Problem>()
  // The innermost finding of a path says most; its ancestors only say that something below is wrong.
  for (const unit of found.filter((one) => !GROUPING.has(one.keyword))) {
    const path = pathOf(unit)
    if (!problems.has(path)) problems.set(path, { path, message: wordsFor(unit, type) })
  }
  return [...problems.values()]
}

const GROUPING = new Set(['properties', 'items', 'allOf', 'anyOf', 'oneOf', 'if', 'then', 'else', '$ref', 'prefixItems', 'dependentSchemas'])

function pathOf(unit: OutputUnit): string {
  const base = unit.instanceLocation.replace(/^#/, '')
  const missing = unit.keyword === 'required' ? /"([^"]+)"/.exec(unit.error)?.[1] : undefined
  return missing === undefined ? base : `${base}/${missing}`
}

function wordsFor(unit: OutputUnit, type: CatalogueDocument): Label {
  const path = pathOf(unit)
  const name = path.split('/').filter((part) => !/^\d+$/.test(part)).at(-1) ?? ''
  const title = type.form.flatMap((field) => [field, ...(field.fields ?? [])]).find((field) => field.name === name)?.title ?? { zh: name, en: name }
  if (unit.keyword === 'required') return { zh: `请填写：${title.zh}`, en: `Fill in: ${title.en}` }
  return { zh: `请检查：${title.zh}`, en: `Check: ${title.en}` }
}

function photoProblems(type: CatalogueDocument, record: NewRecord): Problem[] {
  const counted = record.photos.filter((photo) => type.photos.kinds.length === 0 || type.photos.kinds.includes(photo.kind)).length
  const needed = (type.photos.when ?? [])
    .filter((condition) => matches(record.body[condition.field], condition.in))
    .reduce((most, condition) => Math.max(most, condition.min), type.photos.min)
  const missing = needed - counted
  if (missing <= 0) return []
  return [{ path: '/photos', message: { zh: `还差 ${missing} 张照片`, en: `${missing} more photo${missing === 1 ? '' : 's'} needed` } }]
}

function matches(value: Json | undefined, wanted: readonly Json[]): boolean {
  return value !== undefined && wanted.some((one) => one === value || (Array.isArray(value) && value.includes(one)))
}
