/**
 * The units of one's areas, in the order of the building, and filtering them. Pure.
 *
 * For: one sorted list per change of the documents; a keystroke only filters it.
 */
import type { JsonObject } from '../../wire/types'
import { bodyOf, householdOf, text } from '../subjects'

export type UnitRow = { id: string; unitNo: string; building: string; status: string; isVacant: boolean; names: string; owes: boolean }
export type UnitFilter = { search: string; building: string; status: string }

/** 3-1-502 after 3-1-401 and before 10-1-101: figures compare as numbers. */
export function compareUnitNo(one: string, other: string): number {
  return collator.compare(one, other)
}

const collator = new Intl.Collator('zh-CN', { numeric: true })

export function unitRows(units: readonly JsonObject[], households: readonly JsonObject[], owing: ReadonlySet<string>): UnitRow[] {
  const names = new Map<string, string[]>()
  for (const document of households) {
    const { unit, name } = householdOf(document)
    if (name) names.set(unit, [...(names.get(unit) ?? []), name])
  }
  return units
    .map((document) => {
      const body = bodyOf(document)
      const id = text(document['_id'])
      return {
        id,
        unitNo: text(body['unit_no']),
        building: text(body['building']),
        status: text(body['status']),
        isVacant: text(body['vacancy_kind']) !== '' && !text(body['vacant_to']),
        names: (names.get(id) ?? []).join('、'),
        owes: owing.has(id),
      }
    })
    .sort((one, other) => compareUnitNo(one.unitNo, other.unitNo))
}

export function filtered(rows: readonly UnitRow[], { search, building, status }: UnitFilter): UnitRow[] {
  const wanted = search.trim().toLowerCase()
  return rows.filter(
    (row) =>
      (!building || row.building === building) && (!status || row.status === status) && (!wanted || row.unitNo.toLowerCase().includes(wanted) || row.names.toLowerCase().includes(wanted)),
  )
}

/** The different values of one column, in order of appearance. */
export function valuesIn(rows: readonly UnitRow[], column: 'building' | 'status'): string[] {
  return [...new Set(rows.map((row) => row[column]))].filter(Boolean)
}

/** Units of households that owe something, by their statuses. */
export function owingUnits(statuses: readonly JsonObject[]): Set<string> {
  const units = new Set<string>()
  for (const status of statuses) {
    const fields = status['fields']
    if (status['kind'] !== 'household' || typeof fields !== 'object' || fields === null || Array.isArray(fields)) continue
    if (Number(fields['arrears_fen'] ?? 0) > 0) units.add(text(fields['unit']))
  }
  return units
}
