/** Duties that only their declaration knows stand on today's list as the server judged them, and tick off at once. */
import { describe, expect, test } from 'vitest'
import type { OutboxItem } from '../../src/store/outbox'
import { dutyBookFrom } from '../../src/ledger/duty-table'
import type { Surroundings } from '../../src/store/acts'
import { calendarFrom } from '../../src/store/site'
import { listOf } from '../../src/store/today'
import type { Due, Fact, StatusDocument } from '../../src/wire/types'

const NOW = '2026-11-25T02:00:00Z'
const who = { device: 'dev-1', state: 'open' as const, me: { user: 'steward1', display_name: '', roles: ['steward'], projects: [{ id: 'demo', name: '示范', time_zone: 'Asia/Shanghai' }], areas: [{ id: 'a1', name: '一片区', project: 'demo' }], databases: [], epoch: 'e', now: '' } }
const book = dutyBookFrom([
  { type: 'duty_book', duties: { 'R-REP-06': { title: { zh: '维修后回访', en: 'Return visit' }, forms: ['return_visit'], met_by: [] }, 'R-PAT-01': { title: { zh: '每日巡视', en: 'Daily patrol' }, forms: ['public_area_patrol'], met_by: ['public_area_patrol'] }, 'R-VAC-05': { title: { zh: '连阴雨特殊服务', en: 'Rain' }, forms: [], met_by: [] } } },
  { type: 'duty_book', duties: 'nonsense' },
])
const due = (rule: string, subject: string, change: Partial<Due> = {}): Due => ({ id: `due:${rule}:${subject}:p`, rule, period: 'p', opens_at: '2026-11-24T16:00:00Z', due_at: '2026-11-25T15:59:59Z', status: 'pending', assigned_to: 'steward1', satisfied_by: null, ...change })
const status = (of: string, unit_no: string, ...dues: Due[]): StatusDocument => ({
  _id: `status:${of}`, type: 'status', of, kind: of.split(':')[0] ?? '', project: 'demo', area: 'a1', state: 's', fields: { unit: '', unit_no, building: '', entrance: '', floor: 0 }, due: dues, history: [], held: [], updated_at: NOW,
})

function other(statuses: StatusDocument[], recorded: Fact[] = []) {
  const items = recorded.map((document): OutboxItem => ({ document, hash: 'h', rev: '1-h', savedAt: NOW, state: 'saved', tries: 0 }))
  const around: Surroundings = { now: new Date(NOW), calendar: calendarFrom([], 'Asia/Shanghai'), settings: new Map(), facts: (subject) => recorded.filter((fact) => fact.subject === subject), unsent: new Set(recorded.map((fact) => fact._id)), refused: new Set(), book }
  return listOf(statuses, items, who, around, () => undefined).groups
}
const group = (groups: ReturnType<typeof other>, kind: string) => groups.find((one) => one.kind === kind)

describe('declared duties', () => {
  test('stand in a group of their own, by their title, and lead to their form', () => {
    const rows = group(other([status('repair_order:R', '3-1-502', due('R-REP-06', 'repair_order:R'))]), 'return_visit')?.rows
    expect(rows).toMatchObject([{ unitNo: '3-1-502', title: { zh: '维修后回访' }, why: { zh: '剩 14 小时' }, link: '/new/return_visit?subject=repair_order:R' }])
  })

  test('of an area are called by its name, answered by a record about it, and ticked off before it is sent', () => {
    const duty = status('area:a1:R-PAT-01', '', due('R-PAT-01', 'area:a1:R-PAT-01'))
    expect(group(other([duty]), 'other')?.rows).toMatchObject([{ unitNo: '一片区', link: '/new/public_area_patrol?subject=area:a1' }])

    const patrol: Fact = { _id: 'public_area_patrol:1', type: 'public_area_patrol', v: 1, project: 'demo', area: 'a1', subject: 'area:a1', author: 'steward1', device: 'd', performed_at: '2026-11-25T09:00:00+08:00', photos: [], body: {} }
    expect(group(other([duty], [patrol]), 'other')).toMatchObject({ total: 1, done: 1 })
  })

  test('are not shown to others, before they open, or when nobody told what they are', () => {
    const groups = other([status('repair_order:R', '3-1-502', due('R-REP-06', 'repair_order:R', { assigned_to: 'agent1' }), due('R-REP-06', 'repair_order:R', { opens_at: '2026-11-26T00:00:00Z' }), due('R-NEW-01', 'repair_order:R'))])
    expect(groups.every((one) => one.total === 0)).toBe(true)
  })

  test('of weather stand with the vacant units', () => {
    const unit = status('unit:demo-3-1-502', '3-1-502', due('R-VAC-05', 'unit:demo-3-1-502'))
    expect(group(other([unit]), 'weather')?.rows).toMatchObject([{ title: { zh: '连阴雨特殊服务' }, link: '/new/vacancy_check?subject=unit:demo-3-1-502' }])
  })
})
