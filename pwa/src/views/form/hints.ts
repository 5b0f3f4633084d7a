/**
 * What a person is told while filling in, without being stopped: a meter that moves in an empty unit, a visit at a quiet hour.
 *
 * For: hints beside a field (`anchor`) or above the form (`anchor` empty). Pure.
 * Not for: what is missing or wrong (missing.ts, limits.ts): a hint never keeps a record from being saved.
 * Source: domain.md 4.4 vacancy_check ("alarm if rising in an empty unit") and fee_visit ("quiet hours warned"); 7.2 rv.quiet_hours.
 */
import type { JsonObject } from '../../wire/types'
import type { Words } from '../../words'
import { isObject } from '../subjects'
import { numberFrom, type Values } from './values'

export type Hint = { anchor: string; text: string }

const METERS = { meter_water: 'water', meter_electric: 'electric', meter_gas: 'gas' } as const
/** Minutes of the day in which nobody is visited or called: before 09:00, 12:00–14:30, after 20:30. */
const QUIET: readonly (readonly [number, number])[] = [[0, 540], [720, 870], [1230, 1440]]
const DISTURBING: readonly string[] = ['home_visit', 'phone', 'visit', 'call']

/** `fields` of the subject's status; `minute` of the day at the site. */
export function hintsOf(type: string, values: Values, fields: JsonObject, minute: number, words: Words['hints']): Hint[] {
  if (type === 'vacancy_check') return meterHints(values, fields, words)
  const channel = type === 'fee_visit' ? values['measure'] : type === 'return_visit' ? values['channel'] : type === 'resident_visit' ? 'home_visit' : null
  const isQuiet = QUIET.some(([from, to]) => from <= minute && minute < to)
  return isQuiet && DISTURBING.includes(String(channel)) ? [{ anchor: '', text: words.quietHours }] : []
}

function meterHints(values: Values, fields: JsonObject, words: Words['hints']): Hint[] {
  const last = fields['meters']
  if (!isObject(last)) return []
  return Object.entries(METERS).flatMap(([name, kind]) => {
    const before = last[kind]
    const now = numberFrom(String(values[name] ?? ''), false)
    if (typeof before !== 'number' || now === null || now === before) return []
    const moved = Math.round(Math.abs(now - before) * 1000) / 1000
    return [{ anchor: name, text: now > before ? words.meterRising(String(before), String(moved)) : words.meterFalling(String(before)) }]
  })
}
