/** How each store's records look on the disk: a plain head that names and counts, and the rest sealed.
 *
 * For: turning a record into what is written, and back. Plain records (of an older version of the app) are read as they are.
 * Not for: the keys (vault/keys.ts) or the cryptography (vault/boxes.ts).
 * A head holds no personal data: ids, hashes, states, instants. It is what remains to be said of a record that nobody here can read any more.
 * What waits for the server (records and the bytes of photos) has a second opening, for the server alone (promises D13).
 */
import { open, openShared, seal, sealShared, type Box, type DataKey, type SealKey, type SharedBox } from '../vault/boxes'
import { pack, unpack } from '../vault/packing'
import { SESSION_KEY } from './kept'

export type Head = { [member: string]: unknown }
/** `rest`: what changes beside a box that stays, so that a new state does not seal the record anew. */
export type Raw = Head & { box?: Box | SharedBox; rest?: Box }

type Form = {
  /** Also openable by the server. */
  isShared: boolean
  head: (value: Record<string, unknown>) => Head
  /** Of a record whose head names this hash the box stays the same, whatever its state. */
  fixed?: readonly string[]
}

const some = (value: Record<string, unknown>, names: readonly string[]): Head => Object.fromEntries(names.filter((name) => value[name] !== undefined).map((name) => [name, value[name]]))
const named = (value: Record<string, unknown>, names: readonly string[]): Head => {
  const document = value['document'] as { _id: string; photos?: { sha256: string }[] }
  return { document: { _id: document._id }, photos: (document.photos ?? []).map((photo) => photo.sha256), ...some(value, names) }
}
const picturesOf = (photos: unknown): Head => {
  const names = Array.isArray(photos) ? (photos as { sha256: string }[]).map((photo) => photo.sha256) : []
  return { photoCount: names.length, photos: names }
}

const FORMS: { [store: string]: Form } = {
  outbox: { isShared: true, fixed: ['document', 'hash', 'rev', 'user', 'database'], head: (value) => named(value, ['hash', 'rev', 'state', 'tries', 'savedAt', 'onlyHere', 'code']) },
  receipts: { isShared: false, head: (value) => named(value, ['hash', 'rev', 'receivedAt']) },
  photo_bytes: { isShared: true, head: (value) => ({ bytes: (value as unknown as ArrayBuffer).byteLength }) },
  drafts: { isShared: false, head: (value) => ({ ...some(value, ['updatedAt']), ...picturesOf(value['photos']) }) },
  meta: { isShared: false, head: () => ({}) },
}

/** Stores whose key is inside the record. */
const KEY_PATHS: { [store: string]: (value: unknown) => IDBValidKey } = {
  outbox: (value) => (value as { document: { _id: string } }).document._id,
  receipts: (value) => (value as { document: { _id: string } }).document._id,
  photos: (value) => (value as { sha256: string }).sha256,
  sealed: (value) => (value as { id: string }).id,
}

export function keyOf(store: string, value: unknown, key: IDBValidKey | undefined): IDBValidKey {
  const found = key ?? KEY_PATHS[store]?.(value)
  if (found === undefined) throw new TypeError(`a record of ${store} without a key`)
  return found
}

export const hasOwnKey = (store: string): boolean => KEY_PATHS[store] !== undefined

export function isKeptSealed(store: string, key: IDBValidKey): boolean {
  return FORMS[store] !== undefined && (store !== 'meta' || key === SESSION_KEY)
}

export function isSealed(raw: unknown): raw is Raw & { box: Box | SharedBox } {
  return typeof raw === 'object' && raw !== null && typeof (raw as { box?: { kid?: unknown } }).box?.kid === 'string'
}

/** What is written for this value. `before`: what stands there now; its box is used again when what it holds is the same. */
export async function sealRecord(store: string, key: IDBValidKey, value: unknown, before: unknown, dataKey: DataKey, server: SealKey | null): Promise<Raw> {
  const form = FORMS[store] as Form
  const record = value as Record<string, unknown>
  const head = form.head(record)
  if (form.fixed === undefined) {
    const content = value instanceof ArrayBuffer ? value : pack(value)
    return { ...head, box: await (form.isShared ? sealShared(content, nameFor(store, key), dataKey, server) : seal(content, dataKey)) }
  }
  const fixed = some(record, form.fixed)
  const rest = Object.fromEntries(Object.entries(record).filter(([name]) => !(name in fixed) && !(name in head)))
  const keeps = isSealed(before) && before['hash'] === head['hash'] && before.box.kid === dataKey.kid && ((before.box as SharedBox).forServer !== undefined || server === null)
  const [box, sealedRest] = await Promise.all([
    keeps ? before.box : sealShared(pack(fixed), nameFor(store, key), dataKey, server),
    Object.keys(rest).length === 0 ? null : seal(pack(rest), dataKey),
  ])
  return { ...head, box, ...(sealedRest === null ? {} : { rest: sealedRest }) }
}

/** The hashes of the pictures that these drafts name. What an older version kept holds the bytes itself, and names none. */
export function picturesNamedIn(drafts: readonly Head[]): Set<string> {
  const named = drafts.flatMap(({ photos }) => (Array.isArray(photos) ? (photos as unknown[]) : []))
  return new Set(named.filter((name): name is string => typeof name === 'string'))
}

/** The value as it was put. Raises OperationError when the key is another one. */
export async function openRecord(store: string, raw: unknown, dataKey: DataKey): Promise<unknown> {
  if (!isSealed(raw)) return raw
  const form = FORMS[store] as Form
  const content = await ('own' in raw.box ? openShared(raw.box, dataKey.key) : open(raw.box, dataKey.key))
  if (store === 'photo_bytes') return content
  if (form.fixed === undefined) return unpack(content)
  const { box: _box, rest, photos: _photos, ...head } = raw
  const opened = rest === undefined ? {} : (unpack(await open(rest, dataKey.key)) as object)
  return { ...head, ...opened, ...(unpack(content) as object) }
}

/** The name that is bound into the server's opening. */
export function nameFor(store: string, key: IDBValidKey): string {
  return store === 'photo_bytes' ? `photo:${String(key)}` : String(key)
}

/** Tells two states of a record apart without opening either: every sealing has a nonce of its own. */
export function tagOf(raw: unknown): string {
  if (raw === undefined) return ''
  return JSON.stringify(raw, (_name, member: unknown) => {
    if (member instanceof ArrayBuffer) return member.byteLength
    if (member instanceof Uint8Array) return [...member]
    return member
  })
}
