/**
 * What a register is filtered by, as it stands in the address.
 *
 * For: reading filters from the address, writing them back, and asking the server for exactly them.
 * Not for: drawing chips (FilterBar.svelte).
 */
import { addDays, addMonths } from '../time'
import type { Query } from '../api'

export type Filters = { area: string; period: string; state: string; q: string; sort: string; unit: string; author: string }
export const NO_FILTERS: Filters = { area: '', period: '', state: '', q: '', sort: '', unit: '', author: '' }
const NAMES = Object.keys(NO_FILTERS) as (keyof Filters)[]
const PERIOD = /^\d{4}-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?$/

/** Filters named in an address; what cannot be meant (a period that is no month or day) is left out. */
export function filtersOf(query: URLSearchParams): Filters {
  const filters = { ...NO_FILTERS }
  for (const name of NAMES) filters[name] = (query.get(name) ?? '').trim()
  if (filters.period !== '' && !PERIOD.test(filters.period)) filters.period = ''
  return filters
}

/** The address's query: only what is set, always in one order, so that equal filters give equal links. */
export function addressQuery(filters: Filters): Record<string, string> {
  const query: Record<string, string> = {}
  for (const name of NAMES) if (filters[name] !== '') query[name] = filters[name]
  return query
}

export function apiQuery(filters: Filters): Query {
  return addressQuery(filters)
}

/** Whether any row could be left out: sorting leaves none out. */
export function isFiltered(filters: Filters): boolean {
  return NAMES.some((name) => name !== 'sort' && filters[name] !== '')
}

export function withoutFilters(filters: Filters): Filters {
  return { ...NO_FILTERS, sort: filters.sort }
}

/** Sorting by a column: first upwards, then downwards, then as the server likes. */
export function nextSort(current: string, column: string): string {
  if (current === column) return `-${column}`
  return current === `-${column}` ? '' : column
}

export function sortOf(sort: string, column: string): 'ascending' | 'descending' | 'none' {
  if (sort === column) return 'ascending'
  return sort === `-${column}` ? 'descending' : 'none'
}

export type PeriodChoice = { value: string; name: 'today' | 'yesterday' | 'thisMonth' | 'lastMonth' | 'other' }

/** The periods offered, newest first: two days, then twelve months; one chosen by link that is none of them is kept. */
export function periodChoices(today: string, chosen: string): PeriodChoice[] {
  const month = today.slice(0, 7)
  const choices: PeriodChoice[] = [
    { value: today, name: 'today' },
    { value: addDays(today, -1), name: 'yesterday' },
    { value: month, name: 'thisMonth' },
    { value: addMonths(month, -1), name: 'lastMonth' },
  ]
  for (let back = 2; back < 12; back += 1) choices.push({ value: addMonths(month, -back), name: 'other' })
  if (chosen !== '' && !choices.some((choice) => choice.value === chosen)) choices.push({ value: chosen, name: 'other' })
  return choices
}
