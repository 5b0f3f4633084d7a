/** Who has which boards, what a building looks like, which phone needs a call. */
import { describe, expect, test } from 'vitest'
import { BOARDS, boardsOf, isBoard, seesEscalatedFirst } from '../../src/desk/boards'
import { changeTitle } from '../../src/desk/changes'
import { buildingsOf, CELL_LOOKS, CELL_STATES } from '../../src/desk/grid'
import { meaningOf, type Pressed } from '../../src/desk/keys'
import { phoneOrder, phoneState } from '../../src/desk/phones'
import { ruleTitle } from '../../src/desk/rules'
import { addressOf, placeOf } from '../../src/desk/router.svelte'
import { addMonths, ago, dayOf, remaining, shortInstant } from '../../src/desk/time'
import { deskWordTable } from '../../src/desk/words'
import type { DueRow, PhoneRow } from '../../src/desk/types'
import { NOW } from './people'

const boards = (...roles: string[]) => boardsOf(roles).flatMap((group) => group.boards)

describe('boards', () => {
  test('a supervisor decides first, an office reader reads, a steward works on the phone', () => {
    expect(boards('cs_supervisor')[0]).toBe('approvals')
    expect(boards('office_viewer')).not.toContain('approvals')
    expect(boards('finance')[0]).toBe('household')
    expect(boards('steward')).toEqual([])
  })

  test('nobody is shown a board that only refuses', () => {
    for (const role of ['project_manager', 'office_viewer']) expect(boards(role)).toEqual(expect.arrayContaining(['held', 'phones', 'missed']))
    expect(boards('cs_agent')).not.toContain('phones')
    for (const board of ['held', 'phones', 'missed'] as const) expect(boards('finance')).not.toContain(board)
  })

  test('no board is listed twice, and each has a name in both languages', () => {
    for (const role of ['cs_supervisor', 'project_manager', 'office_viewer', 'finance', 'admin']) expect(new Set(boards(role)).size).toBe(boards(role).length)
    for (const board of BOARDS) expect([deskWordTable.zh.boards[board], deskWordTable.en.boards[board]].every((name) => name.length > 0)).toBe(true)
    expect(isBoard('nothing')).toBe(false)
  })

  test('a manager who is no supervisor sees escalations first', () => {
    expect([seesEscalatedFirst(['project_manager']), seesEscalatedFirst(['project_manager', 'cs_supervisor'])]).toEqual([true, false])
  })
})

describe('addresses', () => {
  test('go there and back', () => {
    const address = addressOf('violation', ['violation:01K'], { area: 'a1', state: '', q: '3-1 502' })

    expect(address).toBe('/desk/violation/violation:01K?area=a1&q=3-1+502')
    const [path = '', search = ''] = address.split('?')
    const place = placeOf(path, `?${search}`)
    expect([place.board, place.rest, place.query.get('q')]).toEqual(['violation', ['violation:01K'], '3-1 502'])
  })

  test('a broken one is read as it stands', () => {
    expect(placeOf('/desk/unit/%E6%88', '').rest).toEqual(['%E6%88'])
    expect(placeOf('/elsewhere', '').board).toBe('')
  })
})

describe('keys', () => {
  const key = (name: string, part: Partial<Pressed> = {}): Pressed => ({ key: name, ctrlKey: false, metaKey: false, altKey: false, isComposing: false, ...part })

  test('letters decide only while nobody types', () => {
    expect(meaningOf(key('A'), false)).toEqual({ act: 'accept' })
    expect(meaningOf(key('a'), true)).toBeNull()
    expect(meaningOf(key('r', { ctrlKey: true }), false)).toBeNull()
    expect(meaningOf(key('2'), false)).toEqual({ act: 'template', index: 1 })
  })

  test('Ctrl+Enter submits while typing, but not while an input method is at work', () => {
    expect(meaningOf(key('Enter', { ctrlKey: true }), true)).toEqual({ act: 'submit' })
    expect(meaningOf(key('Enter', { ctrlKey: true, isComposing: true }), true)).toBeNull()
    expect(meaningOf(key('Enter'), false)).toBeNull()
  })
})

describe('the unit grid', () => {
  const unit = (unitNo: string, floor: number, state: string, more = {}) => ({ id: `unit:demo-${unitNo}`, unit_no: unitNo, building: unitNo.split('-')[0] ?? '', floor, state, area: 'a1', ...more })
  const duty = (unitNo: string, rule: string, status: DueRow['status']): DueRow => ({ id: `${rule}${unitNo}`, rule, period: '2026-11', opens_at: '', due_at: '', status, assigned_to: 'steward1', satisfied_by: null, subject: `unit:demo-${unitNo}` })

  test('has the top floor first, 2 before 10, and buildings in order', () => {
    const [first, second] = buildingsOf([unit('10-1-101', 1, 'occupied'), unit('2-1-1001', 10, 'occupied'), unit('2-1-202', 2, 'occupied'), unit('2-1-201', 2, 'rented')], [])

    expect([first?.name, second?.name]).toEqual(['2', '10'])
    expect(first?.floors.map((floor) => floor.floor)).toEqual([10, 2])
    expect(first?.floors[1]?.cells.map((cell) => cell.door)).toEqual(['1-201', '1-202'])
  })

  test('shows of each unit what matters most', () => {
    const vacant = (unitNo: string, more = {}) => unit(unitNo, 1, 'delivered_vacant', more)
    const [building] = buildingsOf(
      [vacant('1-1-101', { open_anomalies: [{}] }), vacant('1-1-102'), vacant('1-1-103'), vacant('1-1-104'), vacant('1-1-105'), unit('1-1-106', 1, 'decorating'), unit('1-1-107', 1, 'occupied')],
      [duty('1-1-102', 'R-VAC-03', 'overdue'), duty('1-1-103', 'R-VAC-02', 'pending'), duty('1-1-104', 'R-VAC-03', 'pending')],
    )

    expect(building?.floors[0]?.cells.map((cell) => cell.state)).toEqual(['anomaly', 'overdue', 'checkLeft', 'airLeft', 'done', 'decorating', 'lived'])
    expect(building?.counts.get('overdue')).toBe(1)
  })

  test('every state has a look and a word', () => {
    for (const state of CELL_STATES) expect([CELL_LOOKS[state].icon, deskWordTable.zh.grid[state], deskWordTable.en.grid[state]].every(Boolean)).toBe(true)
  })
})

describe('phones', () => {
  const phone = (part: Partial<PhoneRow>): PhoneRow => ({ device: 'd', user: 'steward1', app_version: '1', pending: 0, pending_photos: 0, oldest_pending_at: null, refused: 0, last_contact_at: new Date(NOW - 60_000).toISOString(), ...part })
  const silent = phone({ device: 's', last_contact_at: new Date(NOW - 25 * 3_600_000).toISOString(), refused: 1 })

  test('silence outweighs what a phone said last', () => {
    expect([phoneState(silent, NOW), phoneState(phone({ refused: 1 }), NOW), phoneState(phone({ pending_photos: 2 }), NOW), phoneState(phone({}), NOW)]).toEqual(['silent', 'refused', 'waiting', 'fine'])
    expect(phoneState(phone({ last_contact_at: null }), NOW)).toBe('silent')
    expect(phoneState(phone({ last_contact_at: null, lost: [{ kind: 'record', id: 'fee_visit:1', reason: 'evicted', reported_at: '2026-11-22T02:00:00Z' }] }), NOW)).toBe('lost')
  })

  test('the one that needs a call comes first', () => {
    expect(phoneOrder([phone({}), phone({ device: 'r', refused: 1 }), silent], NOW).map((row) => row.device)).toEqual(['s', 'r', 'd'])
  })
})

describe('time', () => {
  test('days are the site’s, not the reader’s', () => {
    expect(dayOf(Date.parse('2026-11-24T16:00:00Z'), 'Asia/Shanghai')).toBe('2026-11-25')
    expect(shortInstant('2025-12-31T16:30:00Z', NOW, 'Asia/Shanghai')).toBe('01-01 00:30')
    expect(shortInstant('2025-12-30T16:30:00Z', NOW, 'Asia/Shanghai')).toBe('2025-12-31 00:30')
    expect(shortInstant('nonsense', NOW, 'Asia/Shanghai')).toBe('nonsense')
    expect(addMonths('2026-01', -1)).toBe('2025-12')
  })

  test('what is left, and what has run out', () => {
    expect(remaining('2026-11-25T05:30:00Z', NOW)).toEqual({ label: { zh: '剩 3 小时 30 分', en: '3 h 30 min left' }, tone: 'due' })
    expect(remaining('2026-11-24T00:00:00Z', NOW)).toMatchObject({ label: { zh: '超时 26 小时' }, tone: 'overdue' })
    expect(ago('2026-11-25T02:00:30Z', NOW).zh).toBe('刚刚')
    expect(ago('2026-11-22T02:00:00Z', NOW).en).toBe('3 days ago')
  })
})

test('an unknown rule or change is shown by its own name', () => {
  expect([ruleTitle('R-NEW-01').zh, changeTitle('brand_new').en]).toEqual(['R-NEW-01', 'brand new'])
  expect(changeTitle('confirm').zh).toBe('确认')
})

test('templates come in fours, in both languages, for every decision', () => {
  for (const words of [deskWordTable.zh, deskWordTable.en]) for (const texts of Object.values(words.templates)) expect(new Set(texts).size).toBe(4)
})
