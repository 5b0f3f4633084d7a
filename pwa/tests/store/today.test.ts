/** Today's list: right without a network, in the order of the way. */
import { describe, expect, test } from 'vitest'
import type { OutboxItem } from '../../src/store/outbox'
import type { Surroundings } from '../../src/store/acts'
import { byUrgency, leftText, listOf, type TodayRow } from '../../src/store/today'
import { calendarFrom, settingsFrom } from '../../src/store/site'
import type { Due, Fact, Json, JsonObject, StatusDocument } from '../../src/wire/types'

const ZONE = 'Asia/Shanghai'
const who = { device: 'dev-1', state: 'open' as const, me: { user: 'steward1', display_name: '', roles: ['steward'], projects: [], areas: [{ id: 'a1', name: '', project: 'demo' }], databases: [], epoch: 'e', now: '' } }
const place = (unit_no: string) => ({ unit: `unit:demo-${unit_no}`, unit_no, building: unit_no.split('-')[0] ?? '', entrance: unit_no.split('-')[1] ?? '', floor: Math.floor(Number(unit_no.split('-')[2]) / 100) })
const status = (of: string, state: string, unit_no: string, fields: JsonObject = {}, due: Due[] = []): StatusDocument => ({
  _id: `status:${of}`, type: 'status', of, kind: of.split(':')[0] as StatusDocument['kind'], project: 'demo', area: 'a1', state, fields: { ...place(unit_no), ...fields }, due, history: [], held: [], updated_at: '2026-11-25T00:00:00Z',
})
const fact = (type: string, subject: string, performed_at: string, body: JsonObject = {}, change: Partial<Fact> = {}): Fact => ({
  _id: `${type}:${performed_at}`, type, v: 1, project: 'demo', area: 'a1', subject, author: 'steward1', device: 'dev-1', performed_at, photos: [], body, ...change,
})
const due = (rule: string, subject: string, period: string, opens_at: string, due_at: string, change: Partial<Due> = {}): Due => ({ id: `due:${rule}:${subject}:${period}`, rule, period, opens_at, due_at, status: 'pending', assigned_to: 'steward1', satisfied_by: null, ...change })

function list(at: string, statuses: StatusDocument[], facts: Fact[] = [], options: { items?: OutboxItem[]; settings?: [string, Json][]; calendar?: JsonObject[] } = {}) {
  const items = options.items ?? []
  const around: Surroundings = {
    now: new Date(at), calendar: calendarFrom(options.calendar ?? [], ZONE), settings: new Map(options.settings ?? []),
    facts: (subject) => [...facts, ...items.map((item) => item.document)].filter((one) => one.subject === subject || one._id === subject),
    unsent: new Set(items.map((item) => item.document._id)), refused: new Set(items.filter((item) => item.state === 'held').map((item) => item.document._id)),
  }
  return listOf(statuses, items, who, around, (subject) => statuses.find((one) => one.of === subject))
}
const unsent = (document: Fact, change: Partial<OutboxItem> = {}): OutboxItem => ({ document, hash: 'h', rev: '1-h', savedAt: document.performed_at, state: 'saved', tries: 0, ...change })
const group = (today: ReturnType<typeof list>, kind: TodayRow['kind']) => today.groups.find((one) => one.kind === kind) as ReturnType<typeof list>['groups'][number]

describe('patrols', () => {
  const site = (state = 'in_progress', fields: JsonObject = {}, due: Due[] = []) => status('decoration_project:01', state, '3-1-502', { actual_start: '2026-11-01', actual_end: null, pauses: [], open_violations: [], ...fields }, due)

  test('tomorrow has its own patrol although the server was last heard today', () => {
    const known = [due('R-DEC-06', 'decoration_project:01', '2026-11-25', '2026-11-24T16:00:00Z', '2026-11-25T15:59:59Z', { status: 'met', satisfied_by: 'decoration_patrol:x' })]

    const tomorrow = list('2026-11-26T01:00:00Z', [site('in_progress', {}, known)])

    expect(tomorrow.day).toBe('2026-11-26')
    expect(group(tomorrow, 'patrol').rows).toMatchObject([{ key: 'R-DEC-06:decoration_project:01:2026-11-26', unitNo: '3-1-502', status: 'pending', why: { zh: '今日第 1 次 · 剩 15 小时', en: 'No. 1 today · 15 h left' }, link: '/decoration/decoration_project:01/patrol' }])
  })

  test('a patrol in the outbox ticks the row off at once', () => {
    const today = list('2026-11-25T03:00:00Z', [site()], [], { items: [unsent(fact('decoration_patrol', 'decoration_project:01', '2026-11-25T10:00:00+08:00'))] })

    expect(group(today, 'patrol')).toMatchObject({ total: 1, done: 1, rows: [], doneRows: [{ done: true, status: 'met', doneAt: '2026-11-25T02:00:00.000Z' }] })
  })

  test('a refused patrol ticks nothing off and asks for attention', () => {
    const refused = unsent(fact('decoration_patrol', 'decoration_project:01', '2026-11-25T10:00:00+08:00'), { state: 'held', code: 'photo_missing', reason: '缺少照片 | A photo is missing' })

    const today = list('2026-11-25T03:00:00Z', [site()], [], { items: [refused] })

    expect(group(today, 'patrol')).toMatchObject({ total: 1, done: 0 })
    expect(group(today, 'held').rows).toMatchObject([{ unitNo: '3-1-502', title: { zh: '装修巡查' }, why: { zh: '缺少照片', en: 'A photo is missing' }, link: '/record/decoration_patrol:2026-11-25T10:00:00+08:00' }])
  })

  test('a withdrawn patrol counts no more, its correction does', () => {
    const patrol = fact('decoration_patrol', 'decoration_project:01', '2026-11-25T10:00:00+08:00')
    const withdrawal = fact('decoration_patrol', 'decoration_project:01', '2026-11-25T10:05:00+08:00', {}, { voids: patrol._id })
    const correction = fact('decoration_patrol', 'decoration_project:01', '2026-11-25T10:06:00+08:00', {}, { amends: patrol._id })

    expect(group(list('2026-11-25T03:00:00Z', [site()], [patrol, withdrawal]), 'patrol').done).toBe(0)
    expect(group(list('2026-11-25T03:00:00Z', [site()], [patrol, correction]), 'patrol').done).toBe(1)
  })

  test.each([
    ['a pause', site('paused', { pauses: [{ from: '2026-11-25', to: '2026-11-25', reason: '' }] }), {}],
    ['the end of the work', site('accepted', { actual_end: '2026-11-20' }), {}],
    ['a rest day without patrols', site(), { settings: [['dec.patrol_rest_days', false]] as [string, Json][], calendar: [{ type: 'calendar', holidays: ['2026-11-25'] }] }],
  ])('%s makes no duty', (_name, one, options) => {
    expect(group(list('2026-11-25T03:00:00Z', [one], [], options), 'patrol').total).toBe(0)
  })

  test('two patrols a day are counted', () => {
    const patrol = fact('decoration_patrol', 'decoration_project:01', '2026-11-25T10:00:00+08:00')
    const today = list('2026-11-25T12:30:00Z', [site('in_progress', { open_violations: ['violation:1'] })], [patrol], { settings: [['dec.patrol_per_day', 2]] })

    expect(group(today, 'patrol').rows).toMatchObject([{ why: { zh: '今日第 2 次 · 剩 3 小时' }, title: { zh: '装修巡查 · 1 项违规未结' }, status: 'due_soon' }])
  })
})

describe('re-checks', () => {
  const open = due('R-DEC-14', 'violation:01', 'round-1', '2026-11-23T02:00:00Z', '2026-11-24T15:59:59Z')
  const violation = status('violation:01', 'confirmed', '1-2-801', { category: 'walls' }, [open])

  test('an old one stays on the list, overdue, until it is re-checked', () => {
    expect(group(list('2026-11-25T18:00:00Z', [violation]), 'recheck').rows).toMatchObject([{ status: 'overdue', why: { zh: '整改期限 2026-11-24 · 逾期 26 小时' }, link: '/violation/violation:01/recheck' }])
    const recheck = unsent(fact('violation_recheck', 'violation:01', '2026-11-25T09:00:00+08:00'))
    expect(group(list('2026-11-25T02:00:00Z', [violation], [], { items: [recheck] }), 'recheck')).toMatchObject({ done: 1, doneRows: [{ status: 'met_late' }] })
  })

  test('one that opens later is not there yet', () => {
    expect(group(list('2026-11-23T01:00:00Z', [violation]), 'recheck').total).toBe(0)
  })

  test('one for somebody else is not on this list', () => {
    const other = { ...violation, due: [{ ...open, assigned_to: 'steward2' }] }
    expect(group(list('2026-11-25T02:00:00Z', [other]), 'recheck').total).toBe(0)
  })
})

describe('vacant units', () => {
  const unit = status('unit:demo-3-1-502', 'delivered_vacant', '3-1-502', { vacant_from: '2026-01-10', vacant_to: null })

  test('a new month brings check, airing and cleaning', () => {
    const visited = ['vacancy_check', 'airing', 'vacant_cleaning'].map((type) => fact(type, 'unit:demo-3-1-502', '2026-11-03T10:00:00+08:00'))

    expect(group(list('2026-11-25T02:00:00Z', [unit], visited), 'vacancy')).toMatchObject({ total: 3, done: 3 })
    expect(group(list('2026-11-30T16:00:00Z', [unit], visited), 'vacancy').rows.map((row) => [row.rule, row.link])).toEqual([
      ['R-VAC-02', '/new/vacancy_check?subject=unit:demo-3-1-502'], ['R-VAC-03', '/new/airing?subject=unit:demo-3-1-502'], ['R-VAC-04', '/new/vacant_cleaning?subject=unit:demo-3-1-502'],
    ])
  })

  test('too few days in the register make no duty', () => {
    const late = status('unit:demo-3-1-502', 'delivered_vacant', '3-1-502', { vacant_from: '2026-11-20', vacant_to: null })
    expect(group(list('2026-11-25T02:00:00Z', [late]), 'vacancy').total).toBe(0)
  })
})

describe('fees', () => {
  const household = (fields: JsonObject = {}) => status('household:demo-2-1-301-owner', 'open', '2-1-301', { name: '周先生', arrears_fen: 123450, periods: [{ account: 'x', period: '2026-09', fee_item: 'service', balance_fen: 123450, due_on: '2026-09-30' }], ...fields })
  const visit = (at: string, body: JsonObject) => fact('fee_visit', 'household:demo-2-1-301-owner', at, body)

  test('a household in arrears is to be contacted once a month', () => {
    expect(group(list('2026-11-25T02:00:00Z', [household()]), 'fee').rows).toMatchObject([{ rule: 'R-FEE-06', title: { zh: '上门收费 · 周先生' }, why: { zh: '本月第 1 次 · 欠 ¥1,234.50 · 剩 5 天' }, link: '/new/fee_visit?subject=household:demo-2-1-301-owner' }])
  })

  test('the next action set by a visit comes on its day, and waits until it is done', () => {
    const visits = [visit('2026-11-20T10:00:00+08:00', { outcome: 'not_home', next_action_at: '2026-11-24' })]

    expect(group(list('2026-11-23T02:00:00Z', [household()], visits), 'fee')).toMatchObject({ done: 1, doneRows: [{ rule: 'R-FEE-06' }] })
    expect(group(list('2026-11-26T02:00:00Z', [household()], visits), 'promise').rows).toMatchObject([{ rule: 'R-FEE-11', status: 'overdue', why: { zh: '约定 2026-11-24 跟进 · 欠 ¥1,234.50 · 逾期 34 小时' } }])
  })

  test('a visit that brought the money ends it, before the server knows', () => {
    const visits = [visit('2026-11-20T10:00:00+08:00', { outcome: 'not_home', next_action_at: '2026-11-24' })]
    const paid = unsent(visit('2026-11-25T09:00:00+08:00', { outcome: 'paid' }))

    expect(group(list('2026-11-25T02:00:00Z', [household()], visits, { items: [paid] }), 'fee')).toMatchObject({ total: 1, done: 1 })
    expect(group(list('2026-12-01T02:00:00Z', [household()], visits, { items: [paid] }), 'fee').total).toBe(0)
  })

  test('nothing owed, nothing to do', () => {
    expect(group(list('2026-11-25T02:00:00Z', [household({ arrears_fen: 0, periods: [] })]), 'fee').total).toBe(0)
  })
})

test('overdue first, then within two hours, then building, entrance, floor; numbers as numbers', () => {
  const row = (unitNo: string, status: TodayRow['status'], dueAt: string): TodayRow => ({ ...place(unitNo), unitNo, kind: 'patrol', rule: 'R', subject: unitNo, key: unitNo, title: { zh: '', en: '' }, why: { zh: '', en: '' }, dueAt, status, done: false, link: '' })
  const now = new Date('2026-11-25T02:00:00Z')
  const late = '2026-11-25T15:59:59Z'
  const rows = [row('10-1-101', 'pending', late), row('2-1-1001', 'pending', late), row('2-1-201', 'pending', late), row('9-1-101', 'pending', '2026-11-25T03:30:00Z'), row('11-2-301', 'overdue', '2026-11-24T15:59:59Z'), row('2-10-101', 'pending', late)]

  expect(rows.sort((one, other) => byUrgency(one, other, now)).map((one) => one.unitNo)).toEqual(['11-2-301', '9-1-101', '2-1-201', '2-1-1001', '2-10-101', '10-1-101'])
})

test.each([
  ['2026-11-25T02:30:00Z', '剩 30 分钟'], ['2026-11-25T05:00:00Z', '剩 3 小时'], ['2026-11-29T02:00:00Z', '剩 4 天'], ['2026-11-25T01:00:00Z', '逾期 59 分钟'], ['2026-11-20T02:00:00Z', '逾期 4 天'],
])('a limit at %s is %s', (at, words) => {
  expect(leftText({ dueAt: Date.parse(at), status: 'pending' }, new Date('2026-11-25T02:00:00Z')).zh).toBe(words)
})

test('a setting counts from its day, and of two the later', () => {
  const setting = (value: Json, valid_from?: string): JsonObject => ({ type: 'setting', body: { key: 'vac.check_per_month', value, ...(valid_from === undefined ? {} : { valid_from }) } })
  const now = new Date('2026-11-25T02:00:00Z')

  expect(settingsFrom([setting(2, '2026-11-01'), setting(1), setting(3, '2026-12-01')], now, ZONE).get('vac.check_per_month')).toBe(2)
  expect(settingsFrom([setting(1), setting(2, '2026-11-01')], now, ZONE).get('vac.check_per_month')).toBe(2)
})
