/** What may be decided about a case, when a decision is complete, and what changed in its evidence. */
import { describe, expect, test } from 'vitest'
import { blockerOf, choicesFor, decisionBody, defaultRectifyBy, differenceOf, emptyForm, missingIn, missingPhotos, nextAfter, onceEach, photoGroups, queueOrder, withArrivals, withSeverity } from '../../src/desk/approvals/decision'
import { differenceWords } from '../../src/desk/approvals/difference'
import { deskWordTable } from '../../src/desk/words'
import { aCase } from './people'

const TODAY = '2026-11-25'

describe('the form', () => {
  test('a fresh report can be confirmed, returned or rejected; a re-check closed or ordered again', () => {
    expect(choicesFor(aCase())).toEqual(['confirm', 'return', 'reject'])
    expect(choicesFor(aCase({ state: 'recheck' }))).toEqual(['close', 'rectify_again'])
  })

  test.each([['minor', '2026-11-26'], ['general', '2026-11-28'], ['serious', '2026-12-02']])('%s is to be rectified by %s', (severity, day) => {
    expect(defaultRectifyBy(severity, TODAY)).toBe(day)
  })

  test('structure, gas and fire are serious whatever the report says', () => {
    expect(emptyForm(aCase({ fields: { category: 'gas', severity: 'minor' } }), TODAY)).toMatchObject({ severity: 'serious', rectifyBy: '2026-12-02' })
  })

  test('another severity moves the date, but not one a person chose', () => {
    const form = emptyForm(aCase(), TODAY)

    expect(withSeverity(form, 'serious', TODAY).rectifyBy).toBe('2026-12-02')
    expect(withSeverity({ ...form, rectifyBy: '2026-11-30' }, 'serious', TODAY).rectifyBy).toBe('2026-11-30')
  })

  test('a confirmation needs a reason, a day not past, and a clause', () => {
    const form = emptyForm(aCase(), TODAY)

    expect(missingIn(form, TODAY)).toEqual(['decision', 'reason'])
    expect(missingIn({ ...form, decision: 'confirm', reason: '  ', rectifyBy: '2026-11-24' }, TODAY)).toEqual(['reason', 'rectify_past', 'clause'])
    expect(missingIn({ ...form, decision: 'confirm', reason: '清楚', clause: '3.12' }, TODAY)).toEqual([])
  })

  test('a return needs nothing but its reason, and says nothing else', () => {
    const form = { ...emptyForm(aCase(), TODAY), decision: 'return' as const, reason: ' 补拍 ' }

    expect(missingIn(form, TODAY)).toEqual([])
    expect(decisionBody(form, aCase())).toEqual({ decision: 'return', reason: '补拍', evidence_hash: 'e1' })
  })

  test('a confirmation answers the evidence that was looked at', () => {
    const form = { ...emptyForm(aCase(), TODAY), decision: 'confirm' as const, reason: '清楚', clause: '3.12' }

    expect(decisionBody(form, aCase({ evidence_hash: 'e9' }))).toEqual({
      decision: 'confirm', reason: '清楚', evidence_hash: 'e9', rectify_by: '2026-11-28', clause: '3.12', severity_final: 'general',
    })
  })
})

describe('what blocks', () => {
  test('nobody decides a report of their own', () => {
    for (const decision of choicesFor(aCase())) expect(blockerOf(aCase({ reporter: 'supervisor1' }), decision, 'supervisor1', false)?.code).toBe('own_report')
  })

  test('with photos missing it can be returned or rejected, not confirmed', () => {
    const waiting = aCase({ missing_photos: ['p3'], photos: [{ sha256: 'p2', kind: 'before', stored: false, fact: 'violation:01A' }] })

    expect(missingPhotos(waiting)).toEqual(['p3', 'p2'])
    expect(blockerOf(waiting, 'confirm', 'supervisor1', false)).toEqual({ code: 'photos', photos: 2 })
    expect(blockerOf(waiting, 'return', 'supervisor1', false)).toBeNull()
  })

  test('while the evidence on screen is not what there is, nothing is decided', () => {
    expect(blockerOf(aCase(), 'reject', 'supervisor1', true)?.code).toBe('evidence_changed')
  })
})

describe('evidence', () => {
  test('says which photos and records came and went', () => {
    const now = aCase({
      fields: { evidence: [{ fact: 'violation:01A', hash: 'h1' }, { fact: 'violation_progress:01B', hash: 'h2' }] },
      photos: [{ sha256: 'p1', kind: 'before', stored: true, fact: 'violation:01A' }, { sha256: 'p3', kind: 'after', stored: true, fact: 'violation_progress:01B' }],
    })

    const difference = differenceOf(aCase(), now)

    expect(difference).toEqual({ photosAdded: 1, photosRemoved: 1, factsAdded: 1, factsRemoved: 0 })
    expect(differenceWords(difference, deskWordTable.zh.difference)).toBe('新增了 1 张照片，少了 1 张照片，新增了 1 条记录')
  })

  test('a corrected record counts as another one', () => {
    const now = aCase({ fields: { evidence: [{ fact: 'violation:01A', hash: 'other' }] } })

    expect(differenceOf(aCase(), now)).toMatchObject({ factsAdded: 1, factsRemoved: 1 })
  })

  test('a change nobody can name is still said', () => {
    expect(differenceWords(differenceOf(aCase(), aCase()), deskWordTable.en.difference)).toBe('the content of a record changed')
  })

  test('photos that arrive meanwhile are shown; another evidence is not slipped in', () => {
    const arrived = aCase({ missing_photos: [], escalated: true })
    const changed = aCase({ evidence_hash: 'e2', photos: [] })

    expect(withArrivals(aCase({ missing_photos: ['p2'] }), arrived)).toMatchObject({ missing_photos: [], escalated: true })
    expect(withArrivals(aCase(), changed).photos).toHaveLength(2)
  })

  test('one photo handed in as before and as after is seen on both sides', () => {
    const photo = { sha256: 'p1', stored: true, fact: 'f' }
    const groups = photoGroups(aCase({ photos: [{ ...photo, kind: 'before' }, { ...photo, kind: 'after' }] }))

    expect([groups.before.length, groups.after.length]).toEqual([1, 1])
  })

  test('a photo that a report and its correction both name is shown once, and as arrived when it has', () => {
    const photo = { sha256: 'p1', kind: 'before' as const, fact: 'violation:01A' }

    expect(onceEach([{ ...photo, stored: false }, { ...photo, stored: true, fact: 'violation:01B' }]).map((one) => one.stored)).toEqual([true])
  })

  test('what was found lies left of what it looks like now', () => {
    const groups = photoGroups(aCase({ photos: [{ sha256: 'a', kind: 'after', stored: true, fact: 'f' }, { sha256: 'b', kind: 'overview', stored: true, fact: 'f' }] }))

    expect([groups.before[0]?.sha256, groups.after[0]?.sha256]).toEqual(['b', 'a'])
  })
})

describe('the queue', () => {
  const old = aCase({ id: 'violation:1', received_at: '2026-11-20T00:00:00Z' })
  const young = aCase({ id: 'violation:2', received_at: '2026-11-22T00:00:00Z', escalated: true })
  const youngest = aCase({ id: 'violation:3', received_at: '2026-11-23T00:00:00Z' })

  test('is oldest first; a manager sees what was escalated before', () => {
    expect(queueOrder([youngest, young, old], false).map((item) => item.id)).toEqual(['violation:1', 'violation:2', 'violation:3'])
    expect(queueOrder([youngest, young, old], true)[0]?.id).toBe('violation:2')
  })

  test('goes on with the next one down, else the one above, past those already decided', () => {
    const items = [old, young, youngest]

    expect(nextAfter(items, 'violation:1', () => false)).toBe('violation:2')
    expect(nextAfter(items, 'violation:1', (id) => id === 'violation:2')).toBe('violation:3')
    expect(nextAfter(items, 'violation:3', () => false)).toBe('violation:2')
    expect(nextAfter([old], 'violation:1', () => false)).toBeNull()
  })
})
