/** The phrase book on the phone: which banned phrases a text holds. A hint while typing, never a refusal (R-CALL-17).
 *
 * The same vectors as server/catalogue/phrases.py: tests/vectors/phrases.json.
 */
import { derived, type Readable } from 'svelte/store'
import type { Json } from '../wire/types'
import { byType, documents } from './documents'

export type Phrase = { cue: readonly string[]; alone: boolean }

const SENTENCE = /[。！？!?；;\n]+/
const EDGE = /^[\s，,、.…“”"']+|[\s，,、.…“”"']+$/g

export const bannedPhrases: Readable<readonly Phrase[]> = derived(documents, () => byType('phrase_book').flatMap((book) => phrasesOf(book['phrases'])))

/** The banned phrases of a `phrase_book` document's list. */
export function phrasesOf(listed: Json | undefined): Phrase[] {
  return (Array.isArray(listed) ? listed : []).flatMap((one) => {
    if (typeof one !== 'object' || one === null || Array.isArray(one) || one['kind'] !== 'banned' || !Array.isArray(one['cue'])) return []
    return [{ cue: one['cue'].filter((part): part is string => typeof part === 'string'), alone: one['alone'] === true }]
  })
}

/** Those that occur in `text`, as people read them. */
export function bannedIn(text: string, phrases: readonly Phrase[]): string[] {
  const sentences = text.split(SENTENCE).map((part) => part.replace(EDGE, ''))
  return phrases.filter((phrase) => sentences.some((sentence) => occurs(phrase, sentence))).map((phrase) => phrase.cue.join('…'))
}

function occurs(phrase: Phrase, sentence: string): boolean {
  if (phrase.alone) return sentence === phrase.cue[0]
  let at = 0
  for (const part of phrase.cue) {
    at = sentence.indexOf(part, at)
    if (at < 0) return false
    at += part.length
  }
  return phrase.cue.length > 0
}
