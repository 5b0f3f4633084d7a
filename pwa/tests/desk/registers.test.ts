/** Registers: links that mean the same to everybody, columns that stay chosen, cells that read as text. */
import { describe, expect, test } from 'vitest'
import { idOf, isFigure, textOf, valueOf, type Reading } from '../../src/desk/cells'
import { fieldTitle, isHidden, readingOrder } from '../../src/desk/fields'
import { defaultColumns, rememberColumns, rememberedColumns, shownColumns, toggleColumn } from '../../src/desk/registers/columns'
import { addressQuery, filtersOf, isFiltered, nextSort, periodChoices, sortOf, withoutFilters } from '../../src/desk/registers/filters'
import { boardOfSubject, kindsOn, REGISTER_KINDS } from '../../src/desk/registers/kinds'
import { stateTitle } from '../../src/desk/registers/state'
import { BOARDS } from '../../src/desk/boards'
import { aStorage, NOW } from './people'

const reading: Reading = { say: (label) => label.zh, now: NOW, zone: 'Asia/Shanghai', areas: new Map([['a1', '一片区']]) }
const columns = ['unit_no', 'area', 'state', 'reporter'].map((name) => ({ name, title: { zh: name, en: name }, kind: 'text' }))

describe('filters', () => {
  test('equal filters give equal links, whatever order they were set in', () => {
    const one = filtersOf(new URLSearchParams('state=closed&area=a1'))
    const other = filtersOf(new URLSearchParams('area=a1&state=closed&q='))

    expect(JSON.stringify(addressQuery(one))).toBe(JSON.stringify(addressQuery(other)))
  })

  test.each(['2026-13', '2026-11-32', '11-2026', "'; drop"])('a period that cannot be meant (%s) is left out', (period) => {
    expect(filtersOf(new URLSearchParams({ period })).period).toBe('')
  })

  test('sorting filters nothing, and stays when filters are cleared', () => {
    const filters = filtersOf(new URLSearchParams('sort=-found_at&q=502'))

    expect(isFiltered(withoutFilters(filters))).toBe(false)
    expect(withoutFilters(filters).sort).toBe('-found_at')
  })

  test('a head sorts up, down, then not', () => {
    expect([nextSort('', 'area'), nextSort('area', 'area'), nextSort('-area', 'area')]).toEqual(['area', '-area', ''])
    expect([sortOf('area', 'area'), sortOf('-area', 'area'), sortOf('', 'area')]).toEqual(['ascending', 'descending', 'none'])
  })

  test('a period that came with a link is offered too', () => {
    const choices = periodChoices('2026-01-01', '2024-02').map((choice) => choice.value)

    expect(choices.slice(0, 4)).toEqual(['2026-01-01', '2025-12-31', '2026-01', '2025-12'])
    expect(choices).toContain('2024-02')
  })
})

describe('columns', () => {
  test('a column the server no longer has is passed over', () => {
    expect(shownColumns(columns, [], ['gone', 'state']).map((column) => column.name)).toEqual(['state'])
    expect(defaultColumns(columns, ['gone'])).toEqual(['unit_no', 'area', 'state', 'reporter'])
  })

  test('the unit stays, a new one comes where it belongs', () => {
    expect(toggleColumn(['unit_no', 'state'], 'unit_no', columns, [])).toEqual(['unit_no', 'state'])
    expect(toggleColumn(['unit_no', 'state'], 'area', columns, [])).toEqual(['unit_no', 'area', 'state'])
    expect(toggleColumn(['unit_no', 'state'], 'state', columns, [])).toEqual(['unit_no'])
  })

  test('the choice is remembered, and what is not ours is not believed', () => {
    const storage = aStorage()
    rememberColumns(storage, 'violation', ['state'])
    storage.setItem('xunlu.desk.columns.unit', '{"a":1}')
    storage.setItem('xunlu.desk.columns.airing', '{')

    expect(rememberedColumns(storage, 'violation')).toEqual(['state'])
    expect(rememberedColumns(storage, 'unit')).toBeNull()
    expect(rememberedColumns(storage, 'airing')).toBeNull()
  })
})

describe('cells', () => {
  test.each([
    [123450, 'arrears_fen', '¥1,234.50'],
    ['a1', 'area', '一片区'],
    ['wall_removal', 'category', '墙体拆改'],
    ['2026-11-24T16:30:00Z', 'found_at', '11-25 00:30'],
    [true, 'escalated', '是'],
    [['violation:1', 'violation:2'], 'open_violations', '2'],
    [['walls', 'floor'], 'scope', '墙体、地面'],
    [null, 'rectify_by', ''],
    [[{ code: 'walls', result: 'normal' }, { code: 'waterproofing', result: 'abnormal' }], 'items', '异常 1: 防水'],
    [{ date: '2026-11-30', amount_fen: 5000, fact: 'fee_visit:1' }, 'promise', '日期 2026-11-30 · 金额 ¥50.00'],
  ])('%j as %s reads %s', (value, name, text) => {
    expect(textOf(value, name, reading)).toBe(text)
  })

  test('an unknown value is shown as it is written, never hidden', () => {
    expect(textOf('brand_new', 'category', reading)).toBe('brand_new')
  })

  test('a value lies on the row, in its fields or in its body', () => {
    expect(valueOf({ fields: { stage: 'paint' } }, 'stage')).toBe('paint')
    expect(valueOf({ body: { stage: 'paint' } }, 'stage')).toBe('paint')
    expect(valueOf({ promise: { date: 'x' } }, 'promise.date')).toBe('x')
    expect(idOf({ _id: 'status:unit:1' })).toBe('unit:1')
  })

  test('only figures stand at the right', () => {
    expect([isFigure('arrears_fen', 'money'), isFigure('unit_no', 'text')]).toEqual([true, false])
  })
})

describe('kinds', () => {
  test('every kind has a board, and every subject finds its own', () => {
    for (const kind of REGISTER_KINDS) expect(BOARDS).toContain(kind.board)
    expect(boardOfSubject('airing:01K')).toEqual({ board: 'unit', type: 'airing' })
    expect(boardOfSubject('user:steward1')).toBeNull()
    expect(kindsOn('household').map((kind) => kind.type)).toEqual(['household', 'fee_visit'])
  })

  test('preferred columns have titles in both languages', () => {
    for (const name of REGISTER_KINDS.flatMap((kind) => kind.preferred)) expect(fieldTitle(name).zh, name).not.toBe(name)
  })

  test('fields are read in the order of the trade, not of the alphabet', () => {
    expect(readingOrder(['brand_new', 'applicant', 'area', 'decided_by', 'decision'])).toEqual(['area', 'applicant', 'decision', 'decided_by', 'brand_new'])
  })

  test('hashes and lists of photos are for programs', () => {
    expect(['evidence', 'evidence_hash', 'missing_photos'].every(isHidden)).toBe(true)
  })

  test('a state is called by the kind it belongs to', () => {
    expect(stateTitle('violation', 'returned').zh).toBe('退回')
    expect(stateTitle('decoration_project', 'returned').zh).toBe('退回补件')
    expect(stateTitle('airing', 'held').zh).toBe('未收')
  })
})
