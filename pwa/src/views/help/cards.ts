/**
 * Every help card the catalogue brings, once, and the phrase book: for reading before one knocks or picks up the phone.
 *
 * For: the help screen and its search. Pure. Not for: cards beside a form (form/HelpCards).
 */
import type { CatalogueDocument, HelpCard, Json, JsonObject } from '../../wire/types'
import { isObject, list, text } from '../subjects'

export type Phrases = { polite: string[]; banned: string[] }

// What a steward needs at a door, at a site and on the phone comes before what others need.
const FIRST: readonly string[] = ['forbidden_acts', 'upset_owner', 'answering_a_call', 'making_a_call', 'transferring_a_call', 'home_visit', 'phone_visit', 'fee_conduct', 'complaint_bearing', 'site_order']

export function cardsOf(types: Iterable<CatalogueDocument>): HelpCard[] {
  const cards = new Map<string, HelpCard>()
  for (const type of types) for (const card of type.help ?? []) cards.set(card.name, card)
  const place = (card: HelpCard): number => (FIRST.includes(card.name) ? FIRST.indexOf(card.name) : FIRST.length)
  return [...cards.values()].sort((one, other) => place(one) - place(other) || (one.name < other.name ? -1 : 1))
}

/** Cards with the search in their title, and else only the lines that hold it. */
export function matchingCards(cards: readonly HelpCard[], search: string): HelpCard[] {
  const wanted = search.trim().toLowerCase()
  if (!wanted) return [...cards]
  const has = (label: { zh: string; en: string }): boolean => `${label.zh} ${label.en}`.toLowerCase().includes(wanted)
  return cards.flatMap((card) => (has(card.title) ? [card] : card.lines.some(has) ? [{ ...card, lines: card.lines.filter(has) }] : []))
}

export function phrasesIn(books: readonly JsonObject[], search: string): Phrases {
  const wanted = search.trim().toLowerCase()
  const said = (kind: string): string[] =>
    books.flatMap((book) => list(book['phrases'])).filter((one: Json): one is JsonObject => isObject(one) && one['kind'] === kind).map((one) => list(one['cue']).map(text).join('…')).filter((cue) => cue.toLowerCase().includes(wanted))
  return { polite: [...new Set(said('polite'))], banned: [...new Set(said('banned'))] }
}
