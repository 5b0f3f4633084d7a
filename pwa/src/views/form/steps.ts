/**
 * Which steps a person can take with a case now: what else a form offered would only come back refused.
 *
 * For: the choices of a step record, and which cases it can be about. Pure.
 * Not for: guards that look at other records (the server judges those).
 * Source: `step` of the catalogue documents; the states of decorations and violations, whose folds are their own, as in server/ledger.
 */
import type { CatalogueDocument, Fact, FormField, StatusDocument } from '../../wire/types'

const BEING_RECTIFIED = ['confirmed', 'notified', 'rectifying', 'escalated', 'stop_work', 'reported']
/** By record type: from which states of the subject each value leads on; `''` for a record without a choice. */
const FROM: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  decoration_step: {
    submitted: ['draft', 'returned'], returned: ['submitted'], approved: ['submitted'], in_progress: ['approved'], paused: ['in_progress'], resumed: ['in_progress', 'rectifying', 'stopped', 'paused'],
    stopped: ['in_progress', 'rectifying'], completion_check: ['in_progress', 'rectifying'], rectifying: ['completion_check'], accepted: ['completion_check'], closed: ['accepted'], cancelled: ['draft', 'submitted', 'returned', 'approved'],
  },
  violation_step: { escalated: ['confirmed', 'notified', 'rectifying'], stop_work: ['confirmed', 'notified', 'rectifying', 'escalated'], reported: ['confirmed', 'notified', 'rectifying', 'escalated', 'stop_work'] },
  violation_recheck: { '': [...BEING_RECTIFIED, 'recheck'] },
  violation_notice: { '': [...BEING_RECTIFIED, 'recheck'] },
}

/** Whether somebody with these roles can record `type` about a case in `state`; an unknown state hinders nothing. */
export function isPossible(type: CatalogueDocument, state: string | null, roles: readonly string[]): boolean {
  const plain = FROM[type.record_type]?.['']
  if (plain !== undefined) return state === null || plain.includes(state)
  return type.step === undefined || valuesOf(type, state, roles).length > 0
}

/** A step's field with the choices that can be taken now; any other field as it is. */
export function offered(field: FormField, type: CatalogueDocument, state: string | null, roles: readonly string[]): FormField {
  if (type.step?.field !== field.name || field.options === undefined) return field
  const possible = valuesOf(type, state, roles)
  return { ...field, options: field.options.filter((option) => possible.includes(option.value)) }
}

/** Where a case is: as the server says, moved on by steps this phone has recorded since. */
export function stateNow(kind: string, status: StatusDocument | undefined, unsent: readonly Fact[], initial: string | undefined): string | null {
  const last = unsent.filter((fact) => fact.type === `${kind}_step` && typeof fact.body['to'] === 'string').at(-1)
  if (last !== undefined) return String(last.body['to'])
  return status?.state ?? initial ?? null
}

/** Whether the chosen step needs a signature that no earlier record about the case brought. */
export function needsSignature(type: CatalogueDocument, value: unknown, about: readonly Fact[]): boolean {
  const step = typeof value === 'string' ? type.step?.values[value] : undefined
  if (step?.signed !== true) return false
  // What was signed when the case was opened says nothing about the work done since.
  const counting = step.after_opening === true ? about.filter((fact) => fact.type !== type.subject_kind) : about
  return !counting.some((fact) => fact.photos.some((photo) => photo.kind === 'signature'))
}

function valuesOf(type: CatalogueDocument, state: string | null, roles: readonly string[]): string[] {
  return Object.entries(type.step?.values ?? {}).flatMap(([value, { roles: allowed, from = FROM[type.record_type]?.[value] }]) => {
    const isMine = allowed.length === 0 || roles.length === 0 || allowed.some((role) => roles.includes(role))
    return isMine && (from === undefined || state === null || from.includes(state)) ? [value] : []
  })
}
