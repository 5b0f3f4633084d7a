/** What this phone recorded and the server has not yet confirmed.
 *
 * For: saving records durably, and the list of what waits or was refused.
 * Not for: sending (sync/push.ts, sync/receipts.ts), which changes the items' states through the local database.
 * Source: promises.md D1, D8, F-01 to F-04, F-11.
 */
import { get, writable, type Readable } from 'svelte/store'
import { localStamp } from '../ledger/days'
import { deviceKey } from '../vault/device-key'
import { signatureOf } from '../vault/signing'
import { receiptHash, revisionFor } from '../wire/hash'
import type { Fact, JsonObject, Label, PhotoRef } from '../wire/types'
import { ulid } from '../wire/ulid'
import { bus } from './bus'
import { databaseOf, overlayOutbox } from './documents'
import type { KeptOutboxItem } from './kept'
import { local, StorageFull } from './local'
import { areBytesKept, putBytes } from './photo-bytes'
import { notePhotosChanged, photoLine, type CapturedPhoto } from './photos'
import { session, timeZone } from './session'
import type { Opened } from './transaction'

export type OutboxItem = { document: Fact; hash: string; rev: string; savedAt: string; state: 'saved' | 'sent' | 'received' | 'held'; code?: string; reason?: string; tries: number }
/** `id`: the name made before saving with newRecordId; else one is made. */
export type NewRecord = { type: string; subject: string; area: string; body: JsonObject; photos: CapturedPhoto[]; performedAt?: string; gps?: Fact['gps']; amends?: string; voids?: string; id?: string }
/** What saving ends: the draft the records were filled in as, and the refused record they take the place of. */
export type Ending = { draft?: string; replaces?: string }
export type SaveFailure = { ok: false; code: 'full' | 'failed'; message: Label }

const items = writable<OutboxItem[]>([])
export const outbox: Readable<OutboxItem[]> = { subscribe: items.subscribe }

const FULL: Label = {
  zh: '没有保存：手机存储已满。已填内容还在，请先清理空间再保存。',
  en: 'Not saved: this phone is full. What you filled in is still here; free some space and save again.',
}
const FAILED: Label = {
  zh: '没有保存：手机没能写入。已填内容还在，请再按一次保存。',
  en: 'Not saved: this phone could not write it. What you filled in is still here; press save again.',
}
const NOBODY: Label = { zh: '没有保存：请先登录。已填内容还在。', en: 'Not saved: sign in first. What you filled in is still here.' }

/** Load what waits, and follow what other tabs and the worker change. Called once, by boot.ts. */
export async function loadOutbox(): Promise<void> {
  bus().hear((message) => {
    if (message.kind === 'outbox_changed') void readOutbox()
  })
  await readOutbox()
}

/** Save one record. Resolves when it is durable and has been read back. */
export async function saveRecord(record: NewRecord): Promise<{ ok: true; fact: Fact } | SaveFailure> {
  const saved = await saveRecords([record])
  return saved.ok ? { ok: true, fact: saved.facts[0] as Fact } : saved
}

/** Save several records and their photos, and end what they came from, in one transaction: all of it, or nothing. */
export async function saveRecords(records: NewRecord[], ends: Ending = {}): Promise<{ ok: true; facts: Fact[] } | SaveFailure> {
  const who = get(session)
  if (who === null) return { ok: false, code: 'failed', message: NOBODY }
  const now = new Date()
  try {
    const making = Promise.all(records.map((record) => outboxItem(record, who.me.user, who.device, who.me.projects[0]?.id ?? '', now)))
    const photos = [...new Map(records.flatMap((record) => record.photos).map((photo) => [photo.sha256, photo])).values()]
    const made = await local.write(['outbox', 'photos', 'photo_bytes', 'drafts'], async (transaction) => {
      const [made, stood] = await Promise.all([making, putBytes(transaction, photos)])
      // Not afterwards: a draft or a refused record that outlived its records would be saved a second time.
      if (ends.draft !== undefined) await transaction.remove('drafts', ends.draft)
      if (ends.replaces !== undefined && (await transaction.get<KeptOutboxItem>('outbox', ends.replaces))?.state === 'held') await transaction.remove('outbox', ends.replaces)
      for (const item of made) await transaction.put('outbox', item)
      await Promise.all(photos.map(async (photo) => {
        // The same picture in two records is kept once; one already on its way keeps its place.
        if (stood.has(photo.sha256) && (await transaction.count('photos', photo.sha256)) > 0) return
        await transaction.put('photos', photoLine(photo, who.me.user, now))
      }))
      return made
    })
    if (!(await readBack(made, photos))) return { ok: false, code: 'failed', message: FAILED }
    await Promise.all([readOutbox(), notePhotosChanged()])
    bus().tell({ kind: 'outbox_changed' })
    bus().tell({ kind: 'nudge', reason: 'saved' })
    return { ok: true, facts: made.map((item) => item.document) }
  } catch (error) {
    console.error('a record was not saved', error)
    return error instanceof StorageFull ? { ok: false, code: 'full', message: FULL } : { ok: false, code: 'failed', message: FAILED }
  }
}

/** Send a refused record again as it is, for instance after the office changed what spoke against it. */
export async function sendHeldAgain(id: string): Promise<void> {
  await local.write(['outbox'], async (transaction) => {
    const item = await transaction.get<KeptOutboxItem>('outbox', id)
    if (item === undefined || item.state !== 'held') return
    const { code: _code, reason: _reason, onlyHere: _onlyHere, ...rest } = item
    await transaction.put('outbox', { ...rest, state: 'saved', tries: 0 } satisfies KeptOutboxItem)
  })
  await changed()
  bus().tell({ kind: 'nudge', reason: 'asked' })
}

export function newRecordId(type: string): string {
  return `${type}:${ulid()}`
}

/** The document a record would become. */
export function factOf(record: NewRecord, author: string, device: string, project: string, now: Date, zone: string): Fact {
  const performed = record.performedAt === undefined ? now : new Date(record.performedAt)
  const fact: Fact = {
    _id: record.id ?? newRecordId(record.type),
    type: record.type,
    v: 1,
    project,
    area: record.area,
    subject: record.subject,
    author,
    device,
    performed_at: localStamp(performed, zone),
    photos: record.photos.map(photoRef),
    body: record.body,
  }
  if (record.gps !== undefined) fact.gps = record.gps
  if (record.amends !== undefined) fact.amends = record.amends
  if (record.voids !== undefined) fact.voids = record.voids
  // Only what JSON can carry is saved: a forgotten `undefined` would otherwise give two hashes for one record.
  return JSON.parse(JSON.stringify(fact)) as Fact
}

async function outboxItem(record: NewRecord, user: string, device: string, project: string, now: Date): Promise<KeptOutboxItem> {
  const document = factOf(record, user, device, project, now, timeZone())
  document.sig = await signatureOf(document as unknown as JsonObject, (await deviceKey(local, user, device)).privateKey)
  const hash = await receiptHash(document as unknown as JsonObject)
  const database = databaseOf(record.subject) ?? databaseOf(`status:${record.subject}`)
  return { document, hash, rev: revisionFor(hash), user, database, savedAt: now.toISOString(), state: 'saved', tries: 0 }
}

function photoRef(photo: CapturedPhoto): PhotoRef {
  return { sha256: photo.sha256, bytes: photo.bytes, mime: photo.mime, kind: photo.kind, taken_at: photo.takenAt, source: photo.source, ...photo.notes }
}

async function readBack(made: KeptOutboxItem[], photos: CapturedPhoto[]): Promise<boolean> {
  const lines = local.read(['outbox', 'photos'], async (transaction) => {
    const items = made.map(async (item) => (await transaction.get<KeptOutboxItem>('outbox', item.document._id))?.hash === item.hash)
    const pictures = photos.map(async (photo) => (await transaction.count('photos', photo.sha256)) === 1)
    return (await Promise.all([...items, ...pictures])).every(Boolean)
  })
  return (await Promise.all([lines, areBytesKept(photos)])).every(Boolean)
}

async function changed(): Promise<void> {
  await readOutbox()
  bus().tell({ kind: 'outbox_changed' })
}

export const reloadOutbox = readOutbox

/** What is in the list now: after two weeks without a network one save must not open hundreds of records again. */
const opened: Opened = new Map()

async function readOutbox(): Promise<void> {
  const kept = await local.read(['outbox'], (transaction) => transaction.allSince<KeptOutboxItem>('outbox', opened))
  kept.sort((one, other) => (one.savedAt < other.savedAt ? -1 : one.savedAt > other.savedAt ? 1 : one.document._id < other.document._id ? -1 : 1))
  items.set(kept)
  overlayOutbox(kept.map((item) => item.document))
}
