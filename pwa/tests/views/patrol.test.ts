import { describe, expect, it } from 'vitest'
import type { CapturedPhoto } from '../../src/store/photos'
import type { Fact, FormField, PhotoRef } from '../../src/wire/types'
import type { Values } from '../../src/views/form/values'
import { firstPatrol, newViolation, openViolations, ownPhotos, patrolGaps, patrolRecords, patrolValues, violationGaps, withCategory, workersAfter, type ViolationEntry } from '../../src/views/decoration/patrol'
import { zh } from '../../src/words/zh'

const ITEMS: FormField = { name: 'items', kind: 'checklist', required: true, title: { zh: '检查项', en: 'Items' }, items: ['walls', 'waterproofing'].map((code) => ({ code, title: { zh: code, en: code } })) }
const photo = (sha256: string, kind: PhotoRef['kind']): CapturedPhoto => ({ blob: new Blob([sha256]), sha256, bytes: 2, mime: 'image/jpeg', kind, takenAt: '2026-11-22T02:00:00Z', source: 'camera' })
const SITE = photo('s1', 'overview')
const normal = { walls: { result: 'normal', note: '', photos: [] }, waterproofing: { result: 'normal', note: '', photos: [] } }
const ENVELOPE = { subject: 'decoration_project:01', area: 'a1' }
const reported: ViolationEntry = { ...newViolation('violation:01', '2026-11-22T10:00:00+08:00'), category: 'wall_removal', severity: 'general', place_in_unit: '主卧', description: '拆墙', stopped_at: '2026-11-22T10:01:00+08:00', stopped_how: 'persuaded', photos: ['b1', 'b2'] }
const BEFORE = [photo('b1', 'before'), photo('b2', 'before')]
const patrol = (more: Values = {}): Values => ({ ...firstPatrol('masonry'), items: normal, ...more })
const records = (values: Values, photos: CapturedPhoto[] = [SITE], open: { id: string; category: string; place: string; state: string }[] = []) =>
  patrolRecords(values, photos, ITEMS, 'decoration_patrol:01', ENVELOPE, open, zh.patrol.progressChoices)

describe('a patrol', () => {
  it('with a photo and every answer is complete', () => {
    expect(patrolGaps(patrol(), [SITE], ITEMS, [])).toEqual([])
  })

  it('asks for its photo first', () => {
    expect(patrolGaps(firstPatrol(''), [], ITEMS, []).map((gap) => gap.anchor)).toEqual(['photos', 'items.walls', 'items.waterproofing'])
  })

  it('a photo of an item or of a violation is no photo of the site', () => {
    const values = patrol({ items: { ...normal, walls: { result: 'abnormal', note: '开洞', photos: ['d1'] } }, violations: [reported], talked_who: ['foreman'], talked_summary: '停工' })
    const photos = [photo('d1', 'detail'), ...BEFORE]

    expect(ownPhotos(values, photos, ITEMS)).toEqual([])
    expect(patrolGaps(values, photos, ITEMS, []).map((gap) => gap.anchor)).toEqual(['photos'])
  })

  it('with a finding needs its note, its photo and the talk about it', () => {
    const values = patrol({ items: { ...normal, walls: { result: 'abnormal', note: '', photos: [] } } })

    expect(patrolGaps(values, [SITE], ITEMS, []).map((gap) => gap.why)).toEqual(['note', 'item_photo', 'choose'])
  })

  it('states the progress of every open violation', () => {
    const open = [{ id: 'violation:00', category: 'gas', place: '厨房', state: 'notified' }]
    const answered = patrol({ progress: { 'violation:00': { choice: 'rectifying', text: '明天完工' } } })

    expect(patrolGaps(patrol(), [SITE], ITEMS, open).map((gap) => gap.anchor)).toEqual(['progress.violation:00'])
    expect(patrolGaps(answered, [SITE], ITEMS, open)).toEqual([])
    expect(records(answered, [SITE], open)[0]?.body['open_violation_progress']).toEqual([{ violation: 'violation:00', text: '正在整改：明天完工' }])
  })

  it('leaves out what was not said', () => {
    expect(records(patrol())[0]?.body).toEqual({ items: [{ code: 'walls', result: 'normal' }, { code: 'waterproofing', result: 'normal' }], stage: 'masonry' })
  })

  it('counts nobody on site as an answer', () => {
    expect(records(patrol({ workers: '0' }))[0]?.body['workers_present']).toBe(0)
  })

  it('records one talk for everybody spoken to', () => {
    expect(records(patrol({ talked_who: ['owner', 'foreman'], talked_summary: '今天清走' }))[0]?.body['talked_to']).toEqual([{ who: 'owner', summary: '今天清走' }, { who: 'foreman', summary: '今天清走' }])
  })

  it('refused by the office can be filled in again and says the same', () => {
    const values = patrol({ workers: '3', talked_who: ['owner'], talked_summary: '已说明', kept_violations: ['violation:00'] })
    const [saved] = records(values)

    const again = patrolValues({ body: saved?.body ?? {} } as Fact, ITEMS)

    expect(records(again)[0]?.body).toEqual(saved?.body)
  })
})

describe('a violation found on the patrol', () => {
  it('is a record of its own; the two name each other', () => {
    const [onPatrol, violation] = records(patrol({ violations: [reported] }), [SITE, ...BEFORE])

    expect(onPatrol?.body['violations']).toEqual(['violation:01'])
    expect(onPatrol?.photos.map((one) => one.sha256)).toEqual(['s1'])
    expect(violation).toMatchObject({ type: 'violation', id: 'violation:01', subject: 'decoration_project:01', body: { patrol_id: 'decoration_patrol:01', category: 'wall_removal', stopped_how: 'persuaded' } })
    expect(violation?.photos.map((one) => one.sha256)).toEqual(['b1', 'b2'])
    expect(violation?.body).not.toHaveProperty('demand')
  })

  it('needs two photos before anything is put right', () => {
    expect(violationGaps(reported, BEFORE)).toEqual([])
    expect(violationGaps(reported, [BEFORE[0] as CapturedPhoto]).map((gap) => gap.count)).toEqual([1])
  })

  it('must be stopped before it can be saved', () => {
    expect(violationGaps({ ...reported, stopped_at: '' }, BEFORE).map((gap) => gap.anchor)).toEqual(['violation.violation:01.stopped_at'])
  })

  it.each(['load_bearing', 'gas', 'fire'])('of %s is always serious', (category) => {
    expect(withCategory({ ...reported, severity: 'minor' }, category).severity).toBe('serious')
  })

  it('asks for its severity again when the forcing category was a slip', () => {
    expect(withCategory(withCategory(reported, 'gas'), 'noise').severity).toBe('')
  })
})

it('a violation reported on this phone is open before the server has heard of it', () => {
  const fact = { _id: 'violation:09', type: 'violation', body: { category: 'noise', place_in_unit: '客厅' } } as unknown as Fact

  expect(openViolations(new Map(), undefined, [fact])).toEqual([{ id: 'violation:09', state: 'submitted', category: 'noise', place: '客厅' }])
})

it('workers are counted from none, and never below', () => {
  expect([workersAfter('', 1), workersAfter('1', 1), workersAfter('', -1), workersAfter('200', 1)]).toEqual(['1', '2', '0', '200'])
})
