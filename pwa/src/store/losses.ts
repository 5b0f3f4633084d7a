/**
 * What this phone lost: records and photos that were here, were never received, and are gone.
 *
 * For: noticing at the next start that the browser cleared our database, naming exactly what was in it, and telling the office.
 * A memo of what waits is kept in localStorage, which browsers do not clear together with databases; when that is gone too,
 * the server still has the list of the phone's last report. Photos that cannot be read any more are named the same way.
 * Not for: asking for room (storage.ts). A loss cannot be undone here; it must never be silent.
 * Source: promises F-05, F-43.
 */
import { derived, get, writable, type Readable } from 'svelte/store'
import { bus } from './bus'
import type { KeptOutboxItem } from './kept'
import { local } from './local'
import { outbox, type OutboxItem } from './outbox'
import { notePhotosChanged, photoStates, type PhotoState } from './photos'
import { connectedNetwork } from './port'
import { session } from './session'

/** `about`: the subject of a record, or the record that lists a photo. `told`: the office knows. */
export type Loss = { kind: 'record' | 'photo'; id: string; about: string; reason: 'evicted' | 'damaged'; device: string; foundAt: string; told: boolean }
/** What waited here, as it is remembered outside the database. `mark` names the database it was in. */
export type Memo = { mark: string; device: string; records: { id: string; about: string }[]; photos: { id: string; about: string }[] }
/** A phone of this person that last said it holds what never arrived. Is it this one? Only the person knows. */
export type Suspect = { device: string; lastContactAt: string; records: string[]; photos: string[] }
type Shelf = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>

const MEMO = 'xunlu.waiting'
const MARK_KEY = 'mark'
const LOSSES_KEY = 'losses'
/** `meta`: the server was asked once what this phone held, after its database was found empty. */
const ASKED_KEY = 'asked_for_losses'

const found = writable<readonly Loss[]>([])
const asked = writable<readonly Suspect[]>([])
export const losses: Readable<readonly Loss[]> = { subscribe: found.subscribe }
export const suspects: Readable<readonly Suspect[]> = { subscribe: asked.subscribe }

let mark = ''
let telling: Promise<void> | null = null
let remembering: Promise<void> = Promise.resolve()

/** First of all at a start: compare the memo with the database. Returns what was lost since. */
export async function findLosses(shelf: Shelf | undefined = shelfHere(), now: Date = new Date()): Promise<readonly Loss[]> {
  const memo = readMemo(shelf)
  const all = await local.write(['meta'], async (transaction) => {
    const known = (await transaction.get<Loss[]>('meta', LOSSES_KEY)) ?? []
    mark = (await transaction.get<string>('meta', MARK_KEY)) ?? ''
    if (mark !== '') return known
    // An empty database: the first start ever, or everything in it was taken away.
    mark = crypto.randomUUID()
    await transaction.put('meta', mark, MARK_KEY)
    const all = merged(known, memo === null ? [] : lossesOf(memo, now))
    await transaction.put('meta', all, LOSSES_KEY)
    // The memo is newer than anything the server was told.
    if (memo !== null && memo.records.length + memo.photos.length > 0) await transaction.put('meta', true, ASKED_KEY)
    return all
  })
  found.set(all)
  return all
}

/** From now on remember outside the database what waits in it, and tell the office of losses when it can be reached. Call after loading. */
export function followWaiting(shelf: Shelf | undefined = shelfHere()): () => void {
  const stops = [
    derived([outbox, photoStates, session], (values) => values).subscribe(([items, photos, who]) => {
      if (who === null) return
      remembering = remembering.then(() => remember(shelf, { mark, device: who.device, ...waitingOf(items, photos) }))
      void noteDamaged(items, photos, who.device)
    }),
    session.subscribe((who) => void (who?.state === 'open' ? talk() : undefined)),
    bus().hear((message) => {
      if (message.kind === 'report' && message.report.reachable) void talk()
    }),
  ]
  return () => stops.forEach((stop) => stop())
}

/** Forget the memo, when the database is emptied on purpose. */
export function forgetWaiting(shelf: Shelf | undefined = shelfHere()): void {
  shelf?.removeItem(MEMO)
}

/** The person read it: what the office knows too is not shown again, and a damaged photo stops being counted as waiting. */
export async function acknowledgeLosses(): Promise<void> {
  const left = await local.write(['meta', 'photos'], async (transaction) => {
    const known = (await transaction.get<Loss[]>('meta', LOSSES_KEY)) ?? []
    for (const loss of known) if (loss.told && loss.kind === 'photo' && loss.reason === 'damaged') await transaction.remove('photos', loss.id)
    const left = known.filter((loss) => !loss.told)
    await transaction.put('meta', left, LOSSES_KEY)
    return left
  })
  found.set(left)
  await notePhotosChanged()
}

/** `isThis`: the phone the server asked about is this one, and what it held is gone. */
export async function answerSuspect(suspect: Suspect, isThis: boolean, now: Date = new Date()): Promise<void> {
  if (isThis) {
    const lost = (kind: Loss['kind']) => (id: string): Loss => ({ kind, id, about: '', reason: 'evicted', device: suspect.device, foundAt: now.toISOString(), told: false })
    await add([...suspect.records.map(lost('record')), ...suspect.photos.map(lost('photo'))])
  }
  const left = get(asked).filter((one) => one.device !== suspect.device)
  asked.set(left)
  if (left.length === 0) await local.write(['meta'], (transaction) => transaction.put('meta', true, ASKED_KEY))
  await talk()
}

/** What would be lost if the database were cleared now: what has no receipt. Photos of a record saved a moment ago may not have been read yet. */
export function waitingOf(items: readonly OutboxItem[], photos: ReadonlyMap<string, PhotoState>): Pick<Memo, 'records' | 'photos'> {
  const listedIn = new Map(items.flatMap((item) => item.document.photos.map((photo) => [photo.sha256, item.document._id] as const)))
  // A held record is at the server too, unless only this phone holds it.
  const waiting = items.filter((item) => item.state === 'saved' || item.state === 'sent' || (item as KeptOutboxItem).onlyHere === true).map(({ document }) => document)
  const unread = waiting.flatMap((document) => document.photos.map((photo) => photo.sha256)).filter((id) => !photos.has(id))
  const unsent = [...photos].filter(([, { state }]) => state !== 'received').map(([id]) => id)
  return {
    records: waiting.map((document) => ({ id: document._id, about: document.subject })),
    photos: [...new Set([...unsent, ...unread])].map((id) => ({ id, about: listedIn.get(id) ?? '' })),
  }
}

/** Not over a memo of another database: when this one was emptied while the app ran, the memo is what is left. */
async function remember(shelf: Shelf | undefined, memo: Memo): Promise<void> {
  try {
    const here = await local.read(['meta'], (transaction) => transaction.get<string>('meta', MARK_KEY))
    if (here === memo.mark) writeMemo(shelf, memo)
    else if (here === undefined) await findLosses(shelf)
  } catch (error) {
    console.warn('the memo of what waits was not kept', error)
  }
}

async function noteDamaged(items: readonly OutboxItem[], photos: ReadonlyMap<string, PhotoState>, device: string): Promise<void> {
  const damaged = [...photos].filter(([, { problem }]) => problem === 'unreadable').map(([id]) => id)
  const known = new Set(get(found).map((loss) => loss.id))
  if (damaged.every((id) => known.has(id))) return
  const about = new Map(items.flatMap((item) => item.document.photos.map((photo) => [photo.sha256, item.document._id] as const)))
  await add(damaged.map((id) => ({ kind: 'photo', id, about: about.get(id) ?? '', reason: 'damaged', device, foundAt: new Date().toISOString(), told: false })))
  await talk()
}

async function add(more: readonly Loss[]): Promise<void> {
  const all = await local.write(['meta'], async (transaction) => {
    const all = merged((await transaction.get<Loss[]>('meta', LOSSES_KEY)) ?? [], more)
    await transaction.put('meta', all, LOSSES_KEY)
    return all
  })
  found.set(all)
}

/** Ask the server what it can tell, and tell it what it does not know. One at a time; what fails is tried at the next contact. */
function talk(): Promise<void> {
  telling ??= askAndTell().finally(() => (telling = null))
  return telling
}

async function askAndTell(): Promise<void> {
  if (get(session)?.state !== 'open') return
  const [wasAsked, known] = await local.read(['meta'], async (transaction) => [await transaction.get<boolean>('meta', ASKED_KEY), (await transaction.get<Loss[]>('meta', LOSSES_KEY)) ?? []] as const)
  if (wasAsked !== true && get(asked).length === 0) await askServer()
  for (const group of groupsOf(known.filter((loss) => !loss.told))) {
    const [{ device, reason } = { device: '', reason: 'evicted' as const }] = group
    const ids = (kind: Loss['kind']): string[] => group.filter((loss) => loss.kind === kind).map((loss) => loss.id)
    if (!(await connectedNetwork().reportLost({ device, reason, records: ids('record'), photos: ids('photo') }))) return
    const told = new Set(group.map((loss) => loss.id))
    const all = await local.write(['meta'], async (transaction) => {
      const all = ((await transaction.get<Loss[]>('meta', LOSSES_KEY)) ?? []).map((loss) => (told.has(loss.id) && loss.reason === reason ? { ...loss, told: true } : loss))
      await transaction.put('meta', all, LOSSES_KEY)
      return all
    })
    found.set(all)
  }
}

async function askServer(): Promise<void> {
  const phones = await connectedNetwork().ownPhones()
  if (phones === null) return
  const others = phones.filter((phone) => phone.device !== get(session)?.device)
  if (others.length === 0) await local.write(['meta'], (transaction) => transaction.put('meta', true, ASKED_KEY))
  asked.set(others)
}

function groupsOf(all: readonly Loss[]): Loss[][] {
  const groups = new Map<string, Loss[]>()
  for (const loss of all) groups.set(`${loss.device} ${loss.reason}`, [...(groups.get(`${loss.device} ${loss.reason}`) ?? []), loss])
  return [...groups.values()]
}

function lossesOf({ device, records, photos }: Memo, now: Date): Loss[] {
  const lost = (kind: Loss['kind']) => ({ id, about }: { id: string; about: string }): Loss => ({ kind, id, about, reason: 'evicted', device, foundAt: now.toISOString(), told: false })
  return [...records.map(lost('record')), ...photos.map(lost('photo'))]
}

function merged(known: readonly Loss[], more: readonly Loss[]): Loss[] {
  const ids = new Set(known.map((loss) => loss.id))
  return [...known, ...more.filter((loss) => !ids.has(loss.id))]
}

function readMemo(shelf: Shelf | undefined): Memo | null {
  try {
    const memo = JSON.parse(shelf?.getItem(MEMO) ?? 'null') as Partial<Memo> | null
    if (memo === null || typeof memo.device !== 'string' || !Array.isArray(memo.records) || !Array.isArray(memo.photos)) return null
    return { mark: String(memo.mark), device: memo.device, records: memo.records, photos: memo.photos }
  } catch (error) {
    console.warn('the memo of what waits could not be read', error)
    return null
  }
}

function writeMemo(shelf: Shelf | undefined, memo: Memo): void {
  try {
    // A photo on its way changes its state at each chunk, and nothing of this.
    const text = JSON.stringify(memo)
    if (shelf?.getItem(MEMO) !== text) shelf?.setItem(MEMO, text)
  } catch (error) {
    // No room here: the server's list of the last report remains.
    console.warn('the memo of what waits was not kept', error)
  }
}

function shelfHere(): Shelf | undefined {
  return globalThis.localStorage
}
