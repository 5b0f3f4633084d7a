/**
 * Units as buildings drawn floor by floor (房态图), each unit in the state that matters most about it.
 *
 * For: Grid.svelte. Not for: what is due; that comes from the server's duties.
 * Source: look.md "Boards"; domain.md 4.2 (unit.status), 3.2.
 */
import type { IconName } from '../parts/icons'
import type { Tone } from '../parts/tone'
import type { JsonObject } from '../wire/types'
import { idOf, valueOf } from './cells'
import type { DueRow } from './types'

export type CellState = 'anomaly' | 'overdue' | 'checkLeft' | 'airLeft' | 'done' | 'decorating' | 'lived'
export type Cell = { id: string; unitNo: string; door: string; area: string; state: CellState }
export type Floor = { floor: number; cells: Cell[] }
export type Building = { name: string; floors: Floor[]; counts: ReadonlyMap<CellState, number> }

/** In the order of the legend: what asks for action first. */
export const CELL_STATES: readonly CellState[] = ['anomaly', 'overdue', 'checkLeft', 'airLeft', 'done', 'decorating', 'lived']
export const CELL_LOOKS: Record<CellState, { tone: Tone; icon: IconName }> = {
  anomaly: { tone: 'held', icon: 'held' },
  overdue: { tone: 'overdue', icon: 'alert' },
  checkLeft: { tone: 'due', icon: 'clock' },
  airLeft: { tone: 'due', icon: 'waiting' },
  done: { tone: 'ok', icon: 'check' },
  decorating: { tone: 'primary', icon: 'patrol' },
  lived: { tone: 'muted', icon: 'me' },
}

const LIVED = ['occupied', 'rented']
const byText = new Intl.Collator('zh', { numeric: true }).compare

/** Buildings in order, top floor first, doors from left to right. `due` are the open duties of vacant units. */
export function buildingsOf(rows: readonly JsonObject[], due: readonly DueRow[]): Building[] {
  const duties = new Map<string, DueRow[]>()
  for (const item of due) duties.set(item.subject, [...(duties.get(item.subject) ?? []), item])
  const buildings = new Map<string, Map<number, Cell[]>>()
  for (const row of rows) {
    const unitNo = String(valueOf(row, 'unit_no') ?? '')
    const floor = Number(valueOf(row, 'floor') ?? 0)
    const building = String(valueOf(row, 'building') ?? '')
    const floors = buildings.get(building) ?? new Map<number, Cell[]>()
    buildings.set(building, floors)
    const id = idOf(row)
    const cell: Cell = { id, unitNo, door: unitNo.split('-').slice(1).join('-') || unitNo, area: String(valueOf(row, 'area') ?? ''), state: stateOf(row, duties.get(id) ?? []) }
    floors.set(floor, [...(floors.get(floor) ?? []), cell])
  }
  return [...buildings]
    .sort(([one], [other]) => byText(one, other))
    .map(([name, floors]) => ({
      name,
      counts: countsOf([...floors.values()].flat()),
      floors: [...floors].sort(([one], [other]) => other - one).map(([floor, cells]) => ({ floor, cells: cells.sort((one, other) => byText(one.unitNo, other.unitNo)) })),
    }))
}

function stateOf(row: JsonObject, due: readonly DueRow[]): CellState {
  const state = String(valueOf(row, 'state') ?? '')
  const anomalies = valueOf(row, 'open_anomalies')
  if (Array.isArray(anomalies) && anomalies.length > 0) return 'anomaly'
  if (LIVED.includes(state)) return 'lived'
  if (state === 'decorating') return 'decorating'
  if (due.some((item) => item.status === 'overdue')) return 'overdue'
  if (due.some((item) => item.rule === 'R-VAC-02')) return 'checkLeft'
  return due.length > 0 ? 'airLeft' : 'done'
}

function countsOf(cells: readonly Cell[]): ReadonlyMap<CellState, number> {
  const counts = new Map<CellState, number>()
  for (const cell of cells) counts.set(cell.state, (counts.get(cell.state) ?? 0) + 1)
  return counts
}
