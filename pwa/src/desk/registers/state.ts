/** How the state of a row looks in a register. For: tables, records, the unit grid. Not for: what states there are (words/terms.ts). */
import { decorationLook, feeLook, violationLook, type Look } from '../../parts/tone'
import type { Label } from '../../wire/types'
import { term } from '../../words'
import { fieldGroup } from '../fields'
import { declaredState } from './declared'

const UNIT_LOOKS: Record<string, Look> = {
  undelivered: { tone: 'held', icon: 'held' },
  delivered_vacant: { tone: 'due', icon: 'vacancy' },
  entrusted: { tone: 'due', icon: 'vacancy' },
  decorating: { tone: 'primary', icon: 'patrol' },
  occupied: { tone: 'muted', icon: 'me' },
  rented: { tone: 'muted', icon: 'me' },
}
const FACT_LOOKS: Record<string, Look> = {
  counts: { tone: 'ok', icon: 'check' },
  held: { tone: 'held', icon: 'held' },
  withdrawn: { tone: 'muted', icon: 'minus' },
  corrected: { tone: 'muted', icon: 'edit' },
}
const FACT_STATES: Record<string, Label> = {
  counts: { zh: '已计入', en: 'Counts' },
  held: { zh: '未收', en: 'Held' },
  withdrawn: { zh: '已撤回', en: 'Withdrawn' },
  corrected: { zh: '已更正', en: 'Corrected' },
}

export function stateLook(type: string, state: string): Look {
  if (type === 'violation') return violationLook(state)
  if (type === 'decoration_project') return decorationLook(state)
  if (type === 'household') return feeLook(state)
  if (type === 'unit') return UNIT_LOOKS[state] ?? { tone: 'muted', icon: 'units' }
  return FACT_LOOKS[state] ?? { tone: 'muted', icon: 'records' }
}

export function stateTitle(type: string, state: string): Label {
  const declared = declaredState(type, state)
  if (declared !== null) return declared
  const group = fieldGroup('state', type)
  return group === null ? (FACT_STATES[state] ?? { zh: state, en: state }) : term(group, state)
}
