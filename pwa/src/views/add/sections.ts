/**
 * What can be recorded, in the order in which it is looked for: what this person records most, then by area of work.
 *
 * For: the sheet behind the round button. Pure: the catalogue and one's own records are handed in.
 * Not for: where a record belongs (candidates.ts).
 */
import type { CatalogueDocument, JsonObject, Label } from '../../wire/types'
import { term, valuesOf } from '../../words'

export type Section = { system: string; title: Label; types: CatalogueDocument[] }
export type AddList = { often: CatalogueDocument[]; recent: CatalogueDocument[]; sections: Section[] }
/** How often a type was recorded by this person, and when last (milliseconds). */
export type Usage = ReadonlyMap<string, { count: number; lastAt: number }>

// The walk's own order: what stands first until a person's own records say otherwise.
const WALK: readonly string[] = ['decoration_patrol', 'vacancy_check', 'airing', 'vacant_cleaning', 'fee_visit', 'resident_visit', 'public_area_patrol', 'repair_order', 'complaint', 'violation']
const MOST_OFTEN = 6
const MOST_RECENT = 3

/** The types a person with these roles records on a phone. */
export function recordable(types: Iterable<CatalogueDocument>, roles: readonly string[]): CatalogueDocument[] {
  return [...types].filter((type) => type.offline && type.roles.some((role) => roles.includes(role)))
}

export function usageOf(types: readonly CatalogueDocument[], factsOfType: (type: string) => JsonObject[], author: string): Usage {
  const usage = new Map<string, { count: number; lastAt: number }>()
  for (const { record_type } of types) {
    const own = factsOfType(record_type).filter((fact) => fact['author'] === author)
    if (own.length > 0) usage.set(record_type, { count: own.length, lastAt: Math.max(...own.map((fact) => Date.parse(String(fact['performed_at'])))) })
  }
  return usage
}

export function addList(types: readonly CatalogueDocument[], usage: Usage): AddList {
  const rank = (type: CatalogueDocument): number => (WALK.includes(type.record_type) ? WALK.indexOf(type.record_type) : WALK.length)
  const count = (type: CatalogueDocument): number => usage.get(type.record_type)?.count ?? 0
  const lastAt = (type: CatalogueDocument): number => usage.get(type.record_type)?.lastAt ?? 0
  const often = types
    .filter((type) => count(type) > 0 || rank(type) < WALK.length)
    .sort((one, other) => count(other) - count(one) || rank(one) - rank(other))
    .slice(0, MOST_OFTEN)
  const recent = types
    .filter((type) => count(type) > 0 && !often.includes(type))
    .sort((one, other) => lastAt(other) - lastAt(one))
    .slice(0, MOST_RECENT)
  return { often, recent, sections: sectionsOf(types) }
}

/** Types whose title in either language, or whose area of work, holds every word of `search`. */
export function matchingTypes(types: readonly CatalogueDocument[], search: string): CatalogueDocument[] {
  const wanted = search.trim().toLowerCase().split(/\s+/)
  return types.filter((type) => {
    const area = term('system', type.system)
    const said = `${type.title.zh} ${type.title.en} ${area.zh} ${area.en}`.toLowerCase()
    return wanted.every((word) => said.includes(word))
  })
}

function sectionsOf(types: readonly CatalogueDocument[]): Section[] {
  const known: string[] = valuesOf('system')
  const place = (system: string): number => (known.includes(system) ? known.indexOf(system) : known.length)
  const systems = [...new Set(types.map((type) => type.system))].sort((one, other) => place(one) - place(other) || (one < other ? -1 : 1))
  return systems.map((system) => ({ system, title: term('system', system), types: types.filter((type) => type.system === system).sort(openersFirst) }))
}

/** What opens a case stands before the steps that move it on. */
function openersFirst(one: CatalogueDocument, other: CatalogueDocument): number {
  return Number(isStep(one)) - Number(isStep(other)) || (one.record_type < other.record_type ? -1 : 1)
}

function isStep(type: CatalogueDocument): boolean {
  return type.record_type.endsWith('_step') || type.record_type.endsWith('_progress')
}
