/** When the rounds run, in the one worker of this browser that leads.
 *
 * For: holding the lock, waking on nudges and news, backing off with jitter, telling how it stands.
 * Not for: what a round does (round.ts).
 * Source: promises D16, F-08, F-15, F-18, F-25.
 */
import type { BusMessage } from '../store/bus'
import { Busy, NoNetwork, Refused, SignInAgain } from './failures'
import { isAbort, type Contact } from './guarded-fetch'
import { wordsFor, type Reporter } from './report'
import type { Round } from './round'
import type { SyncSurroundings } from './surroundings'

export const LEADER_LOCK = 'xunlu-sync'
const SHORT_POLL_MS = 15_000
const FIRST_BACK_OFF_MS = 1_000
const LONGEST_BACK_OFF_MS = 60_000
/** A phone without a line for hours still tries this often; `online` and every save wake it earlier. */
const LONGEST_OFFLINE_MS = 20_000
/** After a line was cut while waiting, the server is asked in short polls only, for this long. */
const NO_LONG_POLL_MS = 300_000

export class Leader {
  readonly #around: SyncSurroundings
  readonly #reporter: Reporter
  readonly #round: Round
  #wake: (() => void) | null = null
  #nudged = false
  #isLeading = false
  #stopped = false
  #failures = 0
  #noLongPollUntil = 0

  constructor(around: SyncSurroundings, reporter: Reporter, round: Round) {
    this.#around = around
    this.#reporter = reporter
    this.#round = round
  }

  /** Wait for the lead, then keep it until this worker ends. The browser hands it on by itself. */
  async lead(): Promise<void> {
    const silence = this.#around.bus.hear((message) => this.#hear(message))
    this.#around.bus.tell({ kind: 'lead_wanted' })
    try {
      await this.#around.locks.request(LEADER_LOCK, async () => {
        this.#isLeading = true
        while (!this.#stopped) await this.#turn()
      })
    } finally {
      this.#isLeading = false
      silence()
    }
  }

  stop(): void {
    this.#stopped = true
    this.nudge()
  }

  nudge(): void {
    this.#nudged = true
    this.#wake?.()
  }

  contact(contact: Contact): void {
    this.#round.noteEpoch(contact.epoch)
    if (this.#isLeading) this.#reporter.contact(contact)
  }

  #hear(message: BusMessage): void {
    if (message.kind === 'report_wanted' && this.#isLeading) this.#reporter.tell({})
    // It took the lead between our asking and our waiting, or another page's asking was before its time.
    if (message.kind === 'sends_without_page' && !this.#isLeading) this.#around.bus.tell({ kind: 'lead_wanted' })
    if (message.kind === 'session_changed') this.#round.forgetMe()
    if (message.kind === 'nudge' || message.kind === 'session_changed') this.nudge()
  }

  async #turn(): Promise<void> {
    this.#nudged = false
    try {
      const nextIn = await this.#round.run()
      this.#failures = 0
      this.#reporter.tell({ phase: 'idle', lastError: null, checked: true })
      if (nextIn === 0) return
      void this.#round.shelve()
      await this.#waitForNews(nextIn)
    } catch (error) {
      if (isAbort(error)) return
      await this.#afterFailure(error)
    }
  }

  async #afterFailure(error: unknown): Promise<void> {
    this.#failures += 1
    const isOffline = error instanceof NoNetwork
    const needsPassword = error instanceof SignInAgain
    if (!isOffline && !needsPassword && !(error instanceof Busy)) console.error('a sync round failed', error)
    this.#reporter.tell({
      phase: needsPassword ? 'needs_sign_in' : 'waiting', lastError: wordsFor(error), checked: false, ...(isOffline ? { reachable: false } : {}),
    })
    // 403 and 404 on our own paths mean that our picture of who may do what is old.
    if (error instanceof Refused) this.#round.forgetMe()
    await this.#sleep(needsPassword ? null : this.#backOff(error))
  }

  /** Doubled at each failure, half of it by chance, and never shorter than the server asked. */
  #backOff(error: unknown): number {
    const longest = error instanceof NoNetwork ? LONGEST_OFFLINE_MS : LONGEST_BACK_OFF_MS
    const step = Math.min(longest, FIRST_BACK_OFF_MS * 2 ** Math.min(this.#failures - 1, 10))
    const wait = step / 2 + (step / 2) * this.#around.random()
    return error instanceof Busy && error.retryAfterMs !== null ? error.retryAfterMs + wait : wait
  }

  /** Until a nudge, news on the waiting line, or news in one of the other databases. */
  async #waitForNews(atMostMs: number): Promise<void> {
    if ((await this.#around.tokens.session()) === undefined) return this.#sleep(null)
    const until = this.#around.now().getTime() + atMostMs
    const ended = new AbortController()
    let news = false
    let failure: unknown = null
    let line: Promise<void> = Promise.resolve()
    const isWaiting = this.#around.now().getTime() >= this.#noLongPollUntil
    if (isWaiting) {
      line = this.#round.wait(ended.signal).then(
        (found) => {
          if (!found) return
          news = true
          this.#wake?.()
        },
        (error: unknown) => {
          if (isAbort(error)) return
          failure = error
          this.#noLongPollUntil = this.#around.now().getTime() + NO_LONG_POLL_MS
          this.#wake?.()
        },
      )
    }
    const isOver = (): boolean => news || failure !== null || this.#nudged || this.#stopped || this.#around.now().getTime() >= until
    try {
      while (!isOver()) {
        await this.#sleep(Math.min(SHORT_POLL_MS, until - this.#around.now().getTime()), isOver)
        if (isOver() || (await this.#round.haveNews(isWaiting))) break
      }
    } finally {
      ended.abort()
      await line
    }
    if (failure !== null && !(failure instanceof NoNetwork)) throw failure
  }

  /** Sleep, unless somebody nudged meanwhile. `null`: until somebody does. */
  #sleep(ms: number | null, isOver: () => boolean = () => false): Promise<void> {
    if (this.#nudged || this.#stopped || isOver()) return Promise.resolve()
    return new Promise((resolve) => {
      const timer = ms === null ? undefined : setTimeout(() => this.#wake?.(), ms)
      this.#wake = () => {
        this.#wake = null
        clearTimeout(timer)
        resolve()
      }
    })
  }
}
