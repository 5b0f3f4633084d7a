/** A phone of these stories: the shipped store and sync over an IndexedDB and a PouchDB in memory. */
import memory from 'pouchdb-adapter-memory'
import PouchDB from 'pouchdb-core'
import { LocalStore } from '../../src/store/local'
import { SESSION_KEY, type KeptOutboxItem, type KeptPhoto, type KeptReceipt, type KeptSession } from '../../src/store/kept'
import type { Bus, BusMessage, SyncReport } from '../../src/store/bus'
import { guardedFetch, type Send } from '../../src/sync/guarded-fetch'
import { Leader } from '../../src/sync/leader'
import { Replicas } from '../../src/sync/replicas'
import { Reporter } from '../../src/sync/report'
import { Round } from '../../src/sync/round'
import { Tokens } from '../../src/sync/tokens'
import type { SyncSurroundings } from '../../src/sync/surroundings'
import { receiptHash, revisionFor, sha256Hex } from '../../src/wire/hash'
import { meOf } from '../../src/sync/tokens'
import { ulid } from '../../src/wire/ulid'
import type { Fact, JsonObject, Me } from '../../src/wire/types'
import { locks } from './locks'
import { Office } from './office'

PouchDB.plugin(memory)

export const BASE = 'http://office.test'
let phones = 0

/** One browser's channel: everybody hears the others, nobody himself. */
export function channel(): () => Bus {
  const hearers = new Map<object, (message: BusMessage) => void>()
  return () => {
    const own = new Set<object>()
    return {
      tell: (message) => [...hearers].forEach(([key, hear]) => own.has(key) || hear(message)),
      hear: (handler) => {
        const key = {}
        own.add(key)
        hearers.set(key, handler)
        return () => void hearers.delete(key)
      },
      close: () => own.forEach((key) => hearers.delete(key)),
    }
  }
}

export class Phone {
  readonly name = `phone-${(phones += 1)}`
  readonly store: LocalStore
  readonly replicas: Replicas
  readonly heard: BusMessage[] = []
  readonly tokens: Tokens
  readonly plain: Send
  readonly around: SyncSurroundings
  readonly reporter: Reporter
  readonly round: Round
  clock = Date.parse('2026-11-25T02:00:00Z')
  freeBytes = 1e9

  constructor(readonly office: Office, idleMs = 1_000) {
    this.store = new LocalStore(`xunlu-${this.name}`)
    this.replicas = new Replicas(this.store, (name) => new PouchDB(`${this.name}-${name}`, { adapter: 'memory' }))
    const shared = channel()
    shared().hear((message) => this.heard.push(message))
    const bus = shared()
    this.plain = guardedFetch({ fetch: office.fetch, now: this.now, idleMs, onContact: (contact) => this.round.noteEpoch(contact.epoch) })
    const browserLocks = locks()
    this.tokens = new Tokens({ store: this.store, bus, send: this.plain, locks: browserLocks, now: () => this.clock, base: BASE })
    this.around = {
      store: this.store, bus, send: this.tokens.authorized(), tokens: this.tokens, replicas: this.replicas, locks: browserLocks, base: BASE,
      appVersion: 'test', now: this.now, random: () => 0.5, freeBytes: () => Promise.resolve(this.freeBytes),
    }
    this.reporter = new Reporter(bus)
    this.round = new Round(this.around, this.reporter)
  }

  readonly now = (): Date => new Date(this.clock)

  /** Signed in, with a token the office knows. */
  static async signedIn(office: Office, idleMs?: number): Promise<Phone> {
    const phone = new Phone(office, idleMs)
    const answer = await office.fetch(`${BASE}/api/me`, { headers: { Authorization: 'Bearer access-0' } })
    const session: KeptSession = {
      me: meOf(await answer.json()), device: 'dev-1', state: 'open', accessToken: 'access-0', accessExpiresAt: phone.clock + 600_000, refreshToken: 'refresh-0',
    }
    await phone.store.write(['meta'], (transaction) => transaction.put('meta', session, SESSION_KEY))
    return phone
  }

  leader(): Leader {
    return new Leader(this.around, this.reporter, this.round)
  }

  async me(): Promise<Me> {
    return ((await this.tokens.session()) as KeptSession).me
  }

  /** A saved record with its photo, as store/outbox.ts keeps it. */
  async record(type = 'decoration_patrol', photo?: Uint8Array<ArrayBuffer>, body: JsonObject = {}): Promise<Fact> {
    const photos = photo === undefined ? [] : [{ sha256: await sha256Hex(photo), bytes: photo.byteLength, mime: 'image/jpeg', kind: 'overview' as const, taken_at: this.now().toISOString(), source: 'camera' as const }]
    const document: Fact = {
      _id: `${type}:${ulid()}`, type, v: 1, project: 'demo', area: 'a1', subject: 'decoration_project:01', author: 'steward1', device: 'dev-1',
      performed_at: '2026-11-25T10:00:00+08:00', photos, body,
    }
    const hash = await receiptHash(document as unknown as JsonObject)
    const item: KeptOutboxItem = { document, hash, rev: revisionFor(hash), user: 'steward1', database: 'area-a1', savedAt: new Date((this.clock += 1)).toISOString(), state: 'saved', tries: 0 }
    await this.store.write(['outbox', 'photos', 'photo_bytes'], async (transaction) => {
      await transaction.put('outbox', item)
      for (const ref of photos) {
        const kept: KeptPhoto = { sha256: ref.sha256, bytes: ref.bytes, mime: ref.mime, kind: ref.kind, source: ref.source, takenAt: ref.taken_at, savedAt: item.savedAt, user: 'steward1', state: 'saved', sent: 0, uploadUrl: null, tries: 0 }
        await transaction.put('photo_bytes', photo?.buffer.slice(0), ref.sha256)
        await transaction.put('photos', kept)
      }
    })
    return document
  }

  /** One round; what went wrong is returned, as the leader would see it. */
  async sync(): Promise<unknown> {
    try {
      await this.round.run()
      return null
    } catch (error) {
      return error
    } finally {
      this.clock += 310_000 // Longer than what failed alone must rest.
    }
  }

  outbox(): Promise<KeptOutboxItem[]> {
    return this.store.read(['outbox'], (transaction) => transaction.all<KeptOutboxItem>('outbox'))
  }
  photos(): Promise<KeptPhoto[]> {
    return this.store.read(['photos'], (transaction) => transaction.all<KeptPhoto>('photos'))
  }
  receipts(): Promise<KeptReceipt[]> {
    return this.store.read(['receipts'], (transaction) => transaction.all<KeptReceipt>('receipts'))
  }
  report(): SyncReport {
    return this.reporter.current
  }
}

export function picture(bytes: number, seed = 1): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length: bytes }, (_, place) => (place * 31 + seed * 7) % 256)
}

/** Compared as buffers: the matcher would walk a photo byte by byte. */
export function sameBytes(one: Uint8Array | undefined, other: Uint8Array): boolean {
  return one !== undefined && Buffer.compare(one, other) === 0
}
