import { describe, expect, it } from 'vitest'
import { en } from '../../src/words/en'
import { clock, dayOf, maskedPhone, moment, size, yuan } from '../../src/words/format'
import { term, terms, valuesOf } from '../../src/words/terms'
import { zh } from '../../src/words/zh'

type Tree = { [key: string]: unknown }

function leaves(tree: Tree, path = ''): [string, unknown][] {
  return Object.entries(tree).flatMap(([key, value]) => (typeof value === 'object' && value !== null ? leaves(value as Tree, `${path}${key}.`) : [[`${path}${key}`, value] as [string, unknown]]))
}

const said = (value: unknown): string => (typeof value === 'function' ? String((value as (...given: unknown[]) => string)(3, 7, 9)) : String(value))

describe('the words of the phone', () => {
  it('say every sentence in both languages', () => {
    const inEnglish = new Map(leaves(en))
    for (const [path, value] of leaves(zh)) {
      expect(said(value), path).not.toBe('')
      expect(said(inEnglish.get(path)), path).not.toMatch(/^$|undefined/)
    }
  })

  it('have no Chinese in the English, but for the name of the language', () => {
    const chinese = leaves(en).filter(([path, value]) => path !== 'language.zh' && /[\u4e00-\u9fff，。：、]/.test(said(value)))

    expect(chinese).toEqual([])
  })

  it('do not shout', () => {
    expect([...leaves(zh), ...leaves(en)].filter(([, value]) => /[!！]/.test(said(value)))).toEqual([])
  })

  it('show a value a newer server brings as it is written', () => {
    expect(term('severity', 'extreme')).toEqual({ zh: 'extreme', en: 'extreme' })
    expect(valuesOf('severity')).toEqual(['minor', 'general', 'serious'])
    expect(Object.values(terms).every((group) => Object.values(group).every((label) => label.zh !== '' && label.en !== ''))).toBe(true)
  })
})

describe('numbers and days are written one way', () => {
  it('money', () => {
    expect([yuan(0), yuan(7), yuan(123450), yuan(-5), yuan(123456789)]).toEqual(['¥0.00', '¥0.07', '¥1,234.50', '-¥0.05', '¥1,234,567.89'])
  })

  it('moments at the site, wherever the phone is', () => {
    expect(clock('2026-11-22T16:30:00Z')).toBe('00:30')
    expect(moment('2026-11-22T16:30:00Z', 'zh')).toBe('11月23日 00:30')
    expect(dayOf('2026-11-22', 'zh', undefined, true)).toBe('11月22日周日')
    expect(dayOf('not a day', 'zh')).toBe('–')
  })

  it('phones masked, sizes short', () => {
    expect(maskedPhone('13812345678')).toBe('138****5678')
    expect(maskedPhone('12345')).toBe('*****')
    expect([size(900), size(1_400_000), size(2_500_000_000)]).toEqual(['1 KB', '1.4 MB', '2.5 GB'])
  })
})
