/** Ask the server what it holds, and believe only that.
 *
 * For: moving items to received, held, or back to saved; taking them out of the outbox; the daily comparison of 90 days.
 * Not for: sending (push.ts, photo-queue.ts).
 * Source: docs/architecture.md section 3; promises D1, F-19, F-56, I9.
 */
import { RECONCILE_DAYS, type KeptOutboxItem, type KeptPhoto, type KeptReceipt } from '../store/kept'
import type { LocalStore, Transaction } from '../store/local'
import type { Json, JsonObject } from '../wire/types'
import { ask, listOf, objectOf, textOf } from './api'
import { WrongAnswer } from './failures'
import type { Send } from './guarded-fetch'

export type Asking = { store: LocalStore; send: Send; base: string; user: string; device: string; now: () => Date; changed: () => void; photosChanged: () => void }
type Named = { id: string; rev: string; hash: string }
type Verdict = { state: 'accepted' } | { state: 'missing' } | { state: 'held'; code: string; reason: string }
export type Verdicts = { items: Map<string, Verdict>; photos: Map<string, 'accepted' | 'missing'> }

export const ITEMS_PER_CALL = 200
const MS_PER_DAY = 86_400_000

/** Ask about what is on its way and what is held, and about uploaded photos. Nothing to ask: no call. */
export async function askAboutWaiting(asking: Asking): Promise<void> {
  const { items, photos } = await asking.store.read(['outbox', 'photos'], async (transaction) => ({
    items: (await transaction.all<KeptOutboxItem>('outbox')).filter((item) => item.user === asking.user && (item.state === 'sent' || item.state === 'held')),
    photos: (await transaction.all<KeptPhoto>('photos')).filter(isUploaded),
  }))
  await askAll(asking, items.map(nameOf), photos.map((photo) => photo.sha256))
}

/** Compare everything of the last 90 days: what the server lost (a restore from a backup) is sent again. */
export async function reconcile(asking: Asking): Promise<void> {
  const oldest = new Date(asking.now().getTime() - RECONCILE_DAYS * MS_PER_DAY).toISOString()
  const named = await asking.store.write(['outbox', 'photos', 'receipts'], async (transaction) => {
    const items = (await transaction.all<KeptOutboxItem>('outbox')).filter((item) => item.user === asking.user && item.state !== 'saved')
    const receipts = (await transaction.all<KeptReceipt>('receipts')).filter((receipt) => receipt.user === asking.user)
    for (const receipt of receipts) if (receipt.receivedAt < oldest) await transaction.remove('receipts', receipt.document._id)
    const photos = (await transaction.all<KeptPhoto>('photos')).filter((photo) => isUploaded(photo) || photo.state === 'received')
    // A record received but not yet come back is in both: it is asked about once.
    const waiting = new Set(items.map((item) => item.document._id))
    const kept = receipts.filter((receipt) => receipt.receivedAt >= oldest && !waiting.has(receipt.document._id))
    return { items: [...items, ...kept].map(nameOf), photos: photos.map((photo) => photo.sha256) }
  })
  await askAll(asking, named.items, named.photos)
}

/** Take received items out of the outbox once their document has come back, or cannot come back to this phone. */
export async function releaseReceived(asking: Asking, isHere: (item: KeptOutboxItem) => boolean): Promise<void> {
  const released = await asking.store.write(['outbox', 'receipts'], async (transaction) => {
    const items = (await transaction.all<KeptOutboxItem>('outbox')).filter((item) => item.state === 'received' && item.user === asking.user && isHere(item))
    for (const item of items) {
      const { document, hash, rev, user, database } = item
      const known = await transaction.get<KeptReceipt>('receipts', document._id)
      await transaction.put('receipts', { document, hash, rev, user, database, receivedAt: known?.receivedAt ?? asking.now().toISOString() } satisfies KeptReceipt)
      await transaction.remove('outbox', document._id)
    }
    return items.length
  })
  if (released > 0) asking.changed()
}

/** What the answer says about every question. Raises WrongAnswer unless each has exactly one known verdict. */
export function verdictsOf(answer: Json, asked: readonly Named[], photos: readonly string[]): Verdicts {
  const body = objectOf(answer)
  const wanted = new Map(asked.map((named) => [named.id, named]))
  const verdicts: Verdicts = { items: new Map(), photos: new Map() }
  for (const row of listOf(body['items']).map(objectOf)) {
    const id = textOf(row['id'])
    const named = id === null ? undefined : wanted.get(id)
    if (id === null || named === undefined) throw new WrongAnswer('a receipt for something that was not asked')
    if (row['rev'] !== named.rev || row['hash'] !== named.hash) throw new WrongAnswer('a receipt for another revision or hash')
    if (verdicts.items.has(id)) throw new WrongAnswer('two receipts for one record')
    verdicts.items.set(id, verdictOf(row))
  }
  const wantedPhotos = new Set(photos)
  for (const row of listOf(body['photos'] ?? []).map(objectOf)) {
    const sha256 = textOf(row['sha256'])
    const state = row['state']
    if (sha256 === null || !wantedPhotos.has(sha256) || verdicts.photos.has(sha256)) throw new WrongAnswer('a receipt for a photo that was not asked')
    if (state !== 'accepted' && state !== 'missing') throw new WrongAnswer('a photo receipt without a state')
    verdicts.photos.set(sha256, state)
  }
  if (verdicts.items.size !== wanted.size || verdicts.photos.size !== wantedPhotos.size) throw new WrongAnswer('fewer receipts than questions')
  return verdicts
}

async function askAll(asking: Asking, items: Named[], photos: string[]): Promise<void> {
  for (let at = 0; at < Math.max(items.length, photos.length); at += ITEMS_PER_CALL) {
    const someItems = items.slice(at, at + ITEMS_PER_CALL)
    const somePhotos = photos.slice(at, at + ITEMS_PER_CALL)
    const body: JsonObject = { items: someItems.map(({ id, rev, hash }) => ({ id, rev, hash })), photos: somePhotos, device: asking.device }
    const answer = await ask(asking.send, `${asking.base}/api/receipts`, { body })
    await apply(asking, someItems, verdictsOf(answer, someItems, somePhotos))
  }
}

async function apply(asking: Asking, asked: Named[], verdicts: Verdicts): Promise<void> {
  await asking.store.write(['outbox', 'receipts', 'photos', 'photo_bytes'], async (transaction) => {
    for (const named of asked) await applyToItem(transaction, named, verdicts.items.get(named.id) as Verdict, asking.now())
    for (const [sha256, state] of verdicts.photos) await applyToPhoto(transaction, sha256, state)
  })
  if (asked.length > 0) asking.changed()
  if (verdicts.photos.size > 0) asking.photosChanged()
}

async function applyToItem(transaction: Transaction, named: Named, verdict: Verdict, now: Date): Promise<void> {
  const item = await transaction.get<KeptOutboxItem>('outbox', named.id)
  if (item === undefined) {
    const receipt = await transaction.get<KeptReceipt>('receipts', named.id)
    if (receipt === undefined || receipt.hash !== named.hash || verdict.state === 'accepted') return
    // The server no longer has what it once confirmed, or holds it now: it is this phone's matter again.
    const { receivedAt, ...kept } = receipt
    await transaction.put('outbox', withVerdict({ ...kept, savedAt: receivedAt, state: 'sent', tries: 0 }, verdict))
    if (verdict.state === 'missing') await transaction.remove('receipts', named.id)
    return
  }
  if (item.hash !== named.hash || item.state === 'saved') return
  // The server could not take it in: that it has nothing is no news, and sending it again would end the same way.
  if (verdict.state === 'missing' && item.onlyHere === true) return
  await transaction.put('outbox', withVerdict(item, verdict))
  if (verdict.state !== 'accepted') return
  const { document, hash, rev, user, database } = item
  await transaction.put('receipts', { document, hash, rev, user, database, receivedAt: now.toISOString() } satisfies KeptReceipt)
}

function withVerdict(item: KeptOutboxItem, verdict: Verdict): KeptOutboxItem {
  const { code: _code, reason: _reason, onlyHere: _onlyHere, ...rest } = item
  if (verdict.state === 'accepted') return { ...rest, state: 'received' }
  if (verdict.state === 'held') return { ...rest, state: 'held', code: verdict.code, reason: verdict.reason }
  return { ...rest, state: 'saved', tries: rest.tries + 1 }
}

async function applyToPhoto(transaction: Transaction, sha256: string, state: 'accepted' | 'missing'): Promise<void> {
  const photo = await transaction.get<KeptPhoto>('photos', sha256)
  if (photo === undefined) return
  if (state === 'accepted') {
    if (photo.state !== 'received') await transaction.put('photos', { ...photo, state: 'received', sent: photo.bytes, uploadUrl: null } satisfies KeptPhoto)
    return
  }
  const hasBytes = (await transaction.count('photo_bytes', sha256)) > 0
  // Received long ago and its bytes given up: nothing on this phone can bring it back. The office sees it missing.
  if (!hasBytes) return
  await transaction.put('photos', { ...photo, state: 'saved', sent: 0, uploadUrl: null, tries: photo.tries + 1 } satisfies KeptPhoto)
}

function verdictOf(row: JsonObject): Verdict {
  if (row['state'] === 'accepted') return { state: 'accepted' }
  if (row['state'] === 'missing') return { state: 'missing' }
  if (row['state'] === 'held') return { state: 'held', code: textOf(row['code']) ?? 'held', reason: bothReasons(textOf(row['reason']), textOf(row['reason_en'])) }
  throw new WrongAnswer('a receipt without a state')
}

/** Chinese first, English after a bar: the one text that the outbox keeps. */
const bothReasons = (zh: string | null, en: string | null): string => [zh, en].filter((one) => one !== null && one !== '').join(' | ')
const nameOf = (kept: { document: { _id: string }; rev: string; hash: string }): Named => ({ id: kept.document._id, rev: kept.rev, hash: kept.hash })
const isUploaded = (photo: KeptPhoto): boolean => photo.state === 'sending' && photo.sent === photo.bytes
