/** What stands around the forms: what can be recorded, which steps are open, hints, the month and the help cards. */
import { describe, expect, it } from 'vitest'
import type { Surroundings } from '../../src/store/acts'
import type { TodayRow } from '../../src/store/today'
import { addList, matchingTypes, recordable, usageOf } from '../../src/views/add/sections'
import { hintsOf } from '../../src/views/form/hints'
import { limitGaps, limitsFrom } from '../../src/views/form/limits'
import { photoGap, signatureGap } from '../../src/views/form/missing'
import { isPossible, needsSignature, offered, stateNow } from '../../src/views/form/steps'
import { cardsOf, matchingCards, phrasesIn } from '../../src/views/help/cards'
import { measuresOf } from '../../src/views/month/month'
import { stretchesOf, tripsOf } from '../../src/views/today/rows'
import { casesOf } from '../../src/views/units/cases'
import type { CatalogueDocument, Fact, JsonObject, StatusDocument } from '../../src/wire/types'
import { zh } from '../../src/words/zh'

const title = (zhTitle: string): { zh: string; en: string } => ({ zh: zhTitle, en: zhTitle })
const type = (record_type: string, system: string, more: Partial<CatalogueDocument> = {}): CatalogueDocument => ({
  _id: `catalogue:${record_type}`, type: 'catalogue', record_type, title: title(record_type), system, subject_kind: 'unit', offline: true, roles: ['steward'], photos: { min: 0, kinds: [] }, form: [], schema: {}, rules: [], ...more,
})
const place = { unit: 'unit:u1', unit_no: '3-1-502', building: '3', entrance: '1', floor: 5 }
const status = (of: string, state: string, fields: JsonObject = {}): StatusDocument => ({ _id: `status:${of}`, type: 'status', of, kind: of.split(':')[0] ?? '', project: 'demo', area: 'a1', state, fields: { ...place, ...fields }, due: [], history: [], held: [], updated_at: '2026-11-01T00:00:00Z' })
const fact = (id: string, subject: string, performed_at: string, body: JsonObject = {}): Fact => ({ _id: id, type: id.split(':')[0] ?? '', v: 1, project: 'demo', area: 'a1', subject, author: 'steward1', device: 'd', performed_at, photos: [], body })

describe('what can be recorded', () => {
  const types = [type('airing', 'vacancy'), type('complaint', 'complaints'), type('complaint_step', 'complaints'), type('work_log', 'information'), type('key_count', 'keys', { offline: false }), type('fee_plan', 'fees', { roles: ['finance'] })]

  it('is what works offline for one of these roles', () => {
    expect(recordable(types, ['steward']).map((one) => one.record_type)).toEqual(['airing', 'complaint', 'complaint_step', 'work_log'])
  })

  it('begins with what this person records most, and what opens a case stands before its steps', () => {
    const own: Record<string, JsonObject[]> = { work_log: [{ author: 'steward1', performed_at: '2026-11-20T00:00:00Z' }, { author: 'steward1', performed_at: '2026-11-21T00:00:00Z' }], complaint: [{ author: 'other', performed_at: '2026-11-21T00:00:00Z' }] }
    const list = addList(recordable(types, ['steward']), usageOf(types, (name) => own[name] ?? [], 'steward1'))

    expect(list.often.map((one) => one.record_type)).toEqual(['work_log', 'airing', 'complaint'])
    expect(list.sections.map((one) => [one.system, one.types.map((each) => each.record_type)])).toEqual([['vacancy', ['airing']], ['complaints', ['complaint', 'complaint_step']], ['information', ['work_log']]])
  })

  it('is found by its title or its area of work, in either language', () => {
    expect(matchingTypes(types, '投诉').map((one) => one.record_type)).toEqual(['complaint', 'complaint_step'])
    expect(matchingTypes(types, 'work_LOG').map((one) => one.record_type)).toEqual(['work_log'])
  })
})

describe('a step', () => {
  const step = type('complaint_step', 'complaints', {
    subject_kind: 'complaint', step: { field: 'to', values: { assigned: { roles: ['cs_agent'], from: ['received'] }, processing: { roles: ['steward'], from: ['received', 'assigned'] }, signed: { roles: ['steward'], from: ['processing'], signed: true } } },
    form: [{ name: 'to', kind: 'enum', title: title('步骤'), required: true, options: ['assigned', 'processing', 'signed'].map((value) => ({ value, title: title(value) })) }],
  })
  const choices = (state: string | null): string[] => offered(step.form[0] as never, step, state, ['steward']).options?.map((one) => one.value) ?? []

  it('offers only what this person may take from where the case is', () => {
    expect([choices('received'), choices('processing'), choices('closed')]).toEqual([['processing'], ['signed'], []])
    expect([isPossible(step, 'closed', ['steward']), isPossible(step, null, ['steward'])]).toEqual([false, true])
    expect(isPossible(type('violation_recheck', 'decoration'), 'submitted', ['steward'])).toBe(false)
  })

  it('goes on from what this phone recorded before the server heard of it', () => {
    const begun = fact('complaint_step:1', 'complaint:1', '2026-11-20T00:00:00Z', { to: 'processing' })

    expect([stateNow('complaint', status('complaint:1', 'received'), [begun], 'received'), stateNow('complaint', undefined, [], 'received')]).toEqual(['processing', 'received'])
  })

  it('asks for a signature unless an earlier record brought one', () => {
    const signed = { ...fact('repair:1', 'x:1', '2026-11-20T00:00:00Z'), photos: [{ sha256: 'a', bytes: 1, mime: 'image/jpeg', kind: 'signature' as const, taken_at: '', source: 'camera' as const }] }

    expect([needsSignature(step, 'signed', []), needsSignature(step, 'signed', [signed]), needsSignature(step, 'processing', [])]).toEqual([true, false, false])
    const work = { ...step, step: { field: 'to', values: { signed: { roles: [], signed: true, after_opening: true } } } }
    const [taken, done] = [{ ...signed, type: 'complaint' }, { ...signed, type: 'complaint_step' }]
    expect([needsSignature(work, 'signed', [taken]), needsSignature(work, 'signed', [taken, done]), needsSignature(step, 'signed', [taken])]).toEqual([true, false, false])
    expect(signatureGap(true, [{ kind: 'overview' }])).toMatchObject([{ why: 'sign' }])
    expect(photoGap({ min: 1, kinds: ['signature'] }, [{ kind: 'overview' }])).toMatchObject([{ why: 'sign' }])
  })
})

describe('hints', () => {
  it('warn of a meter that moves in an empty unit, and of a reading below the last', () => {
    const said = (values: JsonObject): [string, string][] => hintsOf('vacancy_check', values, { meters: { water: 100.5, electric: 20 } }, 600, zh.hints).map((hint) => [hint.anchor, hint.text.slice(0, 12)])

    expect(said({ meter_water: '102', meter_electric: '20' })).toEqual([['meter_water', '比上次（100.5）多 ']])
    expect(said({ meter_electric: '19' })).toEqual([['meter_electric', '比上次（20）小，请核对']])
    expect(said({})).toEqual([])
  })

  it('name the quiet hours for calls and visits, not for papers', () => {
    const at = (minute: number, measure: string): number => hintsOf('fee_visit', { measure }, {}, minute, zh.hints).length

    expect([at(539, 'home_visit'), at(540, 'home_visit'), at(800, 'phone'), at(1230, 'phone'), at(1300, 'notice')]).toEqual([1, 0, 1, 1, 0])
  })
})

it('a visit plan holds the share of its households, and as many lines', () => {
  const plan = type('visit_plan', 'visits', { form: [{ name: 'required', kind: 'integer', title: title('计划户数'), required: true }, { name: 'lines', kind: 'group', title: title('走访户'), required: true, fields: [] }] })
  const gaps = (values: JsonObject) => limitGaps(plan, values, limitsFrom(new Map(), '2026-11-20'))

  expect(gaps({ base_count: '101', required: '8' })).toMatchObject([{ anchor: 'required', why: 'at_least', limit: '9' }])
  expect(gaps({ base_count: '25', required: '2', lines: [{}] })).toMatchObject([{ anchor: 'lines', why: 'rows', count: 1 }])
  expect(gaps({ base_count: '25', required: '2', lines: [{}, {}] })).toEqual([])
})

describe("today's rows", () => {
  const row = (subject: string, rule: string, more: Partial<TodayRow> = {}): TodayRow => ({ key: `${rule}:${subject}`, kind: 'vacancy', rule, subject, unitNo: subject, building: '1', entrance: '1', floor: 1, title: title(rule), why: { zh: '本月第 1 次 · 剩 2 天', en: 'No. 1 · 2 d left' }, dueAt: '2026-11-30T15:59:59Z', status: 'pending', done: false, link: '/', ...more })

  it('join the duties of one vacant unit to one trip', () => {
    expect(tripsOf([row('u1', '巡检'), row('u1', '通风'), row('u2', '巡检')])).toMatchObject([{ subject: 'u1', title: { zh: '巡检 · 通风' }, why: { zh: '2 件 · 剩 2 天' } }, { subject: 'u2', title: { zh: '巡检' } }])
  })

  it('stand under overdue, within two hours, then building by building', () => {
    const rows = [row('a', 'r', { status: 'overdue' }), row('b', 'r', { dueAt: '2026-11-28T03:00:00Z' }), row('c', 'r'), row('d', 'r'), row('e', 'r', { building: '10' })]

    expect(stretchesOf(rows, new Date('2026-11-28T02:00:00Z')).map((one) => [one.urgency, one.building, one.rows.length])).toEqual([[0, null, 1], [1, null, 1], [2, '1', 2], [2, '10', 1]])
  })
})

it('a unit lists its cases, open ones first', () => {
  const catalogue = new Map([['repair_order', type('repair_order', 'repairs', { states: [{ value: 'done', title: title('完成') }, { value: 'registered', title: title('已登记') }], ends: ['done'] })]])
  const found = casesOf('unit:u1', ['household:h1'], [status('repair_order:1', 'done'), status('repair_order:2', 'registered', { text: '水管漏水' }), { ...status('repair_order:3', 'registered'), fields: { ...place, unit: 'unit:u2' } }], catalogue)

  expect(found.map((one) => [one.of, one.isOver, one.gist])).toEqual([['repair_order:2', false, '水管漏水'], ['repair_order:1', true, '']])
})

it('the month counts plan against done, what is only on this phone included', () => {
  const facts = [fact('vacancy_check:1', 'unit:u1', '2026-11-05T02:00:00Z'), fact('resident_visit:1', 'household:h1', '2026-11-06T02:00:00Z'), fact('visit_plan:1', 'area:a1', '2026-11-01T02:00:00Z', { required: 2 })]
  const around: Surroundings = {
    now: new Date('2026-11-20T02:00:00Z'), calendar: { zone: 'Asia/Shanghai', holidays: new Set(), makeupDays: new Set() }, settings: new Map(), unsent: new Set(facts.map((one) => one._id)), refused: new Set(),
    facts: (subject) => facts.filter((one) => one.subject === subject), records: (name) => facts.filter((one) => one.type === name),
  }
  const units = [status('unit:u1', 'delivered_vacant', { vacant_from: '2026-09-01' }), status('unit:u2', 'delivered_vacant', { vacant_from: '2026-09-01' }), status('unit:u3', 'delivered_vacant', { vacant_from: '2026-11-25' })]

  const measures = new Map(measuresOf(units, around, { user: 'steward1', displayName: '', areas: ['a1'] }).map((one) => [one.name, [one.done, one.planned]]))

  expect(Object.fromEntries(measures)).toEqual({ patrols: [0, 0], checks: [1, 2], airings: [0, 2], cleanings: [0, 2], visits: [1, 2], fees: [0, 0] })
})

it('help cards come once each, the doorstep first, and a search keeps the lines that hold it', () => {
  const card = (name: string, ...lines: string[]) => ({ name, title: title(name), lines: lines.map(title) })
  const cards = cardsOf([type('a', 's', { help: [card('zeal', '勤'), card('upset_owner', '先听完', '不打断')] }), type('b', 's', { help: [card('upset_owner', '先听完', '不打断')] })])

  expect(cards.map((one) => one.name)).toEqual(['upset_owner', 'zeal'])
  expect(matchingCards(cards, '打断')).toMatchObject([{ name: 'upset_owner', lines: [{ zh: '不打断' }] }])
  expect(phrasesIn([{ phrases: [{ kind: 'polite', cue: ['您好'] }, { kind: 'banned', cue: ['急什么', '烦'] }] }], '')).toEqual({ polite: ['您好'], banned: ['急什么…烦'] })
})
