/** Brings the sealed work of whoever was here before to the server, under the name of whoever signed it.
 *
 * For: the leading worker, in whatever session there is. Not for: sealing (store/hand-over.ts), or one's own work (push.ts, photo-queue.ts).
 * An item leaves the phone only when the server says that it has it, accepted or held; what it refuses stays, with the reason.
 * Source: promises D13, F-06; docs/architecture.md section 6.
 */
import type { SealedItem } from '../store/hand-over'
import type { LocalStore } from '../store/local'
import { settled } from '../store/idb'
import { picturesNamedIn } from '../store/sealed-form'
import type { SharedBox } from '../vault/boxes'
import { base64Url } from '../wire/base64url'
import type { JsonObject } from '../wire/types'
import { ask, listOf, objectOf, textOf } from './api'
import { WrongAnswer } from './failures'
import type { Send } from './guarded-fetch'

export type Bringing = { store: LocalStore; send: Send; base: string; changed: () => void }
type SealedRecord = SealedItem & { kind: 'record' }
type SealedPhoto = SealedItem & { kind: 'photo' }
type Standing = { state: string; offset: number; code: string | null; reason: string | null }

const MOST_TOGETHER = 50
const MOST_BYTES = 700_000
const PIECE_BYTES = 512 * 1024
/** Not about the item: the same try may succeed later. */
const PASSING = new Set(['not_named', 'too_many', 'held_full'])

/** Records first: a photo is taken only when a record that names it is there. Returns how many arrived. */
export async function bringSealed(bringing: Bringing): Promise<number> {
  const items = await bringing.store.read(['sealed'], (transaction) => transaction.all<SealedItem>('sealed'))
  const waiting = items.filter((item) => item.problem === undefined)
  let arrived = 0
  for (const batch of batchesOf(waiting.filter((item): item is SealedRecord => item.kind === 'record'))) arrived += await bringRecords(bringing, batch)
  for (const photo of waiting.filter((item): item is SealedPhoto => item.kind === 'photo')) arrived += await bringPhoto(bringing, photo)
  return arrived
}

export function batchesOf(records: readonly SealedRecord[]): SealedRecord[][] {
  const batches: SealedRecord[][] = []
  let bytes = 0
  for (const record of records) {
    const size = record.box.data.byteLength
    const last = batches.at(-1)
    if (last === undefined || last.length >= MOST_TOGETHER || bytes + size > MOST_BYTES) {
      batches.push([record])
      bytes = size
    } else {
      last.push(record)
      bytes += size
    }
  }
  return batches
}

async function bringRecords(bringing: Bringing, batch: SealedRecord[]): Promise<number> {
  const items = batch.map(({ id, box }) => ({ id, ...openingOf(box), data: base64Url(new Uint8Array(box.data)) }))
  const answer = objectOf(await ask(bringing.send, `${bringing.base}/api/sealed`, { body: { items } }))
  const said = new Map(listOf(answer['items']).map(objectOf).map((row) => [textOf(row['id']) ?? '', row]))
  if (said.size !== batch.length || batch.some(({ id }) => !said.has(id))) throw new WrongAnswer('answers for other sealed records than were sent')
  return settle(bringing, batch.map((item) => ({ item, row: said.get(item.id) as JsonObject })))
}

async function bringPhoto(bringing: Bringing, item: SealedPhoto): Promise<number> {
  const kept = await bringing.store.raw(['photo_bytes'], 'readonly', (transaction) => settled(transaction.objectStore('photo_bytes').get(item.sha256) as IDBRequest<{ box?: SharedBox } | undefined>))
  const box = kept?.box
  if (box?.forServer === undefined) return settle(bringing, [{ item, row: { state: 'refused', code: 'unreadable' } }])
  const sealed = new Uint8Array(box.data)
  const fixed = { sha256: item.sha256, mime: item.mime, ...openingOf({ ...box, forServer: box.forServer }), total: sealed.byteLength }
  let offset = 0
  // Once round more than there are pieces: the first answer may say where an earlier try ended.
  for (let tries = Math.ceil(sealed.byteLength / PIECE_BYTES) + 3; tries > 0; tries -= 1) {
    const data = base64Url(sealed.subarray(offset, offset + PIECE_BYTES))
    const standing = standingOf(objectOf(await ask(bringing.send, `${bringing.base}/api/sealed/photos`, { body: { ...fixed, offset, data } })))
    if (standing.state !== 'partial') return settle(bringing, [{ item, row: { state: standing.state, code: standing.code, reason: standing.reason } }])
    if (standing.offset > sealed.byteLength) throw new WrongAnswer('an offset that cannot be')
    offset = standing.offset
  }
  throw new WrongAnswer('a sealed photo that does not come to its end')
}

async function settle(bringing: Bringing, answers: { item: SealedItem; row: JsonObject }[]): Promise<number> {
  const arrived = await bringing.store.write(['sealed', 'photos', 'drafts', 'photo_bytes'], async (transaction) => {
    let arrived = 0
    const inForms = answers.some(({ item }) => item.kind === 'photo') ? picturesNamedIn(await transaction.heads('drafts')) : new Set<string>()
    for (const { item, row } of answers) {
      if (row['state'] === 'accepted' || row['state'] === 'held') {
        await transaction.remove('sealed', item.id)
        // The one who is here now may have taken the same picture: then it is his to send.
        if (item.kind === 'photo' && !inForms.has(item.sha256) && (await transaction.count('photos', item.sha256)) === 0) await transaction.remove('photo_bytes', item.sha256)
        arrived += 1
      } else if (row['state'] === 'refused') {
        const code = textOf(row['code']) ?? 'refused'
        if (!PASSING.has(code)) await transaction.put('sealed', { ...item, problem: code, reason: textOf(row['reason']) ?? code } satisfies SealedItem)
      } else throw new WrongAnswer('a sealed item without a state')
    }
    return arrived
  })
  bringing.changed()
  return arrived
}

function standingOf(row: JsonObject): Standing {
  const offset = row['offset']
  if (typeof offset !== 'number' || offset < 0) throw new WrongAnswer('a sealed photo without an offset')
  return { state: textOf(row['state']) ?? '', offset, code: textOf(row['code']), reason: textOf(row['reason']) }
}

function openingOf({ iv, forServer }: SealedRecord['box']): { kid: string; epk: string; key: string; iv: string } {
  return { kid: forServer.kid, epk: base64Url(forServer.epk), key: base64Url(new Uint8Array(forServer.data)), iv: base64Url(iv) }
}
