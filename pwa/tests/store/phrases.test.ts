import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { bannedIn, phrasesOf } from '../../src/store/phrases'

const vectors = JSON.parse(readFileSync(new URL('../../../tests/vectors/phrases.json', import.meta.url), 'utf8')) as { text: string; banned: string[] }[]
const cues = [...new Set(vectors.flatMap((vector) => vector.banned))]
const ALONE = ['喂', '急什么', '找谁', '哪里', '随便']
const book = phrasesOf([...cues, '哪里', '随便'].map((cue) => ({ kind: 'banned', cue: cue.split('…'), alone: ALONE.includes(cue) })))

describe('the phrase book', () => {
  it.each(vectors)('finds what the server finds in “$text”', ({ text, banned }) => {
    expect(bannedIn(text, book).sort()).toEqual([...banned].sort())
  })

  it('reads only banned phrases of a book, and nothing from a document it does not understand', () => {
    expect(phrasesOf([{ kind: 'polite', cue: ['您好'] }, { kind: 'banned' }, 7, null])).toEqual([])
    expect(phrasesOf(undefined)).toEqual([])
  })
})
