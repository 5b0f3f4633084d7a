/** How a phone stands, judged by what it reported. For: Phones.svelte. Not for: what it holds (the phone knows that). */
import type { PhoneRow } from './types'

const SILENT_MS = 24 * 3_600_000
export type PhoneState = 'lost' | 'silent' | 'refused' | 'waiting' | 'fine'
const WORST_FIRST: readonly PhoneState[] = ['lost', 'silent', 'refused', 'waiting', 'fine']

/** What is lost comes first: only people can record it again. Then silence: of a phone that does not answer nothing else is known to be true. */
export function phoneState(row: PhoneRow, now: number): PhoneState {
  if ((row.lost?.length ?? 0) > 0) return 'lost'
  if (row.last_contact_at === null || now - Date.parse(row.last_contact_at) > SILENT_MS) return 'silent'
  if (row.refused > 0) return 'refused'
  return row.pending + row.pending_photos > 0 ? 'waiting' : 'fine'
}

export function phoneOrder(rows: readonly PhoneRow[], now: number): PhoneRow[] {
  const at = (row: PhoneRow) => (row.last_contact_at === null ? 0 : Date.parse(row.last_contact_at))
  const rank = (row: PhoneRow) => WORST_FIRST.indexOf(phoneState(row, now))
  return [...rows].sort((one, other) => rank(one) - rank(other) || at(one) - at(other) || (one.device < other.device ? -1 : 1))
}
