/**
 * What the desk has learnt of registers that only the server's declarations know: their titles, columns and states.
 *
 * For: every register beyond those with words of their own (kinds.ts, fields.ts, words/terms.ts). Kept for the page's life.
 * Not for: rows (the server sends them with every page).
 */
import type { Label } from '../../wire/types'
import type { Column, RegisterName } from '../types'

const registers = new Map<string, RegisterName>()
const columns = new Map<string, ReadonlyMap<string, Column>>()

export function learnRegisters(names: readonly RegisterName[]): void {
  for (const one of names) registers.set(one.name, one)
}

export function learnColumns(type: string, learnt: readonly Column[]): void {
  columns.set(type, new Map(learnt.map((column) => [column.name, column])))
}

/** Those learnt, cases before the facts about them, system by system. */
export function declaredRegisters(): RegisterName[] {
  const rank = (one: RegisterName): string => `${one.of === 'subjects' ? 0 : 1} ${one.system} ${one.name}`
  return [...registers.values()].sort((one, other) => (rank(one) < rank(other) ? -1 : 1))
}

export function declaredRegister(type: string): RegisterName | undefined {
  return registers.get(type)
}

export function declaredTitle(type: string, field: string): Label | null {
  return columns.get(type)?.get(field)?.title ?? null
}

/** What a value of a field is called; null when the field has no closed list, or not this value. */
export function declaredOption(type: string | undefined, field: string, value: string): Label | null {
  if (type === undefined) return null
  return columns.get(type)?.get(field)?.options?.find((option) => option.value === value)?.title ?? null
}

export function declaredState(type: string, value: string): Label | null {
  return registers.get(type)?.states.find((state) => state.value === value)?.title ?? null
}
