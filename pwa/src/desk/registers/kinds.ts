/**
 * The registers the desk shows: which record types share a board, which columns come first, what their states are called.
 *
 * For: Register.svelte and the rail. Not for: which columns exist; the server says that with every page.
 * Source: domain.md 5.2, docs/architecture.md sections 5 and 6.
 */
import type { Label } from '../../wire/types'
import { term, type TermGroup } from '../../words'
import type { Board } from '../boards'
import type { RegisterName } from '../types'
import { declaredRegister, declaredRegisters } from './declared'

export type RegisterKind = {
  type: string
  board: Board
  /** Status rows of subjects, or facts as they were recorded. */
  of: 'subjects' | 'facts'
  /** Shown until the reader chooses otherwise, in this order. */
  preferred: readonly string[]
  states: TermGroup | null
}

export const REGISTER_KINDS: readonly RegisterKind[] = [
  {
    type: 'decoration_project', board: 'decoration_project', of: 'subjects', states: 'decorationStatus',
    preferred: ['unit_no', 'area', 'state', 'stage', 'applicant', 'contractor', 'foreman_phone', 'actual_start', 'planned_end', 'last_patrol_at', 'patrol_days', 'open_violations', 'filing_missing'],
  },
  {
    type: 'violation', board: 'violation', of: 'subjects', states: 'violationStatus',
    preferred: ['unit_no', 'area', 'state', 'category', 'severity', 'place_in_unit', 'found_at', 'reporter', 'rectify_by', 'escalated', 'round'],
  },
  {
    type: 'decoration_patrol', board: 'decoration_patrol', of: 'facts', states: null,
    preferred: ['performed_at', 'unit_no', 'area', 'author', 'stage', 'workers_present', 'items', 'violations', 'photos', 'received_at'],
  },
  {
    type: 'unit', board: 'unit', of: 'subjects', states: 'unitStatus',
    preferred: ['unit_no', 'area', 'state', 'vacancy_kind', 'vacant_from', 'last_check_at', 'last_airing_at', 'last_cleaning_at', 'last_result', 'open_anomalies'],
  },
  {
    type: 'vacancy_check', board: 'unit', of: 'facts', states: null,
    preferred: ['performed_at', 'unit_no', 'area', 'author', 'reason', 'items', 'anomalies', 'meter_water', 'meter_electric', 'meter_gas', 'photos'],
  },
  {
    type: 'airing', board: 'unit', of: 'facts', states: null,
    preferred: ['performed_at', 'unit_no', 'area', 'author', 'opened_at', 'closed_at', 'weather_ok', 'closed_confirmed', 'photos'],
  },
  {
    type: 'vacant_cleaning', board: 'unit', of: 'facts', states: null,
    preferred: ['performed_at', 'unit_no', 'area', 'author', 'cleaner', 'done_at', 'result', 'photos'],
  },
  {
    type: 'household', board: 'household', of: 'subjects', states: 'feeState',
    preferred: ['unit_no', 'area', 'name', 'state', 'arrears_fen', 'arrears_since', 'last_measure', 'last_outcome', 'last_measure_at', 'promise', 'next_action_on', 'measures_this_month'],
  },
  {
    type: 'fee_visit', board: 'household', of: 'facts', states: null,
    preferred: ['performed_at', 'unit_no', 'area', 'author', 'measure', 'outcome', 'amount_due', 'paid_amount', 'promise_date', 'promise_amount', 'arrears_reason', 'next_action_at'],
  },
]

/** The registers of a board; the board of records has all that are on no other, once the server has named them. */
export function kindsOn(board: Board): RegisterKind[] {
  if (board !== 'records') return REGISTER_KINDS.filter((kind) => kind.board === board)
  return declaredRegisters().filter((one) => !REGISTER_KINDS.some((kind) => kind.type === one.name)).map(declaredKind)
}

export function registerKind(type: string): RegisterKind | undefined {
  const declared = declaredRegister(type)
  return REGISTER_KINDS.find((kind) => kind.type === type) ?? (declared === undefined ? undefined : declaredKind(declared))
}

function declaredKind(one: RegisterName): RegisterKind {
  return { type: one.name, board: 'records', of: one.of, preferred: [], states: null }
}

/** The board where a subject such as `violation:01K…` is shown; null for what no register holds. */
export function boardOfSubject(subject: string): { board: Board; type: string } | null {
  const type = subject.split(':')[0] ?? ''
  const kind = registerKind(type)
  return kind === undefined ? null : { board: kind.board, type }
}

/** What one record of a type is called; units and households are known by names of the trade, not by record types. */
export function recordTitle(type: string): Label {
  if (type === 'unit') return { zh: '房屋', en: 'Unit' }
  if (type === 'household') return { zh: '欠费住户', en: 'Household in arrears' }
  const known = term('record', type)
  return known.zh === type ? (declaredRegister(type)?.title ?? known) : known
}
