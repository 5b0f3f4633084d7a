/**
 * Days and durations a record will be judged by, told while there is still time to change them.
 *
 * For: the promise and the next action of a fee visit (R-X-22, R-FEE-11), the length of an airing (R-VAC-03), the number of
 * households of a visit plan (R-VIS-02). Pure.
 * Not for: the judgement itself, which is the server's.
 */
import { addDays } from '../../ledger/days'
import { shareOf } from '../../ledger/periods'
import type { CatalogueDocument, Json } from '../../wire/types'
import { text } from '../subjects'
import type { Gap } from './missing'
import { minutesBetween } from './time'
import { numberFrom, rowsOf, type Values } from './values'

export type Limits = { today: string; nextActionMaxDays: number; airMinMinutes: number; visitRate: number }

/** The project's own figures, else the defaults of the rules. */
export function limitsFrom(settings: ReadonlyMap<string, Json>, today: string): Limits {
  const figure = (key: string, otherwise: number): number => {
    const value = settings.get(key)
    return typeof value === 'number' ? value : otherwise
  }
  return { today, nextActionMaxDays: figure('fee.next_action_max_days', 7), airMinMinutes: figure('vac.air_min_minutes', 30), visitRate: figure('vis.rate', 8) }
}

export function limitGaps(type: CatalogueDocument, values: Values, limits: Limits): Gap[] {
  if (type.record_type === 'fee_visit') return feeGaps(type, values, limits)
  if (type.record_type === 'visit_plan') return planGaps(type, values, limits)
  return type.record_type === 'airing' ? airingGaps(type, values, limits) : []
}

function feeGaps(type: CatalogueDocument, values: Values, { today, nextActionMaxDays }: Limits): Gap[] {
  const isPromised = values['outcome'] === 'promised'
  const promise = isPromised ? text(values['promise_date']) : ''
  const next = values['outcome'] === 'paid' ? '' : text(values['next_action_at'])
  const gaps: Gap[] = []
  if (promise && promise < today) gaps.push({ anchor: 'promise_date', why: 'not_before', title: titleOf(type, 'promise_date'), limit: today })
  if (next && next < today) gaps.push({ anchor: 'next_action_at', why: 'not_before', title: titleOf(type, 'next_action_at'), limit: today })
  const byRule = addDays(today, nextActionMaxDays)
  const last = promise > byRule ? promise : byRule
  if (next > last) gaps.push({ anchor: 'next_action_at', why: 'not_after', title: titleOf(type, 'next_action_at'), limit: last })
  return gaps
}

/** At least the share of the households, and as many lines as were planned (R-VIS-02). */
function planGaps(type: CatalogueDocument, values: Values, { visitRate }: Limits): Gap[] {
  const base = numberFrom(text(values['base_count']), true)
  const required = numberFrom(text(values['required']), true)
  if (base === null || required === null) return []
  const least = shareOf(base, visitRate)
  if (required < least) return [{ anchor: 'required', why: 'at_least', title: titleOf(type, 'required'), limit: String(least) }]
  const lacking = required - rowsOf(values, 'lines').length
  return lacking > 0 ? [{ anchor: 'lines', why: 'rows', title: titleOf(type, 'lines'), count: lacking }] : []
}

function airingGaps(type: CatalogueDocument, values: Values, { airMinMinutes }: Limits): Gap[] {
  const opened = text(values['opened_at'])
  const closed = text(values['closed_at'])
  if (!opened || !closed || minutesBetween(opened, closed) >= airMinMinutes) return []
  return [{ anchor: 'closed_at', why: 'too_short', title: titleOf(type, 'closed_at'), limit: String(airMinMinutes) }]
}

function titleOf(type: CatalogueDocument, name: string): Gap['title'] {
  return type.form.find((field) => field.name === name)?.title ?? { zh: name, en: name }
}
