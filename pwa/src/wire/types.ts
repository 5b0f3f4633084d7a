/** Documents and API answers as they travel. Source: docs/architecture.md sections 3 to 6. */

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json }
export type JsonObject = { [key: string]: Json }
export type Label = { zh: string; en: string }

export type PhotoRef = {
  sha256: string
  bytes: number
  mime: string
  kind: 'overview' | 'detail' | 'before' | 'after' | 'document' | 'meter' | 'signature'
  taken_at: string
  source: 'camera' | 'gallery'
} & PhotoNotes

/** What is known of a photo beside its bytes, which are never touched. */
export type PhotoNotes = {
  /** Time, place, person and purpose, as the stamp showed them. */
  watermark_text?: string
  /** This is an annotated copy; the original's hash. */
  copy_of?: string
  /** Whose signature this is, or who did not sign and why. */
  signer?: Signer
  /** Where the phone was at the shot, with consent only. */
  gps?: Position
}
export type Position = { lat: number; lon: number; accuracy_m: number }
export type SignerRole = 'owner' | 'tenant' | 'family' | 'contractor' | 'engineer' | 'supervisor' | 'colleague' | 'developer' | 'other'
export type Signer = { name: string; role: SignerRole; unsigned?: 'refused' | 'unable' | 'absent'; reason?: string }

export type Fact = {
  _id: string
  _rev?: string
  type: string
  v: 1
  project: string
  area: string
  subject: string
  author: string
  device: string
  performed_at: string
  gps?: Position
  photos: PhotoRef[]
  body: JsonObject
  amends?: string
  voids?: string
  sig?: string
}

export type DueStatus = 'pending' | 'due_soon' | 'met' | 'met_late' | 'met_synced_late' | 'overdue' | 'waived' | 'cancelled'
export type Due = {
  id: string
  rule: string
  period: string
  opens_at: string
  due_at: string
  status: DueStatus
  assigned_to: string
  satisfied_by: string | null
}
export type HistoryEntry = { at: string; by: string; fact: string | null; change: string; from: string | null; to: string | null; reason: string | null }

/** Kinds with screens of their own; any other is declared in the catalogue and drawn from it. */
export type SubjectKind = 'decoration_project' | 'violation' | 'unit' | 'household' | (string & {})
export type StatusDocument<F extends JsonObject = JsonObject> = {
  _id: string
  _rev?: string
  type: 'status'
  of: string
  kind: SubjectKind
  project: string
  area: string
  state: string
  fields: F & { unit: string; unit_no: string; building: string; entrance: string; floor: number }
  due: Due[]
  history: HistoryEntry[]
  held: { fact: string; code: string; reason: string }[]
  updated_at: string
}

export type InboxDocument = {
  _id: string
  type: 'reminder' | 'alarm'
  rule: string
  subject: string
  period: string
  level: 1 | 2 | 3 | 4
  title: Label
  text: Label
  due_at: string
  at: string
  area: string | null
  unit_no: string | null
  link: string | null
  items?: string[]
}

/** How a generic form draws a field of a record type; `catalogue:<type>` documents carry a list of these. */
export type FormField = {
  name: string
  kind: 'text' | 'long_text' | 'integer' | 'decimal' | 'money' | 'date' | 'datetime' | 'bool' | 'enum' | 'multi_enum' | 'checklist' | 'link' | 'ticks' | 'group'
  title: Label
  required: boolean
  /** Shown and required only when another field has one of these values. */
  when?: { field: string; in: Json[] }
  options?: { value: string; title: Label }[]
  /** Checklist: the items to answer, each normal / abnormal / na with a note. */
  items?: { code: string; title: Label }[]
  /** Group: a repeatable list of these. */
  fields?: FormField[]
  /** Link: the kinds of subject it may name. */
  links?: string[]
  unit?: string
  min?: number
  max?: number
  help?: Label
  /** Where a first value comes from: now, today, month, or a field of the subject's status such as `fields.arrears_fen`. */
  initial?: string
}
export type CatalogueDocument = {
  _id: string
  type: 'catalogue'
  record_type: string
  title: Label
  system: string
  subject_kind: SubjectKind | 'none'
  /** Every kind of subject a record of this type can be about. */
  subject_kinds?: string[]
  /** The record type opens a case of its own name: what its states are called, and which of them end it. */
  states?: { value: string; title: Label }[]
  ends?: string[]
  initial?: string
  /** A step record: who may choose each value of its field, from which states of the case, and what a signature is needed for: `after_opening` when
   * the one on the record that opened the case does not do. */
  step?: { field: string; values: { [value: string]: { roles: string[]; from?: string[]; signed?: boolean; after_opening?: boolean } } }
  offline: boolean
  roles: string[]
  photos: { min: number; kinds: PhotoRef['kind'][]; when?: { field: string; in: Json[]; min: number }[] }
  form: FormField[]
  schema: JsonObject
  rules: string[]
  /** What a person is told beside the form. */
  help?: HelpCard[]
}
export type HelpCard = { name: string; title: Label; lines: Label[] }

export type Me = {
  user: string
  display_name: string
  roles: string[]
  projects: { id: string; name: string; time_zone: string }[]
  areas: { id: string; name: string; project: string }[]
  databases: { name: string; access: 'read' | 'read_write' | 'push_only'; kind: 'area' | 'project' | 'user' }[]
  /** User name → the name people read, of everyone in the same projects. Absent in a session kept by an older version. */
  colleagues?: { [user: string]: string }
  /** The server's public key for what is sealed to it (P-256). Absent as above. */
  seal_key?: { kid: string; x: string; y: string }
  /** What the projects ask of this phone (R-X-31). Absent as above. */
  phone?: { pin_required: boolean; idle_hours: number; contact_hours: number }
  epoch: string
  now: string
}
