/**
 * Which boards a person has, in which order.
 *
 * For: the left rail and the first page after signing in. Not for: permission; the server judges every request.
 * Source: domain.md 1.1 and 5.1.
 */
export const BOARDS = [
  'approvals', 'violation', 'decoration_project', 'decoration_patrol', 'missed', 'unit', 'grid', 'household', 'records', 'due', 'held', 'phones', 'inbox',
] as const
export type Board = (typeof BOARDS)[number]
export type BoardGroup = { group: 'decide' | 'registers' | 'watch'; boards: Board[] }

const DECIDERS = ['cs_supervisor', 'project_manager']
const READERS = ['office_viewer', 'finance', 'quality_dept', 'deputy_gm', 'company_leader', 'cs_agent']
/** Whom the server answers about missed patrols, and about held facts and phones; nobody is shown a board that only refuses. */
const MISSED_READERS = ['office_viewer', 'quality_dept', 'deputy_gm', 'company_leader', 'cs_agent']
const SYNC_READERS = ['office_viewer', 'admin']
const REGISTERS: Board[] = ['decoration_project', 'violation', 'decoration_patrol', 'unit', 'grid', 'household', 'records']

export function boardsOf(roles: readonly string[]): BoardGroup[] {
  const decides = roles.some((role) => DECIDERS.includes(role))
  const reads = decides || roles.some((role) => READERS.includes(role))
  const group = (name: BoardGroup['group'], boards: Board[]): BoardGroup => ({ group: name, boards })
  // An administrator looks after accounts and phones; the records of areas are not theirs to read.
  if (!reads) return roles.includes('admin') ? [group('watch', ['phones', 'held', 'inbox'])] : []
  if (decides) {
    return [
      group('decide', ['approvals', 'due', 'inbox']),
      group('registers', ['violation', ...REGISTERS.filter((board) => board !== 'violation')]),
      group('watch', ['missed', 'held', 'phones']),
    ]
  }
  const may = (readers: readonly string[]) => roles.some((role) => readers.includes(role))
  const watch: Board[] = [...(may(MISSED_READERS) ? (['missed'] as const) : []), 'due', ...(may(SYNC_READERS) ? (['held', 'phones'] as const) : []), 'inbox']
  const registers: Board[] = roles.includes('finance') ? ['household', ...REGISTERS.filter((board) => board !== 'household')] : REGISTERS
  return [group('registers', registers), group('watch', watch)]
}

/** A project manager who is no supervisor sees what was escalated first. */
export function seesEscalatedFirst(roles: readonly string[]): boolean {
  return roles.includes('project_manager') && !roles.includes('cs_supervisor')
}

export function isBoard(name: string): name is Board {
  return (BOARDS as readonly string[]).includes(name)
}
