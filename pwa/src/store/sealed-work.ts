/** What somebody else recorded on this phone and only the server can open: how much of it waits, and what the server would not take. */
import { readonly, writable, type Readable } from 'svelte/store'
import { bus } from './bus'
import type { SealedItem } from './hand-over'
import { local } from './local'

export type SealedWork = { records: number; photos: number; refused: { id: string; reason: string }[] }

const NONE: SealedWork = { records: 0, photos: 0, refused: [] }
const current = writable<SealedWork>(NONE)
export const sealedWork: Readable<SealedWork> = readonly(current)

export async function loadSealedWork(): Promise<void> {
  bus().hear((message) => {
    if (message.kind === 'outbox_changed') void read()
  })
  await read()
}

async function read(): Promise<void> {
  const items = await local.read(['sealed'], (transaction) => transaction.all<SealedItem>('sealed'))
  const count = (kind: SealedItem['kind']): number => items.filter((item) => item.kind === kind).length
  const refused = items.flatMap(({ id, problem, reason }) => (problem === undefined ? [] : [{ id, reason: reason ?? problem }]))
  current.set({ records: count('record'), photos: count('photo'), refused })
}
