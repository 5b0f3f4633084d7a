/**
 * A record's body as lines to read: the catalogue's titles and option names, money in yuan, moments at the site.
 *
 * For: any record type, also one this version of the app has never met. Pure.
 * Not for: editing (form/).
 */
import type { FormField, Json, JsonObject, Label } from '../../wire/types'
import { term, type Words } from '../../words'
import { dayOf, moment, yuan, type Language } from '../../words/format'
import { isObject, list, text, unitNoOf, type Docs } from '../subjects'

export type Reader = { say: (label: Label) => string; words: Words; language: Language; docs: Docs }
export type Line = { name: string; value: string }

export function lines(body: JsonObject, form: readonly FormField[], reader: Reader): Line[] {
  return form.filter((field) => body[field.name] !== undefined).flatMap((field) => linesOf(field, body[field.name] as Json, reader))
}

function linesOf(field: FormField, value: Json, reader: Reader): Line[] {
  const name = reader.say(field.title)
  if (field.kind === 'checklist') return checklistLines(field, value, reader)
  if (field.kind === 'group') {
    return list(value).filter(isObject).map((row, index, all) => ({
      name: all.length > 1 ? `${name} ${index + 1}` : name,
      value: lines(row, field.fields ?? [], reader).map((line) => line.value).join(' · '),
    }))
  }
  return [{ name, value: shown(field, value, reader) }]
}

function checklistLines(field: FormField, value: Json, reader: Reader): Line[] {
  const answers = list(value).filter(isObject)
  const found = answers.filter((answer) => answer['result'] === 'abnormal')
  const titleOf = (code: string): string => reader.say(field.items?.find((item) => item.code === code)?.title ?? { zh: code, en: code })
  if (found.length === 0) return [{ name: reader.say(field.title), value: reader.words.decoration.allNormal }]
  return found.map((answer) => ({ name: titleOf(text(answer['code'])), value: [reader.say(term('result', 'abnormal')), text(answer['note'])].filter(Boolean).join('：') }))
}

function shown(field: FormField, value: Json, { say, words, language, docs }: Reader): string {
  const option = (one: Json): string => {
    const title = field.options?.find((known) => known.value === one)?.title
    return title ? say(title) : String(one)
  }
  switch (field.kind) {
    case 'money':
      return typeof value === 'number' ? yuan(value) : ''
    case 'bool':
      return value === true ? words.form.yes : words.form.no
    case 'date':
      return dayOf(text(value), language)
    case 'datetime':
      return moment(text(value), language)
    case 'enum':
      return option(value)
    case 'multi_enum':
    case 'ticks':
      return list(value).map(option).join(words.app.comma)
    case 'link':
      return (Array.isArray(value) ? value : [value]).map((one) => unitNoOf(docs, String(one)) || String(one)).join(words.app.comma)
    default:
      return [String(value ?? ''), field.unit].filter(Boolean).join(' ')
  }
}
