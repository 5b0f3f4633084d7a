/**
 * Words on screen, in the language the person chose.
 *
 * For: `$words.today.title` (sentences and buttons of the phone) and `$say(label)` (a zh/en pair from documents or terms).
 * Not for: numbers, days and money (format.ts) or enumerated values (terms.ts).
 * English has the type of the Chinese object, so a missing or extra key fails the type check.
 */
import { derived, type Readable } from 'svelte/store'
import { language } from '../store/preferences'
import type { Label } from '../wire/types'
import { en } from './en'
import { zh, type Words } from './zh'

export { term, terms, valuesOf, type TermGroup } from './terms'
export type { Words }

/** Make a live word table of one's own, for a part of the application that brings its own words (the desk does). */
export function inLanguage<W>(table: { zh: W; en: W }): Readable<W> {
  return derived(language, (chosen) => table[chosen])
}

export const words: Readable<Words> = inLanguage<Words>({ zh, en })

/** `$say(label)`: the side of a label that the person reads. */
export const say: Readable<(label: Label) => string> = derived(language, (chosen) => (label: Label): string => label[chosen] || label.zh)
