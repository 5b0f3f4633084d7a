/**
 * The cases of a unit: repairs, complaints, keys and all else that is declared, open ones first. Pure.
 *
 * Not for: decorations and violations, which have sections and screens of their own.
 */
import type { CatalogueDocument, JsonObject, Label, StatusDocument } from '../../wire/types'

export type UnitCase = { of: string; system: string; title: Label; state: Label; gist: string; isOver: boolean; openedAt: string }

const GISTS = ['text', 'need', 'matter', 'problem', 'obstacle', 'code', 'place', 'purpose'] as const
const MOST = 28
const OWN_SCREENS: readonly string[] = ['decoration_project', 'violation', 'unit', 'household', 'area', 'project']

export function casesOf(unit: string, households: readonly string[], statuses: readonly StatusDocument[], catalogue: ReadonlyMap<string, CatalogueDocument>): UnitCase[] {
  const found = statuses.flatMap((status): UnitCase[] => {
    const type = catalogue.get(status.kind)
    if (type?.states === undefined || OWN_SCREENS.includes(status.kind)) return []
    const { fields } = status as { fields: JsonObject }
    if (fields['unit'] !== unit && fields['unit_id'] !== unit && !households.includes(String(fields['household_id'] ?? ''))) return []
    const state = type.states.find((one) => one.value === status.state)?.title ?? { zh: status.state, en: status.state }
    return [{ of: status.of, system: type.system, title: type.title, state, gist: gistOf(fields), isOver: (type.ends ?? []).includes(status.state), openedAt: String(fields['opened_at'] ?? status.updated_at) }]
  })
  return found.sort((one, other) => Number(one.isOver) - Number(other.isOver) || (one.openedAt > other.openedAt ? -1 : 1))
}

function gistOf(fields: JsonObject): string {
  const said = GISTS.map((name) => fields[name]).find((value): value is string => typeof value === 'string' && value !== '') ?? ''
  return said.length > MOST ? `${said.slice(0, MOST)}…` : said
}
