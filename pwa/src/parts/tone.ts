/** Which tone and icon a state wears: one table for phone and desk, so a state looks the same everywhere. */
import type { DueStatus } from '../wire/types'
import type { IconName } from './icons'

export type Tone = 'muted' | 'primary' | 'ok' | 'due' | 'overdue' | 'held'
export type Look = { tone: Tone; icon: IconName }

const dueLooks: Record<DueStatus, Look> = {
  pending: { tone: 'muted', icon: 'clock' },
  due_soon: { tone: 'due', icon: 'clock' },
  met: { tone: 'ok', icon: 'check' },
  met_late: { tone: 'ok', icon: 'check' },
  met_synced_late: { tone: 'ok', icon: 'check' },
  overdue: { tone: 'overdue', icon: 'alert' },
  waived: { tone: 'muted', icon: 'minus' },
  cancelled: { tone: 'muted', icon: 'minus' },
}

export function dueLook(status: DueStatus): Look {
  return dueLooks[status] ?? { tone: 'muted', icon: 'clock' }
}

const violationLooks: Record<string, Look> = {
  draft: { tone: 'muted', icon: 'edit' },
  submitted: { tone: 'due', icon: 'clock' },
  returned: { tone: 'held', icon: 'held' },
  rejected: { tone: 'muted', icon: 'minus' },
  confirmed: { tone: 'overdue', icon: 'alert' },
  notified: { tone: 'overdue', icon: 'alert' },
  rectifying: { tone: 'due', icon: 'clock' },
  recheck: { tone: 'due', icon: 'recheck' },
  closed: { tone: 'ok', icon: 'check' },
  escalated: { tone: 'overdue', icon: 'alert' },
  stop_work: { tone: 'overdue', icon: 'stop' },
  reported: { tone: 'overdue', icon: 'stop' },
}

export function violationLook(state: string): Look {
  return violationLooks[state] ?? { tone: 'muted', icon: 'clock' }
}

const decorationLooks: Record<string, Look> = {
  in_progress: { tone: 'primary', icon: 'patrol' },
  rectifying: { tone: 'due', icon: 'clock' },
  stopped: { tone: 'overdue', icon: 'stop' },
  paused: { tone: 'muted', icon: 'minus' },
  returned: { tone: 'held', icon: 'held' },
  completion_check: { tone: 'due', icon: 'recheck' },
  accepted: { tone: 'ok', icon: 'check' },
  closed: { tone: 'ok', icon: 'check' },
}

export function decorationLook(state: string): Look {
  return decorationLooks[state] ?? { tone: 'muted', icon: 'records' }
}

const feeLooks: Record<string, Look> = {
  none: { tone: 'ok', icon: 'check' },
  paid: { tone: 'ok', icon: 'check' },
  open: { tone: 'due', icon: 'fee' },
  contacted: { tone: 'due', icon: 'fee' },
  promised: { tone: 'due', icon: 'clock' },
  promise_broken: { tone: 'overdue', icon: 'alert' },
  disputed: { tone: 'held', icon: 'held' },
}

export function feeLook(state: string): Look {
  return feeLooks[state] ?? { tone: 'muted', icon: 'fee' }
}

export type SendState = 'saved' | 'sent' | 'received' | 'held'
const sendLooks: Record<SendState, Look> = {
  saved: { tone: 'due', icon: 'device' },
  sent: { tone: 'due', icon: 'waiting' },
  received: { tone: 'ok', icon: 'received' },
  held: { tone: 'held', icon: 'held' },
}

export function sendLook(state: SendState): Look {
  return sendLooks[state]
}
