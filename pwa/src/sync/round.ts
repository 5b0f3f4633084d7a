/** One round with the server: the way out (who am I, push, receipts, photos), then pull; in this order, and each step safe to repeat.
 *
 * For: the leading worker (leader.ts), which decides when. Not for: the way out itself (way-out.ts), or the steps.
 * Source: promises D1, D4, D16, F-16, F-22, F-28.
 */
import type { KeptOutboxItem, KeptSession } from '../store/kept'
import type { Me } from '../wire/types'
import { ensureCopies, noteUnreadable, promote, purge, purgeAll, readable, type Copy } from './copies'
import { Refused } from './failures'
import { dropReceivedBytes } from './photo-queue'
import { documentCount, hasNews, pullDatabase, waitForNews, type Pull, type Revision } from './pull'
import { targetOf } from './push'
import { releaseReceived } from './receipts'
import { keptReplicas } from './reader'
import type { Reporter } from './report'
import type { SyncSurroundings } from './surroundings'
import { REPORT_EVERY_MS, WayOut } from './way-out'

/** What failed in its own right, or has no receipt yet, is looked at again this soon. */
const UNFINISHED_MS = 20_000
/** Photos stop after this long, so that new documents still come in while a hundred pictures wait. */
const PHOTO_TURN_MS = 45_000
/** What is left on a phone that is nearly full is for records and photos, not for a quick start. */
const LEAST_FREE_BYTES = 50_000_000

export class Round {
  readonly #around: SyncSurroundings
  readonly #reporter: Reporter
  readonly #out: WayOut
  #copies: Copy[] = []
  #shelving: Promise<void> | null = null

  constructor(around: SyncSurroundings, reporter: Reporter) {
    this.#around = around
    this.#reporter = reporter
    this.#out = new WayOut(around, reporter)
  }

  noteEpoch(epoch: string): void {
    this.#out.noteEpoch(epoch)
  }

  forgetMe(): void {
    this.#out.forgetMe()
  }

  /** Nothing to do without a session; with an expired one only a person can help. Returns after how long the next one is due. */
  async run(): Promise<number> {
    const session = await this.#around.tokens.session()
    if (session === undefined) {
      if (await purgeAll(this.#around)) this.#tellReplica('')
      // The next person starts with nothing, and is told how far the first sync is.
      this.#copies = []
      this.#out.forgetUser()
      this.#reporter.tell({ firstSync: { done: false, received: 0, expected: null } })
      return REPORT_EVERY_MS
    }
    const { me, photosLeft } = await this.#out.run(session, PHOTO_TURN_MS)
    await this.#pull(me)
    await this.#release(me, session)
    for (const database of await purge(this.#around, me)) this.#tellReplica(database)
    await dropReceivedBytes(this.#around.store, this.#around.now())
    await this.#out.report(session)
    return photosLeft ? 0 : this.#nextIn(me)
  }

  /** Wait until the server has something new for the area, or the signal ends it. One line per browser. */
  async wait(signal: AbortSignal): Promise<boolean> {
    const live = this.#live()
    return live !== undefined && waitForNews(this.#pullOf(live, signal))
  }

  /** Whether one of the databases has something new; the one with the waiting line is left out when it waits. */
  async haveNews(isWaiting: boolean): Promise<boolean> {
    const live = isWaiting ? this.#live() : undefined
    for (const copy of this.#copies) if (copy !== live && (await hasNews(this.#pullOf(copy)))) return true
    return false
  }

  /** Make the next start of the app quick. Nothing waits for it, and nothing is lost without it. */
  shelve(): Promise<void> {
    this.#shelving ??= this.#shelve().finally(() => (this.#shelving = null))
    return this.#shelving
  }

  async #shelve(): Promise<void> {
    try {
      if ((await this.#around.freeBytes()) < LEAST_FREE_BYTES) return
      for (const { name } of await keptReplicas(this.#around.store)) await this.#around.replicas.open(name).shelve()
    } catch (error) {
      // No room, or the copy was destroyed meanwhile: the next start reads the copies themselves.
      console.warn('the copies were not put on their shelves', error)
    }
  }

  async #pull(me: Me): Promise<void> {
    const epoch = this.#out.epoch ?? me.epoch
    this.#copies = await ensureCopies(this.#around, me, epoch)
    const isFirst = !this.#reporter.current.firstSync.done
    const marks = await Promise.all(this.#copies.map((copy) => this.#around.replicas.open(copy.name).mark()))
    const isFilling = marks.some((mark) => mark === null || !mark.complete)
    if (isFirst && !isFilling) this.#reporter.tell({ firstSync: { done: true, received: 0, expected: null } })
    this.#reporter.phase('pulling')
    const received = new Map<string, number>()
    const expected = isFilling ? (await Promise.all(this.#copies.map((copy) => documentCount(this.#pullOf(copy))))).reduce((sum, count) => sum + count, 0) : null
    for (const copy of this.#copies.filter((one) => one.current)) this.#tellReplica(copy.database)
    let unreadable = 0
    await Promise.all(this.#copies.map(async (copy) => {
      const told = async (count: number): Promise<void> => {
        received.set(copy.database, count)
        if (copy.current) this.#tellReplica(copy.database)
        if (isFilling) this.#reporter.tell({ firstSync: { done: !isFirst, received: [...received.values()].reduce((sum, one) => sum + one, 0), expected } })
      }
      try {
        unreadable += await this.#pullCopy(copy, told)
      } catch (error) {
        // A right that ended between /api/me and now: asked again in the next round; the others go on.
        if (!(error instanceof Refused) || (error.status !== 403 && error.status !== 404)) throw error
        this.forgetMe()
      }
      if (await promote(this.#around, copy)) this.#tellReplica(copy.database)
    }))
    if (unreadable !== this.#reporter.current.unreadable) this.#reporter.tell({ unreadable })
    if (isFirst) this.#reporter.tell({ firstSync: { done: true, received: [...received.values()].reduce((sum, one) => sum + one, 0), expected } })
  }

  /** Returns how many documents the server names and cannot give: the others are here all the same (F-24). */
  async #pullCopy(copy: Copy, onBatch: (count: number) => Promise<void>): Promise<number> {
    const before = copy.unreadable ?? []
    const remember = (now: Revision[]): Promise<void> => noteUnreadable(this.#around, copy, now)
    const { unreadable } = await pullDatabase({ ...this.#pullOf(copy), before, onUnreadable: remember, onBatch })
    if (unreadable.length < before.length) await remember(unreadable)
    if (unreadable.length > 0) console.error(`the server could not give ${unreadable.length} documents of ${copy.database}`, unreadable.map(({ id }) => id))
    return unreadable.length
  }

  /** Received items leave the outbox when their document has come back by pulling, or cannot come back here. */
  async #release(me: Me, session: KeptSession): Promise<void> {
    const items = await this.#around.store.read(['outbox'], (transaction) => transaction.all<KeptOutboxItem>('outbox'))
    const received = items.filter((item) => item.state === 'received')
    if (received.length === 0) return
    const here = new Set<string>()
    const names = new Set(readable(me))
    for (const copy of this.#copies) for (const id of await this.#around.replicas.open(copy.name).has(received.map((item) => item.document._id))) here.add(id)
    const cannotCome = (item: KeptOutboxItem): boolean => {
      const target = targetOf(item, me)
      return target === null || !names.has(target)
    }
    await releaseReceived(this.#out.asking(session), (item) => here.has(item.document._id) || cannotCome(item))
  }

  #pullOf(copy: Copy, signal?: AbortSignal): Pull {
    const { send, base, replicas } = this.#around
    return { send, base, database: copy.database, replica: replicas.open(copy.name), epoch: copy.epoch, ...(signal === undefined ? {} : { signal }) }
  }

  #tellReplica(database: string): void {
    this.#around.bus.tell({ kind: 'replica_changed', database })
  }

  #live(): Copy | undefined {
    return this.#copies.find((copy) => this.#out.me?.databases.some((one) => one.name === copy.database && one.kind === 'area')) ?? this.#copies[0]
  }

  /** At once when something was saved meanwhile, soon when something is not finished, else when the office wants to hear. */
  async #nextIn(me: Me): Promise<number> {
    const items = await this.#around.store.read(['outbox'], (transaction) => transaction.all<KeptOutboxItem>('outbox'))
    if (items.some((item) => item.state === 'saved' && item.tries === 0 && item.user === me.user && targetOf(item, me) !== null)) return 0
    return items.some((item) => item.state !== 'held') || (await this.#out.photosLeft()) > 0 ? UNFINISHED_MS : REPORT_EVERY_MS
  }
}
