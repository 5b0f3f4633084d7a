/** The way out of one round: who am I, push, receipts, sealed work, photos, report; in this order, and each step safe to repeat.
 *
 * For: the round of a page's worker (round.ts), and whoever sends without a page (background-send.ts): neither has a sender of its own.
 * Not for: the copies on this phone, which it neither opens nor changes; what is received stays in the outbox until a round releases it.
 * Source: promises D1, D4, D16, F-16.
 */
import type { SealedItem } from '../store/hand-over'
import type { KeptOutboxItem, KeptSession } from '../store/kept'
import type { Me } from '../wire/types'
import { ask } from './api'
import { Refused, SignInAgain, WrongAnswer } from './failures'
import { sendPhotos } from './photo-queue'
import { pushOutbox } from './push'
import { askAboutWaiting, reconcile, type Asking } from './receipts'
import { heartbeat, type Reporter } from './report'
import { bringSealed } from './sealed'
import type { SyncSurroundings } from './surroundings'

export const REPORT_EVERY_MS = 240_000
const ME_MAX_AGE_MS = 600_000
const RECONCILE_EVERY_MS = 86_400_000
const HELD_CHECK_EVERY_MS = 300_000

/** What it needs of the worker's surroundings. */
export type Outward = Pick<SyncSurroundings, 'store' | 'bus' | 'send' | 'tokens' | 'base' | 'appVersion' | 'now'>

export class WayOut {
  readonly #around: Outward
  readonly #reporter: Pick<Reporter, 'phase'>
  #me: Me | null = null
  #meAt = 0
  #epoch: string | null = null
  #reconciledAt: number
  #askedAt = 0
  #reported = { at: 0, text: '' }

  /** `reconciledAt`: when everything was last compared with the server. */
  constructor(around: Outward, reporter: Pick<Reporter, 'phase'>, reconciledAt = 0) {
    this.#around = around
    this.#reporter = reporter
    this.#reconciledAt = reconciledAt
  }

  get me(): Me | null {
    return this.#me
  }

  get epoch(): string | null {
    return this.#epoch
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

  forgetUser(): void {
    this.#me = null
  }

  /** Photos are sent for `photosForMs`, then whoever asked goes on. Raises SignInAgain where only a person can help. */
  async run(session: KeptSession, photosForMs: number): Promise<{ me: Me; photosLeft: boolean }> {
    if (session.state === 'expired') throw new SignInAgain('the session is over')
    const me = await this.#whoAmI(session)
    await this.#push(me, session)
    await this.#bringSealed()
    return { me, photosLeft: await this.#photos(me, session, photosForMs) }
  }

  /** Tell the office how this phone stands, when that is news. */
  async report(session: KeptSession): Promise<void> {
    const body = await heartbeat(this.#around.store, session.device, this.#around.appVersion)
    const text = JSON.stringify(body)
    const at = this.#around.now().getTime()
    if (text === this.#reported.text && at - this.#reported.at < REPORT_EVERY_MS) return
    await ask(this.#around.send, `${this.#around.base}/api/phones/report`, { body })
    this.#reported = { at, text }
  }

  /** Whether something waits that a later try could bring: not what was refused, and not what cannot be sent. */
  async isUnsent(me: Me): Promise<boolean> {
    const { items, sealed } = await this.#around.store.read(['outbox', 'sealed'], async (transaction) => ({
      items: await transaction.all<KeptOutboxItem>('outbox'), sealed: await transaction.all<SealedItem>('sealed'),
    }))
    const waits = items.some((item) => item.user === me.user && (item.state === 'saved' || item.state === 'sent'))
    return waits || sealed.some((item) => item.problem === undefined) || (await this.photosLeft()) > 0
  }

  photosLeft(): Promise<number> {
    return this.#around.store.read(['photos'], async (transaction) =>
      (await transaction.all<{ state: string; problem?: string }>('photos')).filter((photo) => photo.state !== 'received' && photo.problem === undefined).length)
  }

  asking(session: KeptSession): Asking {
    const { store, send, base, now, bus } = this.#around
    return {
      store, send, base, now, user: session.me.user, device: session.device,
      changed: () => bus.tell({ kind: 'outbox_changed' }), photosChanged: () => bus.tell({ kind: 'photos_changed' }),
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
    const asking = this.asking(session)
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

  async #photos(me: Me, session: KeptSession, forMs: number): Promise<boolean> {
    const { store, send, base, now } = this.#around
    const asking = this.asking(session)
    const until = now().getTime() + forMs
    const sending = { store, send, base, user: me.user, now, photosChanged: asking.photosChanged, goOn: () => now().getTime() < until }
    if ((await this.photosLeft()) === 0) return false
    this.#reporter.phase('photos')
    await sendPhotos(sending)
    await askAboutWaiting(asking)
    return now().getTime() >= until && (await this.photosLeft()) > 0
  }

  #hasSent(): Promise<boolean> {
    return this.#around.store.read(['outbox'], async (transaction) => (await transaction.all<KeptOutboxItem>('outbox')).some((item) => item.state === 'sent'))
  }
}
