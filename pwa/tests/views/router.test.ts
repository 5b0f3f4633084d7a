import { describe, expect, it } from 'vitest'
import { formPath, routeOf, subjectPath } from '../../src/views/router'

describe('an address names one screen', () => {
  it('whether the subject stands in it plainly or encoded', () => {
    const plain = routeOf('/decoration/decoration_project:01KA/patrol')

    expect(plain).toEqual({ name: 'patrol', subject: 'decoration_project:01KA', correct: null })
    expect(routeOf('/decoration/decoration_project%3A01KA/patrol')).toEqual(plain)
  })

  it('for every screen of the phone', () => {
    expect(['/', '/units', '/records', '/me', '/sync', '/inbox', '/month', '/help', '/space', '/lost'].map((path) => routeOf(path).name)).toEqual(['today', 'units', 'records', 'me', 'sync', 'inbox', 'month', 'help', 'space', 'lost'])
    expect(routeOf('/units/unit:demo-3-1-502')).toMatchObject({ name: 'unit', subject: 'unit:demo-3-1-502' })
    expect(routeOf('/violation/violation:01/recheck')).toMatchObject({ name: 'recheck', subject: 'violation:01' })
    expect(routeOf('/new/airing?subject=unit:demo-3-1-502')).toEqual({ name: 'new', type: 'airing', subject: 'unit:demo-3-1-502', correct: null })
    expect(routeOf('/record/fee_visit:01')).toEqual({ name: 'record', id: 'fee_visit:01' })
  })

  it.each(['/nowhere', '/decoration/x/unknown', '/a/b/c/d', '/new', '/new/airing/extra', '/%E0%A4%A', '/record/'])('and says so when it names none: %s', (path) => {
    expect(routeOf(path).name).toBe('unknown')
  })
})

describe('the way to a form', () => {
  it('leads to the hand-made screen where there is one', () => {
    expect(formPath('decoration_patrol', 'decoration_project:01')).toBe('/decoration/decoration_project:01/patrol')
    expect(formPath('violation_recheck', 'violation:01')).toBe('/violation/violation:01/recheck')
  })

  it('and is read back as what it was made from, with the record it corrects', () => {
    for (const type of ['airing', 'fee_visit', 'decoration_patrol', 'violation_recheck']) {
      const route = routeOf(formPath(type, 'unit:a b&c=d', `${type}:01`))

      expect(route).toMatchObject({ subject: 'unit:a b&c=d', correct: `${type}:01` })
    }
  })
})

it('has no screen for a household: its unit shows it', () => {
  expect(subjectPath('household:demo-1-1-101-owner')).toBeNull()
  expect(subjectPath('violation:01')).toBe('/violation/violation:01')
})
