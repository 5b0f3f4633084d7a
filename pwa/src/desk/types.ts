/**
 * Answers of `/api` as the desk meets them.
 *
 * For: typing `api.ts` and the boards. Not for: documents, which are in `src/wire/types.ts`.
 * Source: docs/architecture.md section 6.
 */
import type { Due, Fact, HistoryEntry, InboxDocument, Json, JsonObject, Label, PhotoRef, StatusDocument } from '../wire/types'

export type Page<T> = { items: T[]; next_cursor: string | null; total: number }

export type PhotoOnRecord = { sha256: string; kind: PhotoRef['kind']; stored: boolean; fact: string; taken_at?: string }

export type ApprovalItem = {
  id: string
  kind: 'violation'
  state: string
  round: number
  area: string
  unit_no: string
  reporter: string
  received_at: string
  due_at: string
  escalated: boolean
  fields: JsonObject
  evidence_hash: string
  photos: PhotoOnRecord[]
  missing_photos: string[]
}

export type DecisionKind = 'confirm' | 'return' | 'reject' | 'close' | 'rectify_again'
export type DecisionBody = {
  decision: DecisionKind
  reason: string
  evidence_hash: string
  rectify_by?: string
  clause?: string
  severity_final?: string
  actions?: string[]
}

export type ColumnKind = string
export type Option = { value: string; title: Label }
export type Column = { name: string; title: Label; kind: ColumnKind; options?: Option[] }
/** A register one may open. */
export type RegisterName = { name: string; title: Label; system: string; of: 'subjects' | 'facts'; states: Option[] }
/** A row of a register: a status document, or a fact, or the columns laid flat; `registers/cells.ts` reads all three. */
export type RegisterRow = JsonObject
export type RegisterPage = Page<RegisterRow> & { columns: Column[]; totals: JsonObject }

export type RecordAnswer = {
  record: (Partial<StatusDocument> & Partial<Fact>) & JsonObject
  facts: Fact[]
  photos: PhotoOnRecord[]
  history: HistoryEntry[]
  due: Due[]
  held: { fact: string; code: string; reason: string }[]
}

export type DueRow = Due & { title?: Label; subject: string; project?: string; area?: string; unit_no?: string; escalation_level?: number }
export type HeldRow = {
  id: string
  type: string
  subject: string
  area: string
  unit_no?: string
  author: string
  device?: string | null
  performed_at?: string | null
  received_at: string
  code: string
  reason: string
  reason_en?: string
}
export type PhoneRow = {
  device: string
  user?: string | null
  app_version: string | null
  pending: number
  pending_photos: number
  oldest_pending_at: string | null
  refused: number
  last_contact_at: string | null
  lost?: PhoneLoss[]
}
/** A phone as its key is known; ended once it was reported lost. */
export type DeviceRow = { device: string; user: string; revoked_at: string | null }
/** What a phone lost before it was received; of a photo the record that lists it, and as which one. */
export type PhoneLoss = { kind: 'record' | 'photo'; id: string; reason: 'evicted' | 'damaged'; reported_at: string; fact?: string; place?: number }
export type MissedRow = {
  day: string
  area: string
  steward: string
  decoration_project: string
  unit_no: string
  state: string
  last_patrol_at: string | null
}
export type InboxRow = InboxDocument & { acknowledged_at?: string | null }
export type ErrorBody = { error?: string; reason?: string; code?: string } & { [key: string]: Json | undefined }
