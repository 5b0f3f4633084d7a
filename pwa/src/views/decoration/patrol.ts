/**
 * A decoration patrol as it is filled in, what it still lacks, and the records it becomes.
 *
 * For: one patrol and the violations found on it, saved together. Pure: ids and times are handed in.
 * Not for: drawing (Patrol.svelte) or when a patrol is due (server ledger, store/today).
 * Source: domain.md 4.4 decoration_patrol and violation; R-DEC-07 to R-DEC-10, R-DEC-13, R-DEC-14.
 */
import type { NewRecord } from '../../store/outbox'
import type { CapturedPhoto } from '../../store/photos'
import type { Fact, FormField, Json, JsonObject, Label, StatusDocument } from '../../wire/types'
import { term } from '../../words'
import { gapsOf, type Gap } from '../form/missing'
import { bodyFrom, itemPhotos, valuesFrom, type Values } from '../form/values'
import { isObject, list, statusIn, text, type Docs } from '../subjects'

/** Structure, gas and fire are always serious, whatever was ticked (domain.md 4.2). */
export const ALWAYS_SERIOUS: readonly string[] = ['load_bearing', 'gas', 'fire']
export const PROGRESS_CHOICES = ['unchanged', 'rectifying', 'restored'] as const
const PHOTOS_BEFORE = 2
const MAX_WORKERS = 200

export type ViolationEntry = {
  id: string
  found_at: string
  category: string
  severity: string
  place_in_unit: string
  description: string
  stopped_at: string
  stopped_how: string
  supervisor_called_at: string
  demand: string
  conduct_ok: boolean
  photos: string[]
}
export type OpenViolation = { id: string; category: string; place: string; state: string }

export function firstPatrol(stage: string): Values {
  return { items: {}, stage: stage || null, workers: '', talked_who: [], talked_summary: '', progress: {}, violations: [], kept_violations: [], note: '' }
}

export function newViolation(id: string, foundAt: string): ViolationEntry {
  return { id, found_at: foundAt, category: '', severity: '', place_in_unit: '', description: '', stopped_at: '', stopped_how: '', supervisor_called_at: '', demand: '', conduct_ok: false, photos: [] }
}

/** A category that is always serious brings its severity with it. */
export function withCategory(entry: ViolationEntry, category: string): ViolationEntry {
  const wasForced = ALWAYS_SERIOUS.includes(entry.category)
  const severity = ALWAYS_SERIOUS.includes(category) ? 'serious' : wasForced ? '' : entry.severity
  return { ...entry, category, severity }
}

export function entriesOf(values: Values): ViolationEntry[] {
  return list(values['violations']).filter(isObject).map((entry) => ({ ...newViolation('', ''), ...entry }) as ViolationEntry)
}

export function progressOf(values: Values, violation: string): { choice: string; text: string } {
  const all = values['progress']
  const one = isObject(all) ? all[violation] : undefined
  return isObject(one) ? { choice: text(one['choice']), text: text(one['text']) } : { choice: '', text: '' }
}

export function hasAbnormal(values: Values): boolean {
  const items = values['items']
  return isObject(items) && Object.values(items).some((item) => isObject(item) && item['result'] === 'abnormal')
}

/** Violations of a project that are not closed: the server's list, and those this phone recorded since. */
export function openViolations(docs: Docs, status: StatusDocument | undefined, facts: readonly Fact[]): OpenViolation[] {
  const known = list(status?.fields['open_violations']).filter((one): one is string => typeof one === 'string')
  const recorded = facts.filter((fact) => fact.type === 'violation' && !statusIn(docs, fact._id)).map((fact) => fact._id)
  return [...new Set([...known, ...recorded])].map((id) => {
    const own = statusIn(docs, id)
    const fact = facts.find((one) => one._id === id)
    return { id, state: own?.state ?? 'submitted', category: text(own?.fields['category'] ?? fact?.body['category']), place: text(own?.fields['place_in_unit'] ?? fact?.body['place_in_unit']) }
  })
}

export function patrolGaps(values: Values, photos: readonly CapturedPhoto[], items: FormField, open: readonly OpenViolation[]): Gap[] {
  const gaps: Gap[] = []
  if (ownPhotos(values, photos, items).length === 0) gaps.push({ anchor: 'photos', why: 'photos', title: { zh: '', en: '' }, count: 1 })
  gaps.push(...gapsOf([items], values, true))
  gaps.push(...entriesOf(values).flatMap((entry) => violationGaps(entry, photos)))
  for (const violation of open) {
    const { choice, text: says } = progressOf(values, violation.id)
    if (!choice && !says.trim()) gaps.push({ anchor: `progress.${violation.id}`, why: 'fill', title: term('record', 'violation_progress') })
  }
  if (hasAbnormal(values)) {
    if (list(values['talked_who']).length === 0) gaps.push({ anchor: 'talked_to', why: 'choose', title: TALKED })
    else if (!text(values['talked_summary']).trim()) gaps.push({ anchor: 'talked_to', why: 'fill', title: TALKED_SUMMARY })
  }
  return gaps
}

/** Photos of the site as a whole: neither of an item nor of a violation. */
export function ownPhotos(values: Values, photos: readonly CapturedPhoto[], items: FormField): CapturedPhoto[] {
  const ofItems = itemPhotos([items], values)
  return photos.filter((photo) => photo.kind !== 'before' && !(photo.kind === 'detail' && ofItems.has(photo.sha256)))
}

export function photosOfEntry(entry: ViolationEntry, photos: readonly CapturedPhoto[]): CapturedPhoto[] {
  return photos.filter((photo) => photo.kind === 'before' && entry.photos.includes(photo.sha256))
}

type Envelope = Pick<NewRecord, 'subject' | 'area' | 'performedAt'>

/** The patrol and its violations, which name each other. `words` are the progress choices in the person's language. */
export function patrolRecords(values: Values, photos: readonly CapturedPhoto[], items: FormField, patrolId: string, envelope: Envelope, open: readonly OpenViolation[], words: Record<string, string>): NewRecord[] {
  const entries = entriesOf(values)
  const workers = Number(values['workers'])
  const violations = [...list(values['kept_violations']), ...entries.map((entry) => entry.id)]
  const talks = talksOf(values)
  const progress = open.flatMap(({ id }) => {
    const { choice, text: says } = progressOf(values, id)
    const line = [choice ? (words[choice] ?? choice) : '', says.trim()].filter(Boolean).join('：')
    return line ? [{ violation: id, text: line }] : []
  })
  const body: JsonObject = {
    ...bodyFrom([items], values),
    ...(text(values['stage']) ? { stage: text(values['stage']) } : {}),
    ...(values['workers'] !== '' && Number.isInteger(workers) ? { workers_present: workers } : {}),
    ...(talks.length > 0 ? { talked_to: talks } : {}),
    ...(violations.length > 0 ? { violations } : {}),
    ...(progress.length > 0 ? { open_violation_progress: progress } : {}),
    ...(text(values['note']).trim() ? { note: text(values['note']).trim() } : {}),
  }
  const patrol: NewRecord = { ...envelope, type: 'decoration_patrol', id: patrolId, body, photos: photos.filter((photo) => photo.kind !== 'before') }
  return [patrol, ...entries.map((entry) => violationRecord(entry, photos, patrolId, envelope))]
}

/** A saved patrol, to be filled in again. Its violations are records of their own and stay linked. */
export function patrolValues(fact: Fact, items: FormField): Values {
  const talks = list(fact.body['talked_to']).filter(isObject)
  const progress = Object.fromEntries(list(fact.body['open_violation_progress']).filter(isObject).map((one) => [text(one['violation']), { choice: '', text: text(one['text']) }]))
  return {
    ...valuesFrom([items], fact.body),
    stage: text(fact.body['stage']) || null,
    workers: typeof fact.body['workers_present'] === 'number' ? String(fact.body['workers_present']) : '',
    talked_who: talks.map((talk) => text(talk['who'])),
    talked_summary: text(talks[0]?.['summary']),
    progress,
    violations: [],
    kept_violations: list(fact.body['violations']),
    note: text(fact.body['note']),
  }
}

/** One more or one fewer worker; nobody counted yet begins at none. */
export function workersAfter(workers: Json | undefined, step: number): string {
  return String(Math.min(MAX_WORKERS, Math.max(0, Number(workers || 0) + step)))
}

const TALKED: Label = { zh: '和谁谈过', en: 'Talked to' }
const TALKED_SUMMARY: Label = { zh: '谈了什么', en: 'What was said' }
const FIELDS = {
  category: { zh: '违规类别', en: 'Category' },
  severity: { zh: '严重程度', en: 'Severity' },
  place_in_unit: { zh: '位置', en: 'Place' },
  description: { zh: '情况', en: 'Description' },
  stopped_at: { zh: '已制止', en: 'Stopped' },
  stopped_how: { zh: '怎样制止', en: 'How it was stopped' },
} as const

export function violationGaps(entry: ViolationEntry, photos: readonly CapturedPhoto[]): Gap[] {
  const at = (field: string): string => `violation.${entry.id}.${field}`
  const gaps: Gap[] = []
  for (const field of ['category', 'severity'] as const) if (!entry[field]) gaps.push({ anchor: at(field), why: 'choose', title: FIELDS[field] })
  for (const field of ['place_in_unit', 'description'] as const) if (!entry[field].trim()) gaps.push({ anchor: at(field), why: 'fill', title: FIELDS[field] })
  if (!entry.stopped_at) gaps.push({ anchor: at('stopped_at'), why: 'choose', title: FIELDS.stopped_at })
  else if (!entry.stopped_how) gaps.push({ anchor: at('stopped_how'), why: 'choose', title: FIELDS.stopped_how })
  const lacking = PHOTOS_BEFORE - photosOfEntry(entry, photos).length
  if (lacking > 0) gaps.push({ anchor: at('photos'), why: 'photos', title: { zh: '', en: '' }, count: lacking })
  return gaps
}

function violationRecord(entry: ViolationEntry, photos: readonly CapturedPhoto[], patrolId: string, envelope: Envelope): NewRecord {
  const { id, photos: _photos, conduct_ok, ...fields } = entry
  const said = Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, value.trim()] as const).filter(([, value]) => value !== ''))
  const body: JsonObject = { ...said, patrol_id: patrolId, decoration_project_id: envelope.subject, ...(conduct_ok ? { conduct_ok } : {}) }
  return { ...envelope, type: 'violation', id, body, photos: photosOfEntry(entry, photos) }
}

function talksOf(values: Values): JsonObject[] {
  const summary = text(values['talked_summary']).trim()
  return summary ? list(values['talked_who']).map((who) => ({ who, summary })) : []
}
