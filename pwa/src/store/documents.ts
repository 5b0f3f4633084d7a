/** Every document this phone holds: the replicas, overlaid by what is not yet received. */
import { writable, type Readable } from 'svelte/store'
import type { Fact, JsonObject, StatusDocument } from '../wire/types'

const merged = writable<ReadonlyMap<string, JsonObject>>(new Map())
export const documents: Readable<ReadonlyMap<string, JsonObject>> = { subscribe: merged.subscribe }
export const firstSync: Readable<{ done: boolean; received: number; expected: number | null }> = writable({ done: false, received: 0, expected: null })

export function statusOf(subject: string): StatusDocument | undefined {
  void subject
  return undefined
}
export function factsAbout(subject: string): Fact[] {
  void subject
  return []
}
export function byType(type: string): JsonObject[] {
  void type
  return []
}
