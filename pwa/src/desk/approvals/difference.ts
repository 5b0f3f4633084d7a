/** What changed in the evidence, as one phrase. For: Case.svelte. Not for: finding it out (decision.ts). */
import type { DeskWords } from '../words'
import type { Difference } from './decision'

export function differenceWords(difference: Difference, words: DeskWords['difference']): string {
  const phrases: string[] = []
  if (difference.photosAdded > 0) phrases.push(words.photosAdded(difference.photosAdded))
  if (difference.photosRemoved > 0) phrases.push(words.photosRemoved(difference.photosRemoved))
  if (difference.factsAdded > 0) phrases.push(words.factsAdded(difference.factsAdded))
  if (difference.factsRemoved > 0) phrases.push(words.factsRemoved(difference.factsRemoved))
  return phrases.length === 0 ? words.other : phrases.join(words.join)
}
