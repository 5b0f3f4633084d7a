/** What holds for the whole site: its settings and its calendar, from the project's reference documents on this phone. */
import { dayOf, type Day } from '../ledger/days'
import type { Calendar } from '../ledger/recurrences'
import type { Json, JsonObject } from '../wire/types'

/** Settings valid today; of two for one key the later valid one. */
export function settingsFrom(documents: readonly JsonObject[], now: Date, zone: string): ReadonlyMap<string, Json> {
  const today = dayOf(now, zone)
  const found = new Map<string, { from: Day; value: Json }>()
  for (const { key, value, valid_from } of documents.map(bodyOf)) {
    const from = typeof valid_from === 'string' ? valid_from : ''
    if (typeof key !== 'string' || value === undefined || from > today || (found.get(key)?.from ?? '') > from) continue
    found.set(key, { from, value })
  }
  return new Map([...found].map(([key, { value }]) => [key, value]))
}

/** Holidays and make-up days of `calendar` and `calendar_day` documents. */
export function calendarFrom(documents: readonly JsonObject[], zone: string): Calendar {
  const holidays = new Set<Day>()
  const makeupDays = new Set<Day>()
  for (const document of documents) {
    const body = bodyOf(document)
    for (const day of daysIn(body['holidays'])) holidays.add(day)
    for (const day of daysIn(body['makeup_days'])) makeupDays.add(day)
    if (body['kind'] === 'holiday') for (const day of daysIn([body['date'] ?? null])) holidays.add(day)
    if (body['kind'] === 'makeup') for (const day of daysIn([body['date'] ?? null])) makeupDays.add(day)
  }
  return { zone, holidays, makeupDays }
}

function bodyOf(document: JsonObject): JsonObject {
  const body = document['body']
  return typeof body === 'object' && body !== null && !Array.isArray(body) ? body : document
}

function daysIn(value: Json | undefined): Day[] {
  return Array.isArray(value) ? value.filter((one): one is Day => typeof one === 'string') : []
}
