/**
 * Which columns of a register are shown.
 *
 * For: choosing from the columns the server names, remembering the reader's choice per register.
 * Not for: what a cell says (cells.ts).
 */
import type { Column } from '../types'

const MOST_BY_DEFAULT = 10
const ALWAYS = 'unit_no' // a row without its unit cannot be recognised
const KEY = 'xunlu.desk.columns.'

/** Names of the columns to show by default: the preferred ones that exist, otherwise the server's first ones. */
export function defaultColumns(columns: readonly Column[], preferred: readonly string[]): string[] {
  const names = new Set(columns.map((column) => column.name))
  const chosen = preferred.filter((name) => names.has(name))
  return chosen.length > 0 ? chosen : columns.slice(0, MOST_BY_DEFAULT).map((column) => column.name)
}

/**
 * The columns to show, in order. A remembered column the server no longer has is passed over;
 * a choice of which nothing is left counts as none made.
 */
export function shownColumns(columns: readonly Column[], preferred: readonly string[], remembered: readonly string[] | null): Column[] {
  const byName = new Map(columns.map((column) => [column.name, column]))
  const pick = (names: readonly string[]) => names.map((name) => byName.get(name)).filter((column) => column !== undefined)
  const chosen = remembered === null ? [] : pick(remembered)
  return chosen.length > 0 ? chosen : pick(defaultColumns(columns, preferred))
}

/** All columns for the chooser: the shown ones first and in their order, then the rest as the server has them. */
export function choosableColumns(columns: readonly Column[], shown: readonly Column[]): Column[] {
  const names = new Set(shown.map((column) => column.name))
  return [...shown, ...columns.filter((column) => !names.has(column.name))]
}

/** The names after showing or hiding one. The unit stays, and so does the last column. */
export function toggleColumn(shown: readonly string[], name: string, all: readonly Column[], preferred: readonly string[]): string[] {
  if (shown.includes(name)) return name === ALWAYS || shown.length === 1 ? [...shown] : shown.filter((other) => other !== name)
  const order = [...preferred, ...all.map((column) => column.name)]
  const place = (other: string) => order.indexOf(other)
  const before = shown.findIndex((other) => place(other) > place(name))
  return before === -1 ? [...shown, name] : [...shown.slice(0, before), name, ...shown.slice(before)]
}

export function rememberedColumns(storage: Pick<Storage, 'getItem'>, type: string): string[] | null {
  const text = storage.getItem(KEY + type)
  if (text === null) return null
  try {
    const names: unknown = JSON.parse(text)
    return Array.isArray(names) && names.every((name) => typeof name === 'string') ? names : null
  } catch (thrown) {
    if (thrown instanceof SyntaxError) return null // written by something else; the default is a good answer
    throw thrown
  }
}

export function rememberColumns(storage: Pick<Storage, 'setItem' | 'removeItem'>, type: string, names: readonly string[] | null): void {
  if (names === null) storage.removeItem(KEY + type)
  else storage.setItem(KEY + type, JSON.stringify(names))
}
