/** What can be recorded: the catalogue documents this phone has, by record type. */
import { derived, type Readable } from 'svelte/store'
import type { CatalogueDocument, Label } from '../wire/types'
import { term } from '../words/terms'
import { byType, documents } from './documents'

export const catalogue: Readable<ReadonlyMap<string, CatalogueDocument>> = derived(documents, () => {
  const found = byType('catalogue') as unknown as CatalogueDocument[]
  return new Map(found.map((document) => [document.record_type, document]))
})

/** `$say($recordTitle(type))`: what records of a type are called. Changes when the catalogue is here: a page may be opened before it. */
export const recordTitle: Readable<(type: string) => Label> = derived(catalogue, (known) => (type: string): Label => titleOf(known.get(type), type))

/** The declaration of a type as it is now, for what is computed anew with the documents. */
export function declarationOf(type: string): CatalogueDocument | undefined {
  return (byType('catalogue') as unknown as CatalogueDocument[]).find((one) => one.record_type === type)
}

/** The phone's own term where it has one, else the catalogue's title. */
export function titleOf(known: CatalogueDocument | undefined, type: string): Label {
  const own = term('record', type)
  return own.zh === type ? (known?.title ?? own) : own
}
