/** What can be recorded: the catalogue documents this phone has, by record type. */
import { derived, type Readable } from 'svelte/store'
import type { CatalogueDocument } from '../wire/types'
import { byType, documents } from './documents'

export const catalogue: Readable<ReadonlyMap<string, CatalogueDocument>> = derived(documents, () => {
  const found = byType('catalogue') as unknown as CatalogueDocument[]
  return new Map(found.map((document) => [document.record_type, document]))
})
