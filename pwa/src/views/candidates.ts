/** Which subjects a record of a type can be about, in the order of the building. Pure: documents are handed in. */
import type { JsonObject, Label, StatusDocument, SubjectKind } from '../wire/types'
import { term } from '../words'
import { bodyOf, householdOf, text, unitNoOf, type Docs } from './subjects'
import { compareUnitNo } from './units/units'

export type Candidate = { subject: string; unitNo: string; name: string; state: Label | null }
const VACANT_TYPES: readonly string[] = ['vacancy_check', 'airing', 'vacant_cleaning']
const SITE_STATES: readonly string[] = ['in_progress', 'rectifying', 'stopped']

export function candidates(recordType: string, kind: SubjectKind | 'none', docs: Docs, byType: (type: string) => JsonObject[]): Candidate[] {
  return listOf(recordType, kind, docs, byType).sort((one, other) => compareUnitNo(one.unitNo, other.unitNo))
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
