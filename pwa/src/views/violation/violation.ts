/**
 * A violation as the phone can show it: by its status from the server, or by the report this phone made.
 *
 * For: one shape for the detail and the re-check, before and after the server has answered. Pure.
 * Not for: deciding what may happen next (server ledger).
 */
import type { Fact, JsonObject, StatusDocument } from '../../wire/types'
import { isObject, list, text } from '../subjects'

export type Decision = { decision: string; reason: string; by: string; at: string; clause: string }
export type ViolationView = {
  subject: string
  state: string
  unitNo: string
  project: string
  category: string
  severity: string
  place: string
  description: string
  foundAt: string
  stoppedAt: string
  stoppedHow: string
  calledAt: string
  reporter: string
  demand: string
  rectifyBy: string
  clause: string
  decision: Decision | null
  before: string[]
  after: string[]
  missing: string[]
  progress: { at: string; by: string; text: string }[]
  recheckResult: string
  isLocal: boolean
}

const RECHECKED: readonly string[] = ['confirmed', 'notified', 'rectifying', 'escalated', 'stop_work', 'recheck']

/** Null when the phone knows neither a status nor the report. */
export function violationView(subject: string, status: StatusDocument | undefined, report: Fact | undefined, unitNo: string): ViolationView | null {
  if (!status && !report) return null
  const said: JsonObject = report?.body ?? {}
  const known: JsonObject = status?.fields ?? {}
  const either = (name: string): string => text(known[name]) || text(said[name])
  const decision = decisionOf(known['decision'])
  return {
    subject,
    state: status?.state ?? 'submitted',
    unitNo: text(known['unit_no']) || unitNo,
    project: text(known['decoration_project']) || text(report?.subject),
    category: either('category'),
    severity: text(known['severity_final']) || either('severity'),
    place: either('place_in_unit'),
    description: either('description'),
    foundAt: either('found_at'),
    stoppedAt: either('stopped_at'),
    stoppedHow: either('stopped_how'),
    calledAt: either('supervisor_called_at'),
    reporter: text(known['reporter']) || text(report?.author),
    demand: text(said['demand']),
    rectifyBy: text(known['rectify_by']),
    clause: decision?.clause || either('clause'),
    decision,
    before: hashes(known['before_photos'], report, 'before'),
    after: hashes(known['after_photos'], undefined, 'after'),
    missing: strings(known['missing_photos']),
    progress: list(known['progress']).filter(isObject).map((one) => ({ at: text(one['at']), by: text(one['by']), text: text(one['text']) })),
    recheckResult: text(known['recheck_result']),
    isLocal: !status,
  }
}

/** A re-check makes sense once the supervisor has confirmed and until the case is closed. */
export function mayRecheck(view: ViolationView): boolean {
  return RECHECKED.includes(view.state)
}

export function isOpen(view: ViolationView): boolean {
  return view.state !== 'closed' && view.state !== 'rejected'
}

function decisionOf(value: JsonObject[string] | undefined): Decision | null {
  if (!isObject(value) || !text(value['decision'])) return null
  return { decision: text(value['decision']), reason: text(value['reason']), by: text(value['decided_by']), at: text(value['decided_at']), clause: text(value['clause']) }
}

function hashes(known: JsonObject[string] | undefined, report: Fact | undefined, kind: string): string[] {
  const listed = strings(known)
  return listed.length > 0 ? listed : (report?.photos.filter((photo) => photo.kind === kind).map((photo) => photo.sha256) ?? [])
}

function strings(value: JsonObject[string] | undefined): string[] {
  return list(value).filter((one): one is string => typeof one === 'string')
}
