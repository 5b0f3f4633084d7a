/**
 * What the phone knows about a subject: its status, its unit, its people and its money.
 *
 * For: reading the documents map with types, once for every screen. Pure: the map is handed in.
 * Not for: keeping documents (store/documents) or wording (words/).
 */
import type { Json, JsonObject, StatusDocument } from '../wire/types'

export type Docs = ReadonlyMap<string, JsonObject>
export type Household = { id: string; unit: string; role: string; name: string; phone: string; contactPreference: string; goodHours: string }
export type Arrears = { account: string; period: string; feeItem: string; balanceFen: number; dueOn: string }

export function kindOf(subject: string): string {
  return subject.slice(0, Math.max(0, subject.indexOf(':')))
}

/** The fields of a reference document: imported ones nest them in `body`. */
export function bodyOf(document: JsonObject | undefined): JsonObject {
  const body = document?.['body']
  return isObject(body) ? body : (document ?? {})
}

export function statusIn(docs: Docs, subject: string): StatusDocument | undefined {
  return docs.get(`status:${subject}`) as unknown as StatusDocument | undefined
}

/** The unit a subject belongs to; null when the phone does not know it. */
export function unitOf(docs: Docs, subject: string): string | null {
  if (kindOf(subject) === 'unit') return subject
  const inStatus = text(statusIn(docs, subject)?.fields.unit)
  if (inStatus) return inStatus
  const document = docs.get(subject)
  const named = text(bodyOf(document)['unit_id'])
  if (named) return named
  const about = text(document?.['subject'])
  return about && about !== subject ? unitOf(docs, about) : null
}

/** `building-entrance-room` of the unit a subject belongs to; empty when unknown. */
export function unitNoOf(docs: Docs, subject: string): string {
  const inStatus = text(statusIn(docs, subject)?.fields.unit_no)
  if (inStatus) return inStatus
  const unit = unitOf(docs, subject)
  return unit ? text(bodyOf(docs.get(unit))['unit_no']) : ''
}

/** The area a fact about this subject belongs to; the person's first area when the phone does not know the subject. */
export function areaOf(docs: Docs, subject: string, otherwise: string): string {
  if (kindOf(subject) === 'area') return subject.slice('area:'.length)
  const unit = unitOf(docs, subject)
  return text(statusIn(docs, subject)?.area) || text(docs.get(subject)?.['area']) || (unit ? text(docs.get(unit)?.['area']) : '') || otherwise
}

export function householdOf(document: JsonObject): Household {
  const body = bodyOf(document)
  return {
    id: text(document['_id']),
    unit: text(body['unit_id']),
    role: text(body['role']),
    name: text(body['name']),
    phone: text(body['phone']),
    contactPreference: text(body['contact_preference']),
    goodHours: text(body['good_contact_hours']),
  }
}

export function householdsOf(unit: string, households: readonly JsonObject[]): Household[] {
  const order = ['owner', 'tenant', 'user']
  const rank = (role: string): number => (order.includes(role) ? order.indexOf(role) : order.length)
  return households
    .map(householdOf)
    .filter((one) => one.unit === unit)
    .sort((one, other) => rank(one.role) - rank(other.role) || (one.id < other.id ? -1 : 1))
}

/** What a household owes, oldest first: from its status, else from the account lines on this phone. */
export function arrearsOf(docs: Docs, household: string, accounts: readonly JsonObject[]): Arrears[] {
  const status = statusIn(docs, household)
  const lines = status ? list(status.fields['periods']).filter(isObject).map(fromStatus) : accounts.filter((one) => bodyOf(one)['household_id'] === household).map(fromAccount)
  return lines.filter((line) => line.balanceFen > 0).sort((one, other) => (one.period < other.period ? -1 : one.period > other.period ? 1 : 0))
}

export function sumOf(lines: readonly Arrears[]): number {
  return lines.reduce((sum, line) => sum + line.balanceFen, 0)
}

export function text(value: Json | undefined): string {
  return typeof value === 'string' ? value : ''
}

export function list(value: Json | undefined): Json[] {
  return Array.isArray(value) ? value : []
}

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function fromStatus(line: JsonObject): Arrears {
  return { account: text(line['account']), period: text(line['period']), feeItem: text(line['fee_item']), balanceFen: whole(line['balance_fen']), dueOn: text(line['due_on']) }
}

function fromAccount(document: JsonObject): Arrears {
  const body = bodyOf(document)
  const balanceFen = whole(body['receivable']) - whole(body['discount']) - whole(body['received'])
  return { account: text(document['_id']), period: text(body['period']), feeItem: text(body['fee_item']), balanceFen, dueOn: text(body['due_on']) }
}

function whole(value: Json | undefined): number {
  return typeof value === 'number' ? value : 0
}
