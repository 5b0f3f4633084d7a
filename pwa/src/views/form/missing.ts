/**
 * What a form still lacks, in the order in which it is on the screen: the save bar names the first and jumps there.
 *
 * For: required fields, unanswered items, notes and photos of abnormal ones, numbers that cannot be read, photos to take. Pure.
 * Not for: rules that compare with other records (the server judges those), or the schema (store/validation).
 */
import type { CatalogueDocument, FormField, Label, PhotoRef } from '../../wire/types'
import type { Words } from '../../words'
import { answerOf, fenFrom, holds, numberFrom, rowsOf, shownFields, type Values } from './values'

export type Gap = { anchor: string; why: 'choose' | 'sign' | 'rows' | 'fill' | 'item' | 'note' | 'item_photo' | 'photos' | 'number' | 'amount' | 'at_least' | 'at_most' | 'not_before' | 'not_after' | 'too_short'; title: Label; count?: number; limit?: string }
export type PhotoNeed = { min: number; kinds: PhotoRef['kind'][] }

const NONE: Label = { zh: '', en: '' }

/** The photos a record of this type needs with these values. Each finding of a group `anomalies` needs one more (R-VAC-12). */
export function photoNeed(type: CatalogueDocument, values: Values): PhotoNeed {
  const conditional = (type.photos.when ?? []).filter((condition) => holds(condition, values)).map((condition) => condition.min)
  const findings = type.form.some((field) => field.name === 'anomalies') ? rowsOf(values, 'anomalies').length : 0
  return { min: Math.max(type.photos.min + findings, ...conditional), kinds: type.photos.kinds }
}

export function photoGap(need: PhotoNeed, photos: readonly { kind: PhotoRef['kind'] }[]): Gap[] {
  const counted = photos.filter((photo) => need.kinds.length === 0 || need.kinds.includes(photo.kind)).length
  if (counted >= need.min) return []
  const why = need.kinds.every((kind) => kind === 'signature') && need.kinds.length > 0 ? 'sign' : 'photos'
  return [{ anchor: 'photos', why, title: NONE, count: need.min - counted }]
}

/** A signature that the step needs and no record has brought yet. */
export function signatureGap(isNeeded: boolean, photos: readonly { kind: PhotoRef['kind'] }[]): Gap[] {
  return isNeeded && !photos.some((photo) => photo.kind === 'signature') ? [{ anchor: 'photos', why: 'sign', title: NONE }] : []
}

/** `itemPhotosNeeded`: abnormal items need a photo of their own (decoration patrol, R-DEC-08). */
export function gapsOf(form: readonly FormField[], values: Values, itemPhotosNeeded: boolean, prefix = ''): Gap[] {
  return shownFields(form, values).flatMap((field) => gapsOfField(field, values, itemPhotosNeeded, prefix))
}

/** What the save bar says about the first of `gaps`; null when nothing is missing. */
export function sayFirst(gaps: readonly Gap[], words: Words['form'], say: (label: Label) => string): { text: string; anchor: string } | null {
  const [first] = gaps
  if (!first) return null
  const isWrong = complaintOf(first, words) !== null
  return { anchor: first.anchor, text: isWrong ? words.check(say(first.title)) : words.missing(nameOf(first, words, say), gaps.length - 1) }
}

/** What is wrong with something typed; null when it is only missing, which the save bar says. */
export function complaintOf(gap: Gap, words: Words['form']): string | null {
  switch (gap.why) {
    case 'number':
      return words.number
    case 'amount':
      return words.amount
    case 'at_least':
      return words.atLeast(gap.limit ?? '')
    case 'at_most':
      return words.atMost(gap.limit ?? '')
    case 'not_before':
      return words.notBefore(gap.limit ?? '')
    case 'not_after':
      return words.notAfter(gap.limit ?? '')
    case 'too_short':
      return words.tooShort(Number(gap.limit))
    default:
      return null
  }
}

function nameOf(gap: Gap, words: Words['form'], say: (label: Label) => string): string {
  const title = say(gap.title)
  switch (gap.why) {
    case 'note':
      return words.noteItem(title)
    case 'item_photo':
      return words.photoItem(title)
    case 'photos':
      return words.missingPhotos(gap.count ?? 1)
    case 'sign':
      return words.missingSignature
    case 'rows':
      return words.missingRows(title, gap.count ?? 1)
    default:
      return words.name(title)
  }
}

function gapsOfField(field: FormField, values: Values, itemPhotosNeeded: boolean, prefix: string): Gap[] {
  const anchor = `${prefix}${field.name}`
  const value = values[field.name]
  const title = field.title
  switch (field.kind) {
    case 'checklist':
      return (field.items ?? []).flatMap((item) => itemGaps(field, item, values, itemPhotosNeeded, prefix))
    case 'group': {
      const rows = rowsOf(values, field.name)
      const least = field.min ?? (field.required ? 1 : 0)
      const own: Gap[] = rows.length < least ? [{ anchor, why: 'fill', title }] : []
      return [...own, ...rows.flatMap((row, index) => gapsOf(field.fields ?? [], row, itemPhotosNeeded, `${anchor}.${index}.`))]
    }
    case 'bool':
    case 'enum':
      return field.required && (value === null || value === undefined) ? [{ anchor, why: 'choose', title }] : []
    case 'multi_enum':
    case 'ticks':
      return field.required && !(Array.isArray(value) && value.length > 0) ? [{ anchor, why: 'choose', title }] : []
    case 'money':
    case 'integer':
    case 'decimal':
      return numberGaps(field, String(value ?? ''), anchor)
    default:
      return field.required && !String(value ?? '').trim() ? [{ anchor, why: 'fill', title }] : []
  }
}

function itemGaps(field: FormField, item: { code: string; title: Label }, values: Values, itemPhotosNeeded: boolean, prefix: string): Gap[] {
  const anchor = `${prefix}${field.name}.${item.code}`
  const answer = answerOf(values, field.name, item.code)
  if (answer.result === null) return field.required ? [{ anchor, why: 'item', title: item.title }] : []
  if (answer.result !== 'abnormal') return []
  const gaps: Gap[] = []
  if (!answer.note.trim()) gaps.push({ anchor, why: 'note', title: item.title })
  if (itemPhotosNeeded && answer.photos.length === 0) gaps.push({ anchor, why: 'item_photo', title: item.title })
  return gaps
}

function numberGaps(field: FormField, typed: string, anchor: string): Gap[] {
  const title = field.title
  if (!typed.trim()) return field.required ? [{ anchor, why: 'fill', title }] : []
  const isMoney = field.kind === 'money'
  const number = isMoney ? fenFrom(typed) : numberFrom(typed, field.kind === 'integer')
  if (number === null) return [{ anchor, why: isMoney ? 'amount' : 'number', title }]
  const shown = (limit: number): string => (isMoney ? (limit / 100).toFixed(2) : String(limit))
  if (field.min !== undefined && number < field.min) return [{ anchor, why: 'at_least', title, limit: shown(field.min) }]
  if (field.max !== undefined && number > field.max) return [{ anchor, why: 'at_most', title, limit: shown(field.max) }]
  return []
}
