import { describe, expect, it } from 'vitest'
import type { OutboxItem } from '../../src/store/outbox'
import type { SyncState } from '../../src/store/sync-state'
import type { TodayGroup, TodayRow } from '../../src/store/today'
import type { CatalogueDocument, Fact, FormField, JsonObject, StatusDocument } from '../../src/wire/types'
import { candidates } from '../../src/views/candidates'
import { lines } from '../../src/views/records/lines'
import { heldReason } from '../../src/views/records/reasons'
import { countBy, recordLines, recordRows, successorOf } from '../../src/views/records/records'
import { badgeOf } from '../../src/views/shell/badge'
import { NOTHING_TYPED, refusalText } from '../../src/views/shell/refusal'
import { areaOf, arrearsOf, householdsOf, unitNoOf } from '../../src/views/subjects'
import { matching, nextAfter, orderOf } from '../../src/views/today/rows'
import { compareUnitNo, filtered, unitRows, valuesIn } from '../../src/views/units/units'
import { mayRecheck, violationView } from '../../src/views/violation/violation'
import { zh } from '../../src/words/zh'

const QUIET: SyncState = { online: true, reachable: true, phase: 'idle', saved: 0, sent: 0, received: 0, held: 0, photosSaved: 0, photosSending: 0, photosReceived: 0, photoBytesLeft: 0, lastContactAt: null, lastError: null, allReceived: true, clockSkewSeconds: 0, unreadable: 0, sealed: 0 }
const badge = (change: Partial<SyncState>): string => badgeOf({ ...QUIET, ...change }, zh.badge).text

describe('the truth badge', () => {
  it('says "all received" only when the store does', () => {
    expect(badge({})).toBe('已全部送达')
    expect(badge({ allReceived: false })).toBe('正在核对')
    expect(badge({ allReceived: false, reachable: false })).toBe('正在核对')
  })

  it('puts what needs a hand before what waits', () => {
    expect(badge({ held: 2, saved: 5, online: false, allReceived: false })).toBe('2 条需处理')
    expect(badge({ phase: 'needs_sign_in', saved: 5, allReceived: false })).toBe('需要登录')
  })

  it('counts sent but unconfirmed records as waiting, and photos after records', () => {
    expect(badge({ saved: 2, sent: 1, photosSaved: 3, allReceived: false })).toBe('本机 3 条待发')
    expect(badge({ photosSaved: 1, photosSending: 1, allReceived: false })).toBe('2 张照片待发')
  })

  it('says offline, with and without work', () => {
    expect(badge({ online: false, allReceived: false })).toBe('离线')
    expect(badge({ online: false, sent: 1, allReceived: false })).toBe('离线 · 1 条待发')
    expect(badge({ reachable: false, lastError: { zh: 'x', en: 'x' }, allReceived: false })).toBe('离线')
  })
})

it('a refused sign-in says what to do, and an unknown code speaks for itself', () => {
  const say = (code: string): string => refusalText({ code, message: { zh: '服务器正忙', en: 'Busy' } }, zh.signIn, (label) => label.zh)

  expect(say('wrong_credentials')).toContain('请检查大小写')
  expect(say('offline')).toContain('有网络的地方')
  expect(say('a_new_code')).toBe('服务器正忙')
  expect(refusalText({ code: 'missing', message: NOTHING_TYPED }, zh.signIn, (label) => label.zh)).toBe(NOTHING_TYPED.zh)
})

describe("today's way", () => {
  const row = (subject: string, unitNo: string): TodayRow => ({ key: subject, kind: 'patrol', rule: 'R-DEC-06', subject, unitNo, building: '1', entrance: '1', floor: 1, title: { zh: '', en: '' }, why: { zh: '', en: '' }, dueAt: '', status: 'pending', done: false, link: `/${subject}` })
  const group = (rows: TodayRow[]): TodayGroup => ({ kind: 'patrol', title: { zh: '', en: '' }, total: rows.length, done: 0, rows, doneRows: [] })
  const all = group([row('a', '1-1-101'), row('b', '1-1-202'), row('c', '2-1-101')])

  it('goes on after the unit just done, and back to the first at its end', () => {
    const order = orderOf([all], 'patrol')
    const without = (subject: string): TodayGroup[] => [group(all.rows.filter((one) => one.subject !== subject))]

    expect(nextAfter(without('b'), 'patrol', 'b', order)?.subject).toBe('c')
    expect(nextAfter(without('c'), 'patrol', 'c', order)?.subject).toBe('a')
    expect(nextAfter([group([])], 'patrol', 'a', order)).toBeNull()
  })

  it('is filtered by unit number without building a list anew when nothing is searched', () => {
    expect(matching(all, ' ')).toBe(all)
    expect(matching(all, '1-101').rows.map((one) => one.subject)).toEqual(['a', 'c'])
  })
})

const unit = (unitNo: string, more: JsonObject = {}): JsonObject => ({ _id: `unit:demo-${unitNo}`, type: 'unit', area: 'a1', body: { unit_no: unitNo, building: unitNo.split('-')[0] ?? '', status: 'occupied', ...more } })
const household = (unitNo: string, role: string, name: string): JsonObject => ({ _id: `household:demo-${unitNo}-${role}`, type: 'household', area: 'a1', body: { unit_id: `unit:demo-${unitNo}`, role, name, phone: '13800001111' } })
const docsOf = (...documents: JsonObject[]): Map<string, JsonObject> => new Map(documents.map((one) => [String(one['_id']), one]))

describe('units', () => {
  const rows = unitRows([unit('10-1-101'), unit('2-1-1001'), unit('2-1-201', { status: 'delivered_vacant' })], [household('2-1-201', 'owner', '王建国')], new Set())

  it('stand in the order of the buildings, figures as numbers', () => {
    expect(rows.map((row) => row.unitNo)).toEqual(['2-1-201', '2-1-1001', '10-1-101'])
    expect(compareUnitNo('9-1-101', '10-1-101')).toBeLessThan(0)
  })

  it('are found by number, name, building and state', () => {
    const find = (search: string, building = '', status = ''): string[] => filtered(rows, { search, building, status }).map((row) => row.unitNo)

    expect(find('建国')).toEqual(['2-1-201'])
    expect(find('101', '10')).toEqual(['10-1-101'])
    expect(find('', '2', 'occupied')).toEqual(['2-1-1001'])
    expect(valuesIn(rows, 'building')).toEqual(['2', '10'])
  })

  it('list the owner before the tenant', () => {
    const people = householdsOf('unit:demo-1-1-101', [household('1-1-101', 'tenant', '乙'), household('1-1-101', 'owner', '甲'), household('1-1-102', 'owner', '丙')])

    expect(people.map((one) => one.name)).toEqual(['甲', '乙'])
  })
})

describe('a subject', () => {
  const docs = docsOf(unit('1-1-101'), household('1-1-101', 'owner', '甲'), { _id: 'violation:01', subject: 'decoration_project:01' }, { _id: 'status:decoration_project:01', area: 'a9', fields: { unit: 'unit:demo-1-1-101', unit_no: '1-1-101' } })

  it('leads to its unit: a household, a project, a violation just reported', () => {
    expect(['household:demo-1-1-101-owner', 'decoration_project:01', 'violation:01', 'unit:demo-1-1-101', 'unit:demo-9-9-999'].map((one) => unitNoOf(docs, one))).toEqual(['1-1-101', '1-1-101', '1-1-101', '1-1-101', ''])
  })

  it('gives a record its area, its own before that of its unit', () => {
    expect(areaOf(docs, 'decoration_project:01', 'x')).toBe('a9')
    expect(areaOf(docs, 'violation:01', 'x')).toBe('a1')
    expect(areaOf(docs, 'unit:demo-9-9-999', 'x')).toBe('x')
  })

  it('owes what its status says, else what its accounts add up to', () => {
    const account = { _id: 'fee_account:1', body: { household_id: 'h', period: '2026-10', fee_item: 'service', receivable: 500, discount: 100, received: 150, due_on: '2026-10-28' } }
    const paid = { _id: 'fee_account:2', body: { household_id: 'h', period: '2026-09', fee_item: 'service', receivable: 500, received: 500, due_on: '2026-09-28' } }

    expect(arrearsOf(new Map(), 'h', [account, paid]).map((line) => [line.period, line.balanceFen])).toEqual([['2026-10', 250]])
  })

  it('is offered where a record of the type can be made', () => {
    const vacant = unit('1-1-102', { vacancy_kind: 'key_reserved' })
    const byType = (type: string): JsonObject[] => (type === 'unit' ? [vacant, unit('1-1-101')] : [])

    const of = (record_type: string, subject_kind: string) => candidates({ record_type, subject_kind } as CatalogueDocument, docs, byType, new Map(), { areas: [], projects: [] })
    expect(of('airing', 'unit').map((one) => one.unitNo)).toEqual(['1-1-102'])
    expect(of('decoration_project', 'decoration_project').map((one) => one.unitNo)).toEqual(['1-1-101', '1-1-102'])
  })
})

describe('my records', () => {
  const fact = (id: string, at: string, author = 'steward1'): JsonObject => ({ _id: id, type: 'airing', subject: 'unit:x', author, performed_at: at, body: {}, photos: [] })
  const waiting = (document: JsonObject, state: OutboxItem['state']): OutboxItem => ({ document: document as unknown as Fact, hash: '', rev: '', savedAt: '', state, tries: 0 })
  const saved = fact('airing:3', '2026-11-22T11:00:00+08:00')

  it('are mine, newest first by the instant, with the state of the outbox', () => {
    const rows = recordRows([fact('airing:1', '2026-11-22T10:00:00+08:00'), fact('airing:2', '2026-11-22T02:30:00Z'), saved, fact('airing:4', '2026-11-22T12:00:00Z', 'steward2')], [waiting(saved, 'held')], 'steward1')

    expect(rows.map((row) => [row.fact._id, row.state])).toEqual([['airing:3', 'held'], ['airing:2', 'received'], ['airing:1', 'received']])
    expect(countBy(rows)).toEqual({ saved: 0, sent: 0, held: 1, received: 2 })
  })

  it('are the same lines as before where nothing in them changed', () => {
    const facts = [fact('airing:1', '2026-11-22T10:00:00+08:00'), fact('airing:2', '2026-11-22T02:30:00Z')]
    const reader = { docs: new Map(), titleOf: (type: string) => ({ zh: type, en: type }), say: (label: { zh: string }) => label.zh, words: zh, language: 'zh' as const }
    const before = recordLines(recordRows(facts, [], 'steward1'), reader, [])

    const after = recordLines(recordRows([...facts, saved], [waiting(facts[0] as JsonObject, 'held')], 'steward1'), reader, before)

    expect(after.map((line) => [line.id, line.state, before.includes(line)])).toEqual([['airing:3', 'received', false], ['airing:2', 'received', true], ['airing:1', 'held', false]])
    expect(recordLines(recordRows(facts, [], 'steward1'), { ...reader, docs: docsOf(unit('1-1-101'), { _id: 'status:unit:x', fields: { unit_no: '9-9-909' } }) }, before).map((line) => line.unitNo)).toEqual(['9-9-909', '9-9-909'])
  })

  it('say when another took their place', () => {
    const one = fact('airing:1', '') as unknown as Fact

    expect(successorOf(one, [{ ...one, _id: 'airing:2', amends: 'airing:1' }])).toBe('amended')
    expect(successorOf(one, [{ ...one, _id: 'airing:3', voids: 'airing:1' }])).toBe('voided')
    expect(successorOf(one, [one])).toBeNull()
  })

  it('read in the words of their form', () => {
    const form: FormField[] = [
      { name: 'paid', kind: 'money', title: { zh: '实收', en: 'Paid' }, required: true },
      { name: 'how', kind: 'enum', title: { zh: '方式', en: 'How' }, required: true, options: [{ value: 'cash', title: { zh: '现金', en: 'Cash' } }] },
      { name: 'items', kind: 'checklist', title: { zh: '检查项', en: 'Items' }, required: true, items: [{ code: 'walls', title: { zh: '墙体', en: 'Walls' } }] },
      { name: 'never', kind: 'text', title: { zh: '无', en: 'None' }, required: false },
    ]
    const body: JsonObject = { paid: 123450, how: 'cash', items: [{ code: 'walls', result: 'abnormal', note: '渗水' }] }

    expect(lines(body, form, { say: (label) => label.zh, words: zh, language: 'zh', docs: new Map() })).toEqual([{ name: '实收', value: '¥1,234.50' }, { name: '方式', value: '现金' }, { name: '墙体', value: '异常：渗水' }])
  })

  it('tell why one was refused, in the language of the person', () => {
    const both = '日期 2026-11-20 早于记录当天 (/body/next_action_at) | 2026-11-20 is before the day of the record (/body/next_action_at)'

    expect(heldReason('date_past', both, 'zh')).toBe('日期 2026-11-20 早于记录当天。请改正后重新发送。')
    expect(heldReason('date_past', both, 'en')).toBe('2026-11-20 is before the day of the record. Correct it and send again.')
  })

  it('also when the server wrote both languages in one, only one, or none', () => {
    const refusal = '此记录在您调离该片区之后完成，已交主管处理。It was recorded after the area was handed over.'

    expect(heldReason('after_transfer', `${refusal} | ${refusal}`, 'zh')).toBe('此记录在您调离该片区之后完成，已交主管处理。')
    expect(heldReason('after_transfer', refusal, 'en')).toBe('It was recorded after the area was handed over.')
    expect(heldReason('already_decided', '该记录已作为审批依据', 'zh')).toBe('该记录已作为审批依据。主管已经看到，请等主管处理。')
    expect(heldReason('new_code', '只有中文', 'en')).toContain('只有中文')
    expect(heldReason('new_code', undefined, 'zh')).toBe('new_code。请改正后重新发送。')
  })
})

describe('a violation', () => {
  const report = { _id: 'violation:01', subject: 'decoration_project:01', author: 'steward1', body: { category: 'gas', severity: 'serious', place_in_unit: '厨房' }, photos: [{ sha256: 'b1', kind: 'before' }] } as unknown as Fact
  const status = { state: 'notified', fields: { unit_no: '1-1-101', category: 'gas', severity: 'general', severity_final: 'serious', rectify_by: '2026-11-25', before_photos: ['b1', 'b2'], decision: { decision: 'confirm', reason: '清楚', decided_by: 'supervisor1', decided_at: '2026-11-22T03:00:00Z', clause: '第 12 条' } } } as unknown as StatusDocument

  it('can be read before the server has answered', () => {
    const view = violationView('violation:01', undefined, report, '1-1-101')

    expect(view).toMatchObject({ state: 'submitted', unitNo: '1-1-101', project: 'decoration_project:01', before: ['b1'], decision: null, isLocal: true })
    expect(view && mayRecheck(view)).toBe(false)
  })

  it('and then as the supervisor decided it', () => {
    const view = violationView('violation:01', status, report, '')

    expect(view).toMatchObject({ state: 'notified', severity: 'serious', rectifyBy: '2026-11-25', clause: '第 12 条', before: ['b1', 'b2'], decision: { by: 'supervisor1' }, isLocal: false })
    expect(view && mayRecheck(view)).toBe(true)
  })

  it('is unknown when the phone has neither', () => {
    expect(violationView('violation:01', undefined, undefined, '')).toBeNull()
  })
})
