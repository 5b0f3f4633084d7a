/**
 * What a supervisor may decide about a case, and when a decision is complete.
 *
 * For: choices, blockers, defaults, the body that is sent, and what changed between two looks at the evidence.
 * Not for: authority; the server judges again (own report, evidence hash, missing photos).
 * Source: domain.md 1.2, 4.3, R-DEC-11, R-DEC-12, R-DEC-14, R-X-07; setting dec.rectify_days.
 */
import { isObject } from '../cells'
import { addDays } from '../time'
import type { ApprovalItem, DecisionBody, DecisionKind, PhotoOnRecord } from '../types'

export const RECTIFY_DAYS: Record<string, number> = { minor: 1, general: 3, serious: 7 }
export const ALWAYS_SERIOUS = ['load_bearing', 'gas', 'fire']
export const SEVERITIES = ['minor', 'general', 'serious'] as const

export type Form = { decision: DecisionKind | ''; reason: string; rectifyBy: string; clause: string; severity: string }
export type Missing = 'decision' | 'reason' | 'rectify_by' | 'rectify_past' | 'clause'
export type Blocker = { code: 'own_report' | 'evidence_changed' | 'photos'; photos: number }

/** A case after its first decision comes back for a re-check; everything else waits for the first decision. */
export function choicesFor(item: ApprovalItem): DecisionKind[] {
  return item.state === 'recheck' ? ['close', 'rectify_again'] : ['confirm', 'return', 'reject']
}

export function severityOf(item: ApprovalItem): string {
  if (isAlwaysSerious(item)) return 'serious'
  const value = item.fields['severity_final'] ?? item.fields['severity']
  return typeof value === 'string' ? value : 'general'
}

export function isAlwaysSerious(item: ApprovalItem): boolean {
  const category = item.fields['category']
  return typeof category === 'string' && ALWAYS_SERIOUS.includes(category)
}

export function defaultRectifyBy(severity: string, today: string): string {
  return addDays(today, RECTIFY_DAYS[severity] ?? (RECTIFY_DAYS['general'] as number))
}

export function emptyForm(item: ApprovalItem, today: string): Form {
  const severity = severityOf(item)
  const clause = item.fields['clause']
  return { decision: '', reason: '', rectifyBy: defaultRectifyBy(severity, today), clause: typeof clause === 'string' ? clause : '', severity }
}

/** The severity changed: the date follows, unless a person had chosen another one. */
export function withSeverity(form: Form, severity: string, today: string): Form {
  const followed = form.rectifyBy === defaultRectifyBy(form.severity, today)
  return { ...form, severity, rectifyBy: followed ? defaultRectifyBy(severity, today) : form.rectifyBy }
}

/** Why `decision` cannot be taken now, whatever the form says. Sending back never needs the photos. */
export function blockerOf(item: ApprovalItem, decision: DecisionKind, me: string, evidenceChanged: boolean): Blocker | null {
  if (item.reporter === me) return { code: 'own_report', photos: 0 }
  if (evidenceChanged) return { code: 'evidence_changed', photos: 0 }
  const missing = missingPhotos(item).length
  if (missing > 0 && (decision === 'confirm' || decision === 'close')) return { code: 'photos', photos: missing }
  return null
}

/** Photos named by the evidence that are not stored, told either by the list or by the photo itself. */
export function missingPhotos(item: ApprovalItem): string[] {
  return [...new Set([...item.missing_photos, ...item.photos.filter((photo) => !photo.stored).map((photo) => photo.sha256)])]
}

export function needsRectifyBy(decision: DecisionKind | ''): boolean {
  return decision === 'confirm' || decision === 'rectify_again'
}

export function missingIn(form: Form, today: string): Missing[] {
  const missing: Missing[] = []
  if (form.decision === '') missing.push('decision')
  if (form.reason.trim() === '') missing.push('reason')
  if (needsRectifyBy(form.decision)) {
    if (!/^\d{4}-\d{2}-\d{2}$/.test(form.rectifyBy)) missing.push('rectify_by')
    else if (form.rectifyBy < today) missing.push('rectify_past')
  }
  if (form.decision === 'confirm' && form.clause.trim() === '') missing.push('clause')
  return missing
}

/** The body to send, for a complete form. */
export function decisionBody(form: Form, item: ApprovalItem): DecisionBody {
  if (form.decision === '') throw new Error('a decision is sent only when one is chosen')
  const body: DecisionBody = { decision: form.decision, reason: form.reason.trim(), evidence_hash: item.evidence_hash }
  if (needsRectifyBy(form.decision)) body.rectify_by = form.rectifyBy
  if (form.decision === 'confirm') {
    body.clause = form.clause.trim()
    body.severity_final = form.severity
  }
  return body
}

export type Difference = { photosAdded: number; photosRemoved: number; factsAdded: number; factsRemoved: number }

/** What changed between the evidence that was looked at and the evidence there is now. */
export function differenceOf(seen: ApprovalItem, now: ApprovalItem): Difference {
  const photos = { seen: keys(seen.photos, (photo) => photo.sha256), now: keys(now.photos, (photo) => photo.sha256) }
  const facts = { seen: factsOf(seen), now: factsOf(now) }
  return {
    photosAdded: minus(photos.now, photos.seen), photosRemoved: minus(photos.seen, photos.now),
    factsAdded: minus(facts.now, facts.seen), factsRemoved: minus(facts.seen, facts.now),
  }
}

/** The same case with photos that arrived meanwhile, when the evidence is still the one looked at. */
export function withArrivals(seen: ApprovalItem, now: ApprovalItem): ApprovalItem {
  if (seen.evidence_hash !== now.evidence_hash) return seen
  return { ...seen, photos: now.photos, missing_photos: now.missing_photos, escalated: now.escalated, due_at: now.due_at }
}

/** Photos to lay side by side: what was found, and on a re-check what it looks like now. */
export function photoGroups(item: ApprovalItem): { before: PhotoOnRecord[]; after: PhotoOnRecord[] } {
  // Once on each side: one photo handed in as before and as after has to be seen as just that.
  return { before: onceEach(item.photos.filter((photo) => photo.kind !== 'after')), after: onceEach(item.photos.filter((photo) => photo.kind === 'after')) }
}

/** Every photo once: a corrected report and its correction name the same ones. */
export function onceEach(photos: readonly PhotoOnRecord[]): PhotoOnRecord[] {
  const bySha256 = new Map<string, PhotoOnRecord>()
  for (const photo of photos) if (bySha256.get(photo.sha256)?.stored !== true) bySha256.set(photo.sha256, photo)
  return [...bySha256.values()]
}

/** Oldest first; whom the queue is escalated to sees the escalated ones before all others. */
export function queueOrder(items: readonly ApprovalItem[], escalatedFirst: boolean): ApprovalItem[] {
  return [...items].sort((one, other) => {
    if (escalatedFirst && one.escalated !== other.escalated) return one.escalated ? -1 : 1
    return Date.parse(one.received_at) - Date.parse(other.received_at) || (one.id < other.id ? -1 : 1)
  })
}

/** The case to show after `id` is dealt with: the next one down, or the one above at the end. */
export function nextAfter(items: readonly ApprovalItem[], id: string, isWaiting: (id: string) => boolean): string | null {
  const place = items.findIndex((item) => item.id === id)
  const open = (item: ApprovalItem | undefined) => item !== undefined && item.id !== id && !isWaiting(item.id)
  const below = items.slice(place + 1).find(open)
  const above = items.slice(0, Math.max(place, 0)).reverse().find(open)
  return below?.id ?? above?.id ?? null
}

/** The facts of the evidence, each with its hash: a corrected fact is another one. */
function factsOf(item: ApprovalItem): Set<string> {
  const evidence = item.fields['evidence']
  if (!Array.isArray(evidence)) return keys(item.photos, (photo) => photo.fact)
  return keys(evidence, (entry) => (isObject(entry) ? `${String(entry['fact'])} ${String(entry['hash'])}` : String(entry)))
}

function keys<T>(entries: readonly T[], key: (entry: T) => string): Set<string> {
  return new Set(entries.map(key))
}

function minus(one: ReadonlySet<string>, other: ReadonlySet<string>): number {
  return [...one].filter((key) => !other.has(key)).length
}
