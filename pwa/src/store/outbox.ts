/** What this phone recorded and the server has not yet confirmed. */
import { writable, type Readable } from 'svelte/store'
import type { Fact, JsonObject, Label } from '../wire/types'
import type { CapturedPhoto } from './photos'

export type OutboxItem = { document: Fact; hash: string; rev: string; savedAt: string; state: 'saved' | 'sent' | 'received' | 'held'; code?: string; reason?: string; tries: number }
export type NewRecord = { type: string; subject: string; area: string; body: JsonObject; photos: CapturedPhoto[]; performedAt?: string; gps?: Fact['gps']; amends?: string; voids?: string; id?: string }
export type SaveFailure = { ok: false; code: 'full' | 'failed'; message: Label }

const items = writable<OutboxItem[]>([])
export const outbox: Readable<OutboxItem[]> = { subscribe: items.subscribe }

export async function saveRecord(record: NewRecord): Promise<{ ok: true; fact: Fact } | SaveFailure> {
  const saved = await saveRecords([record])
  return saved.ok ? { ok: true, fact: saved.facts[0] as Fact } : saved
}
export async function saveRecords(records: NewRecord[]): Promise<{ ok: true; facts: Fact[] } | SaveFailure> {
  void records
  return { ok: false, code: 'failed', message: { zh: '还未准备好', en: 'Not ready' } }
}
export function validateRecord(record: NewRecord): { path: string; message: Label }[] {
  void record
  return []
}
export async function discardHeld(id: string, correctedBy: string): Promise<void> {
  void id, correctedBy
}
export function newRecordId(type: string): string {
  return `${type}:`
}
