/** The rule table as the project's `duty_book` document brings it: how duties of areas and limits of cases are declared.
 *
 * For: reading it once, with types. Written by server/catalogue/duty_table.py.
 * Not for: judging (periods.ts, limits.ts, store/declared-duties.ts).
 */
import type { Json, JsonObject, Label } from '../wire/types'
import type { Within } from './limits'
import type { Every } from './periods'

export type Condition = { field: string; in: Json[] }
export type ActsOf = { types: string[]; entering: string[]; when?: Condition }
type Common = { of: string; for: string; acts: ActsOf; having?: Condition }
export type DeclaredDeadline = Common & { kind: 'deadline'; start: { entering: string[]; acts?: ActsOf; field?: string }; within: Within; ends: string[]; dropped_in: string[] }
export type DeclaredRecurrence = Common & {
  kind: 'recurrence'; every: Every; while_in: string[]; needed?: string; distinct?: string; months?: number[]; weekdays?: number[]; working_days_only?: boolean
  closes_on_day?: string; closes_on_working_day?: string; opens_days_before_end?: string
  share?: { rate: string; least: string | null; base: ActsOf; base_field: string | null; base_period: 'same' | 'before' }
}
export type Declared = DeclaredDeadline | DeclaredRecurrence
/** What the server calls a duty, which forms answer it, which records meet it whatever they say, and how it is declared. */
export type KnownDuty = { title: Label; forms: string[]; metBy: string[]; declared?: Declared }
export type DutyBook = ReadonlyMap<string, KnownDuty>

export function dutyBookFrom(documents: readonly JsonObject[]): DutyBook {
  const book = new Map<string, KnownDuty>()
  for (const document of documents) {
    for (const [rule, told] of Object.entries(objectOf(document['duties']))) {
      if (!isObject(told)) continue
      const declared = told['declared']
      book.set(rule, { title: told['title'] as Label, forms: texts(told['forms']), metBy: texts(told['met_by']), ...(isObject(declared) ? { declared: declared as unknown as Declared } : {}) })
    }
  }
  return book
}

/** Settings of the declared rules as they are when the project has not set its own. */
export function bookSettings(documents: readonly JsonObject[]): ReadonlyMap<string, Json> {
  return new Map(documents.flatMap((document) => Object.entries(objectOf(document['settings']))))
}

/** Whether a condition on fields holds: one of the values, or a list with one of them. Without a condition it does. */
export function holds(condition: Condition | undefined, fields: JsonObject): boolean {
  if (condition === undefined) return true
  const value = fields[condition.field]
  return value !== undefined && condition.in.some((one) => one === value || (Array.isArray(value) && value.includes(one)))
}

const isObject = (value: Json | undefined): value is JsonObject => typeof value === 'object' && value !== null && !Array.isArray(value)
const objectOf = (value: Json | undefined): JsonObject => (isObject(value) ? value : {})
const texts = (value: Json | undefined): string[] => (Array.isArray(value) ? value.filter((one): one is string => typeof one === 'string') : [])
