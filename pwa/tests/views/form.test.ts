import { describe, expect, it } from 'vitest'
import type { CatalogueDocument, FormField, JsonObject } from '../../src/wire/types'
import { limitGaps, limitsFrom } from '../../src/views/form/limits'
import { complaintOf, gapsOf, photoGap, photoNeed, sayFirst } from '../../src/views/form/missing'
import { allNormal, bodyFrom, fenFrom, firstValues, numberFrom, shownFields, valuesFrom, yuanText, type Values } from '../../src/views/form/values'
import { zh } from '../../src/words/zh'

const title = (zhText: string): { zh: string; en: string } => ({ zh: zhText, en: zhText })
const field = (name: string, kind: FormField['kind'], more: Partial<FormField> = {}): FormField => ({ name, kind, title: title(name), required: true, ...more })
const sayZh = (label: { zh: string }): string => label.zh

const OUTCOME = field('outcome', 'enum', { options: ['paid', 'promised'].map((value) => ({ value, title: title(value) })) })
const PAID = field('paid_amount', 'money', { when: { field: 'outcome', in: ['paid'] }, min: 1 })
const ITEMS = field('items', 'checklist', { items: ['walls', 'pests'].map((code) => ({ code, title: title(code) })) })
const ANOMALIES = field('anomalies', 'group', { required: false, fields: [field('place', 'text'), field('told_at', 'datetime', { required: false })] })
const FORM = [OUTCOME, PAID, ITEMS, ANOMALIES, field('meter', 'decimal', { required: false, min: 0 }), field('closed', 'bool')]
const NOTHING = { now: '2026-11-22T10:00:00+08:00', today: '2026-11-22', subject: null, fields: {} }

describe('amounts are typed in yuan and kept in fen', () => {
  it.each([['12', 1200], ['12.5', 1250], ['1,234.50', 123450], ['¥ 0.07', 7], ['１２．３０', 1230], ['1234.', 123400]])('%s', (typed, fen) => {
    expect(fenFrom(typed)).toBe(fen)
  })

  it.each(['', '12.345', '-3', 'abc', '1e3', '1.2.3', '99999999999'])('%s is no amount', (typed) => {
    expect(fenFrom(typed)).toBeNull()
  })

  it('and shown again as they were kept', () => {
    for (const fen of [0, 7, 100, 123450]) expect(fenFrom(yuanText(fen))).toBe(fen)
  })
})

it('a count takes no decimals, a reading does', () => {
  expect([numberFrom('4', true), numberFrom('4.5', true), numberFrom('4.5', false), numberFrom('x', false)]).toEqual([4, null, 4.5, null])
})

describe('the body of a form', () => {
  const filled: Values = {
    ...firstValues(FORM, NOTHING),
    outcome: 'paid', paid_amount: '12.50', meter: '3.2', closed: false,
    items: { walls: { result: 'abnormal', note: ' 渗水 ', photos: ['a1'] }, pests: { result: 'normal', note: 'old note', photos: ['b2'] } },
    anomalies: [{ place: '主卫', told_at: '' }],
  }
  const body: JsonObject = {
    outcome: 'paid', paid_amount: 1250, meter: 3.2, closed: false,
    items: [{ code: 'walls', result: 'abnormal', note: '渗水', photos: ['a1'] }, { code: 'pests', result: 'normal' }],
    anomalies: [{ place: '主卫' }],
  }

  it('holds what was answered, in the units of documents', () => {
    expect(bodyFrom(FORM, filled)).toEqual(body)
  })

  it('can be filled in again for a correction and says the same', () => {
    expect(bodyFrom(FORM, valuesFrom(FORM, body))).toEqual(body)
  })

  it('leaves out what its condition hides, whatever was typed there before', () => {
    expect(bodyFrom(FORM, { ...filled, outcome: 'promised' })).not.toHaveProperty('paid_amount')
  })

  it('shows no field under a hidden one', () => {
    const chain = [OUTCOME, field('a', 'enum', { when: { field: 'outcome', in: ['paid'] } }), field('b', 'text', { when: { field: 'a', in: ['x'] } })]

    expect(shownFields(chain, { outcome: 'promised', a: 'x' }).map((one) => one.name)).toEqual(['outcome'])
    expect(shownFields(chain, { outcome: 'paid', a: 'x' }).map((one) => one.name)).toEqual(['outcome', 'a', 'b'])
  })
})

it('a form begins with the day, the status of its subject and the link that opened it', () => {
  const form = [field('on', 'date', { initial: 'today' }), field('at', 'datetime', { initial: 'now' }), field('month', 'text', { initial: 'month' }), field('amount', 'money', { initial: 'fields.arrears_fen' }), field('reason', 'enum', { initial: 'monthly' }), field('unit_id', 'link')]

  const values = firstValues(form, { ...NOTHING, subject: 'unit:demo-1-1-101', fields: { arrears_fen: 39760 } })

  expect(values).toEqual({ on: '2026-11-22', at: NOTHING.now, month: '2026-11', amount: '397.60', reason: 'monthly', unit_id: 'unit:demo-1-1-101' })
})

it('"all normal" answers what is open and leaves a finding alone', () => {
  const values: Values = { items: { walls: { result: 'abnormal', note: '渗水', photos: [] } } }

  expect(allNormal(['walls', 'pests'], values, 'items')).toMatchObject({ walls: { result: 'abnormal', note: '渗水' }, pests: { result: 'normal' } })
})

describe('what a form lacks', () => {
  it('is told in the order of the screen, and the first by name', () => {
    const gaps = gapsOf(FORM, firstValues(FORM, NOTHING), false)

    expect(gaps.map((gap) => gap.anchor)).toEqual(['outcome', 'items.walls', 'items.pests', 'closed'])
    expect(sayFirst(gaps, zh.form, sayZh)).toEqual({ anchor: 'outcome', text: '还差“outcome”等 4 项' })
  })

  it('a false answer is an answer', () => {
    expect(gapsOf([field('closed', 'bool')], { closed: false }, false)).toEqual([])
  })

  it('an abnormal item needs its note, on patrol its photo too', () => {
    const values: Values = { items: { walls: { result: 'abnormal', note: ' ', photos: [] }, pests: { result: 'na', note: '', photos: [] } } }

    expect(gapsOf([ITEMS], values, false).map((gap) => gap.why)).toEqual(['note'])
    expect(gapsOf([ITEMS], values, true).map((gap) => gap.why)).toEqual(['note', 'item_photo'])
  })

  it('a number that cannot be read is said as wrong, not as missing', () => {
    const gaps = gapsOf([PAID], { outcome: 'paid', paid_amount: '12.345' }, false)

    expect(gaps.map((gap) => complaintOf(gap, zh.form))).toEqual([zh.form.amount])
    expect(sayFirst(gaps, zh.form, sayZh)?.text).toBe('请检查“paid_amount”')
  })

  it('an amount of nothing is below the least', () => {
    const [gap] = gapsOf([PAID], { outcome: 'paid', paid_amount: '0' }, false)

    expect(gap && complaintOf(gap, zh.form)).toBe('不能小于 0.01')
  })

  it('reaches into the rows of a group', () => {
    expect(gapsOf([ANOMALIES], { anomalies: [{ place: '主卫' }, { place: '' }] }, false).map((gap) => gap.anchor)).toEqual(['anomalies.1.place'])
  })
})

describe('photos', () => {
  const type = (photos: CatalogueDocument['photos']): CatalogueDocument => ({ _id: 'catalogue:x', type: 'catalogue', record_type: 'x', title: title('x'), system: 's', subject_kind: 'unit', offline: true, roles: [], photos, form: FORM, schema: {}, rules: [] })

  it('every anomaly needs one more than the record itself', () => {
    const need = photoNeed(type({ min: 1, kinds: ['overview', 'detail'] }), { anomalies: [{ place: 'a' }, { place: 'b' }] })

    expect(photoGap(need, [{ kind: 'overview' }]).map((gap) => gap.count)).toEqual([2])
  })

  it('a condition asks for them, and other kinds do not count', () => {
    const fee = type({ min: 0, kinds: ['document'], when: [{ field: 'outcome', in: ['promised'], min: 1 }] })

    expect(photoGap(photoNeed(fee, { outcome: 'paid' }), [])).toEqual([])
    expect(photoGap(photoNeed(fee, { outcome: 'promised' }), [{ kind: 'overview' }])).toHaveLength(1)
    expect(photoGap(photoNeed(fee, { outcome: 'promised' }), [{ kind: 'document' }])).toEqual([])
  })

  const named = (record_type: string): CatalogueDocument => ({ ...type({ min: 0, kinds: [] }), record_type })
  const limits = limitsFrom(new Map([['fee.next_action_max_days', 5]]), '2026-11-22')

  it('the next action is not put off beyond the limit, unless a promise lies later', () => {
    const values: Values = { outcome: 'promised', promise_date: '2026-11-30', next_action_at: '2026-11-30' }

    expect(limitGaps(named('fee_visit'), values, limits)).toEqual([])
    expect(limitGaps(named('fee_visit'), { ...values, outcome: 'refused' }, limits)).toMatchObject([{ anchor: 'next_action_at', why: 'not_after', limit: '2026-11-27' }])
    expect(limitGaps(named('fee_visit'), { ...values, promise_date: '2026-11-21', next_action_at: '2026-11-23' }, limits)).toMatchObject([{ anchor: 'promise_date', why: 'not_before' }])
  })

  it('an airing shorter than the rule is said before it is saved', () => {
    const values: Values = { opened_at: '2026-11-22T10:00:00+08:00', closed_at: '2026-11-22T10:29:00+08:00' }

    expect(limitGaps(named('airing'), values, limits)).toMatchObject([{ anchor: 'closed_at', why: 'too_short', limit: '30' }])
    expect(limitGaps(named('airing'), { ...values, closed_at: '2026-11-22T02:30:00Z' }, limits)).toEqual([])
  })
})
