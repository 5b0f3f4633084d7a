/** One round with the server: who am I, push, receipts, photos, pull; in this order, and each step safe to repeat.
 *
 * For: the leading worker (leader.ts), which decides when. Not for: the steps themselves.
 * Source: promises D1, D4, D16, F-16, F-22, F-28.
 */
import type { KeptOutboxItem, KeptSession } from '../store/kept'
import type { Me } from '../wire/types'
import { ask } from './api'
import { ensureCopies, noteUnreadable, promote, purge, purgeAll, readable, type Copy } from './copies'
import { Refused, SignInAgain, WrongAnswer } from './failures'
import { dropReceivedBytes, sendPhotos } from './photo-queue'
import { documentCount, hasNews, pullDatabase, waitForNews, type Pull, type Revision } from './pull'
import { pushOutbox, targetOf } from './push'
import { askAboutWaiting, reconcile, releaseReceived, type Asking } from './receipts'
import { keptReplicas } from './reader'
import { heartbeat, type Reporter } from './report'
import { bringSealed } from './sealed'
import type { SyncSurroundings } from './surroundings'

const ME_MAX_AGE_MS = 600_000
const RECONCILE_EVERY_MS = 86_400_000
const HELD_CHECK_EVERY_MS = 300_000
const REPORT_EVERY_MS = 240_000
/** What failed in its own right, or has no receipt yet, is looked at again this soon. */
const UNFINISHED_MS = 20_000
/** Photos stop after this long, so that new documents still come in while a hundred pictures wait. */
const PHOTO_TURN_MS = 45_000
/** What is left on a phone that is nearly full is for records and photos, not for a quick start. */
const LEAST_FREE_BYTES = 50_000_000

export class Round {
  readonly #around: SyncSurroundings
  readonly #reporter: Reporter
  #me: Me | null = null
  #meAt = 0
  #epoch: string | null = null
  #reconciledAt = 0
  #askedAt = 0
  #reported = { at: 0, text: '' }
  #copies: Copy[] = []
  #shelving: Promise<void> | null = null

  constructor(around: SyncSurroundings, reporter: Reporter) {
    this.#around = around
    this.#reporter = reporter
  }

  /** Every answer names the server's epoch; another one than before means it was restored (D4). */
  noteEpoch(epoch: string): void {
    if (this.#epoch !== null && this.#epoch !== epoch) {
      this.#meAt = 0
      this.#reconciledAt = 0
    }
    this.#epoch = epoch
  }

  /** The rights may have changed, or somebody else signed in. */
  forgetMe(): void {
    this.#meAt = 0
  }

  /** Nothing to do without a session; with an expired one only a person can help. Returns after how long the next one is due. */
  async run(): Promise<number> {
    const session = await this.#around.tokens.session()
    if (session === undefined) {
      if (await purgeAll(this.#around)) this.#tellReplica('')
      // The next person starts with nothing, and is told how far the first sync is.
      this.#copies = []
      this.#me = null
      this.#reporter.tell({ firstSync: { done: false, received: 0, expected: null } })
      return REPORT_EVERY_MS
    }
    if (session.state === 'expired') throw new SignInAgain('the session is over')
    const me = await this.#whoAmI(session)
    await this.#push(me, session)
    await this.#bringSealed()
    const photosLeft = await this.#photos(me, session)
    await this.#pull(me)
    await this.#release(me, session)
    for (const database of await purge(this.#around, me)) this.#tellReplica(database)
    await dropReceivedBytes(this.#around.store, this.#around.now())
    await this.#report(session)
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

  async #whoAmI(session: KeptSession): Promise<Me> {
    const now = this.#around.now().getTime()
    if (this.#me === null || this.#me.user !== session.me.user || now - this.#meAt > ME_MAX_AGE_MS) {
      const me = await this.#around.tokens.refreshMe()
      // Somebody else signed in while this was asked: nothing may go out under the wrong name.
      if (me.user !== session.me.user) throw new WrongAnswer('the server knows this token as somebody else')
      this.#me = me
      this.#meAt = now
      this.#epoch = this.#me.epoch
    }
    return this.#me
  }

  async #push(me: Me, session: KeptSession): Promise<void> {
    const { store, send, base, now } = this.#around
    const asking = this.#asking(session)
    this.#reporter.phase('pushing')
    const pushed = await pushOutbox({ store, send, base, me, now: () => now().getTime(), changed: asking.changed })
    const at = now().getTime()
    if (at - this.#reconciledAt > RECONCILE_EVERY_MS) {
      await reconcile(asking)
      this.#reconciledAt = at
      this.#askedAt = at
    } else if (pushed.sent + pushed.held > 0 || at - this.#askedAt > HELD_CHECK_EVERY_MS || (await this.#hasSent())) {
      await askAboutWaiting(asking)
      this.#askedAt = at
    }
  }

  /** What the one before left on this phone. It does not stop what is the user's own. */
  async #bringSealed(): Promise<void> {
    const { store, send, base, bus } = this.#around
    try {
      await bringSealed({ store, send, base, changed: () => bus.tell({ kind: 'outbox_changed' }) })
    } catch (error) {
      if (!(error instanceof Refused) && !(error instanceof WrongAnswer)) throw error
      console.error('sealed work could not be brought now', error)
    }
  }

  async #photos(me: Me, session: KeptSession): Promise<boolean> {
    const { store, send, base, now } = this.#around
    const asking = this.#asking(session)
    const until = now().getTime() + PHOTO_TURN_MS
    const sending = { store, send, base, user: me.user, now, photosChanged: asking.photosChanged, goOn: () => now().getTime() < until }
    if ((await this.#photosLeft()) === 0) return false
    this.#reporter.phase('photos')
    await sendPhotos(sending)
    await askAboutWaiting(asking)
    return now().getTime() >= until && (await this.#photosLeft()) > 0
  }

  async #pull(me: Me): Promise<void> {
    const epoch = this.#epoch ?? me.epoch
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
    await releaseReceived(this.#asking(session), (item) => here.has(item.document._id) || cannotCome(item))
  }

  async #report(session: KeptSession): Promise<void> {
    const body = await heartbeat(this.#around.store, session.device, this.#around.appVersion)
    const text = JSON.stringify(body)
    const at = this.#around.now().getTime()
    if (text === this.#reported.text && at - this.#reported.at < REPORT_EVERY_MS) return
    await ask(this.#around.send, `${this.#around.base}/api/phones/report`, { body })
    this.#reported = { at, text }
  }

  #asking(session: KeptSession): Asking {
    const { store, send, base, now, bus } = this.#around
    return {
      store, send, base, now, user: session.me.user, device: session.device,
      changed: () => bus.tell({ kind: 'outbox_changed' }), photosChanged: () => bus.tell({ kind: 'photos_changed' }),
    }
  }

  #pullOf(copy: Copy, signal?: AbortSignal): Pull {
    const { send, base, replicas } = this.#around
    return { send, base, database: copy.database, replica: replicas.open(copy.name), epoch: copy.epoch, ...(signal === undefined ? {} : { signal }) }
  }

  #tellReplica(database: string): void {
    this.#around.bus.tell({ kind: 'replica_changed', database })
  }

  #hasSent(): Promise<boolean> {
    return this.#around.store.read(['outbox'], async (transaction) => (await transaction.all<KeptOutboxItem>('outbox')).some((item) => item.state === 'sent'))
  }

  #live(): Copy | undefined {
    return this.#copies.find((copy) => this.#me?.databases.some((one) => one.name === copy.database && one.kind === 'area')) ?? this.#copies[0]
  }

  /** At once when something was saved meanwhile, soon when something is not finished, else when the office wants to hear. */
  async #nextIn(me: Me): Promise<number> {
    const items = await this.#around.store.read(['outbox'], (transaction) => transaction.all<KeptOutboxItem>('outbox'))
    if (items.some((item) => item.state === 'saved' && item.tries === 0 && item.user === me.user && targetOf(item, me) !== null)) return 0
    return items.some((item) => item.state !== 'held') || (await this.#photosLeft()) > 0 ? UNFINISHED_MS : REPORT_EVERY_MS
  }

  #photosLeft(): Promise<number> {
    return this.#around.store.read(['photos'], async (transaction) =>
      (await transaction.all<{ state: string; problem?: string }>('photos')).filter((photo) => photo.state !== 'received' && photo.problem === undefined).length)
  }
}
