/** Which subjects a record of a type can be about, in the order of the building. Pure: documents are handed in. */
import type { CatalogueDocument, JsonObject, Label, StatusDocument, SubjectKind } from '../wire/types'
import { term } from '../words'
import { isPossible } from './form/steps'
import { bodyOf, householdOf, statusIn, text, unitNoOf, type Docs } from './subjects'
import { compareUnitNo } from './units/units'

export type Candidate = { subject: string; unitNo: string; name: string; state: Label | null }
const VACANT_TYPES: readonly string[] = ['vacancy_check', 'airing', 'vacant_cleaning']
const SITE_STATES: readonly string[] = ['in_progress', 'rectifying', 'stopped']

export type Places = { areas: { id: string; name: string }[]; projects: { id: string; name: string }[] }
// Kinds that had screens before there were declared cases: what each record is about is said below.
const OWN_SCREENS: readonly string[] = ['decoration_project', 'violation', 'unit', 'household']
const MOST_OF_A_TITLE = 24
const TITLES = ['text', 'title', 'matter', 'need', 'problem', 'what', 'code', 'month', 'file'] as const

export function candidates(type: CatalogueDocument, docs: Docs, byType: (type: string) => JsonObject[], catalogue: ReadonlyMap<string, CatalogueDocument>, places: Places, roles: readonly string[] = []): Candidate[] {
  const { record_type: recordType, subject_kind: kind } = type
  const declared = type.states !== undefined || !OWN_SCREENS.includes(kind)
  // Whatever opens a case is about something else than the case itself.
  const found = declared
    ? (type.subject_kinds ?? [kind]).filter((one) => one !== recordType).flatMap((one) => subjectsOfKind(one, docs, byType, catalogue, places))
    : listOf(recordType, kind, docs, byType)
  return found.filter((one) => isPossible(type, statusIn(docs, one.subject)?.state ?? null, roles)).sort((one, other) => compareUnitNo(one.unitNo, other.unitNo))
}

/** Everything of one kind that is open, also what only this phone knows yet. */
export function subjectsOfKind(kind: string, docs: Docs, byType: (type: string) => JsonObject[], catalogue: ReadonlyMap<string, CatalogueDocument>, places: Places): Candidate[] {
  const place = (one: { id: string; name: string }): Candidate => ({ subject: `${kind}:${one.id}`, unitNo: one.name, name: '', state: null })
  if (kind === 'area') return places.areas.map(place)
  if (kind === 'project') return places.projects.map(place)
  if (kind === 'unit') return units(byType, () => true)
  if (kind === 'household') return households(docs, byType)
  if (OWN_SCREENS.includes(kind)) return statuses(kind, '', byType)
  const states = new Map(catalogue.get(kind)?.states?.map((one) => [one.value, one.title]))
  const ends = catalogue.get(kind)?.ends ?? []
  const initial = catalogue.get(kind)?.initial ?? ''
  // A case this phone opened and the server has not judged yet can be gone on with at once.
  const begun = byType(kind)
    .filter((fact) => typeof fact['author'] === 'string' && !docs.has(`status:${text(fact['_id'])}`) && !fact['amends'] && !fact['voids'])
    .map((fact) => ({ subject: text(fact['_id']), unitNo: unitNoOf(docs, text(fact['_id'])), name: titleOf(bodyOf(fact)), state: states.get(initial) ?? null }))
  const judged = (byType('status') as unknown as StatusDocument[])
    .filter((status) => status.kind === kind && !ends.includes(status.state))
    .map((status) => ({ subject: status.of, unitNo: text(status.fields.unit_no), name: titleOf(status.fields), state: states.get(status.state) ?? null }))
  return [...judged, ...begun]
}

function titleOf(fields: JsonObject): string {
  const found = TITLES.map((name) => fields[name]).find((value) => typeof value === 'string' && value !== '')
  const title = typeof found === 'string' ? found : ''
  return title.length > MOST_OF_A_TITLE ? `${title.slice(0, MOST_OF_A_TITLE)}…` : title
}

function listOf(recordType: string, kind: SubjectKind | 'none', docs: Docs, byType: (type: string) => JsonObject[]): Candidate[] {
  // A filing begins with a unit, a violation with the works it was seen in.
  if (recordType === 'decoration_project') return units(byType, () => true)
  const wanted = recordType === 'violation' ? 'decoration_project' : kind
  if (wanted === 'unit') return units(byType, VACANT_TYPES.includes(recordType) ? isVacant : () => true)
  if (wanted === 'household') return households(docs, byType)
  return statuses(wanted, recordType, byType)
}

function units(byType: (type: string) => JsonObject[], fits: (body: JsonObject) => boolean): Candidate[] {
  return byType('unit')
    .filter((document) => fits(bodyOf(document)))
    .map((document) => ({ subject: text(document['_id']), unitNo: text(bodyOf(document)['unit_no']), name: '', state: term('unitStatus', text(bodyOf(document)['status'])) }))
}

function isVacant(body: JsonObject): boolean {
  return text(body['vacancy_kind']) !== ''
}

function households(docs: Docs, byType: (type: string) => JsonObject[]): Candidate[] {
  return byType('household').map((document) => {
    const { id, name, role } = householdOf(document)
    return { subject: id, unitNo: unitNoOf(docs, id), name, state: term('householdRole', role) }
  })
}

function statuses(kind: string, recordType: string, byType: (type: string) => JsonObject[]): Candidate[] {
  return (byType('status') as unknown as StatusDocument[])
    .filter((status) => status.kind === kind && (recordType !== 'decoration_patrol' || SITE_STATES.includes(status.state)) && status.state !== 'closed')
    .map((status) => ({ subject: status.of, unitNo: text(status.fields.unit_no), name: text(status.fields['contractor'] ?? ''), state: term(kind === 'violation' ? 'violationStatus' : 'decorationStatus', status.state) }))
}
