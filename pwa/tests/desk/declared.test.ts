/** Registers that only the server's declarations know: named, ordered, and read in their own words. */
import { describe, expect, test } from 'vitest'
import { textOf, type Reading } from '../../src/desk/cells'
import { declaredOption, declaredTitle, learnColumns, learnRegisters } from '../../src/desk/registers/declared'
import { boardOfSubject, kindsOn, recordTitle, registerKind } from '../../src/desk/registers/kinds'
import { stateTitle } from '../../src/desk/registers/state'

const label = (zh: string, en: string) => ({ zh, en })
const reading: Reading = { say: (one) => one.en, now: 0, zone: 'Asia/Shanghai', areas: new Map([['a1', 'Area one']]) }

learnRegisters([
  { name: 'complaint_step', title: label('投诉办理', 'Complaint step'), system: 'complaints', of: 'facts', states: [] },
  { name: 'complaint', title: label('投诉台账', 'Complaints'), system: 'complaints', of: 'subjects', states: [{ value: 'received', title: label('已受理', 'Received') }] },
  { name: 'violation', title: label('违规台账', 'Violations'), system: 'decoration', of: 'subjects', states: [] },
])
learnColumns('complaint', [
  { name: 'cause', title: label('投诉原因', 'Cause'), kind: 'enum', options: [{ value: 'pests', title: label('虫鼠害', 'Rodents or insects') }] },
  { name: 'flags', title: label('标记', 'Marks'), kind: 'multi_enum', options: [{ value: 'urgent', title: label('急', 'Urgent') }] },
  { name: 'progress', title: label('沟通', 'Talks'), kind: 'count' },
])

describe('declared registers', () => {
  test('stand on the board of records, cases first, without those that have a board', () => {
    expect(kindsOn('records').map((kind) => kind.type)).toEqual(['complaint', 'complaint_step'])
    expect(kindsOn('violation').map((kind) => kind.type)).toEqual(['violation'])
  })

  test('are found from a subject and called by their titles', () => {
    expect(boardOfSubject('complaint:01K')).toEqual({ board: 'records', type: 'complaint' })
    expect(boardOfSubject('nothing:01K')).toBeNull()
    expect(registerKind('violation')?.states).toBe('violationStatus')
    expect(recordTitle('complaint').en).toBe('Complaints')
    expect(stateTitle('complaint', 'received').en).toBe('Received')
    expect(stateTitle('violation', 'closed').zh).toBe('已关闭')
  })

  test('say values by the options of their columns', () => {
    expect(textOf('pests', 'cause', reading, { type: 'complaint', kind: 'enum' })).toBe('Rodents or insects')
    expect(textOf(['urgent', 'unknown'], 'flags', reading, { type: 'complaint', kind: 'multi_enum' })).toBe('Urgent、unknown')
    expect(textOf([{ at: 'x' }, { at: 'y' }], 'progress', reading, { type: 'complaint', kind: 'count' })).toBe('2')
    expect(declaredTitle('complaint', 'cause')?.zh).toBe('投诉原因')
    expect(declaredTitle('complaint', 'nothing')).toBeNull()
    expect(declaredOption(undefined, 'cause', 'pests')).toBeNull()
  })
})
