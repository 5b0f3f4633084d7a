/**
 * Keeps a form's draft while it is filled in: soon after each change, at once when the page goes away.
 *
 * For: one form at a time; writes follow one another, so that a draft dropped after saving stays dropped.
 * Not for: where drafts are kept (store/drafts).
 */
import type { Draft } from '../../store/drafts'

export type DraftStore = { save: (key: string, draft: Draft) => Promise<void>; drop: (key: string) => Promise<void> }
// Long enough to join the letters of a word, short enough to lose nothing that took thought.
const PAUSE_MS = 400

export class DraftKeeper {
  readonly #key: string
  readonly #store: DraftStore
  readonly #failed: (error: unknown) => void
  #waiting: (() => Draft) | null = null
  #timer: ReturnType<typeof setTimeout> | null = null
  #line: Promise<void> = Promise.resolve()
  #ended = false

  constructor(key: string, store: DraftStore, failed: (error: unknown) => void) {
    this.#key = key
    this.#store = store
    this.#failed = failed
  }

  /** Something changed; `read` is called when it is time to write. */
  note(read: () => Draft): void {
    if (this.#ended) return
    this.#waiting = read
    this.#timer ??= setTimeout(() => void this.flush(), PAUSE_MS)
  }

  /** Write what waits now. */
  flush(): Promise<void> {
    this.#stopTimer()
    const read = this.#waiting
    this.#waiting = null
    if (read !== null) {
      const draft = read()
      this.#line = this.#line.then(() => this.#store.save(this.#key, draft)).catch(this.#failed)
    }
    return this.#line
  }

  /** The records are about to be saved, and the draft removed with them: nothing is written any more. Resolves when the last write is over. */
  end(): Promise<void> {
    this.#ended = true
    this.#stopTimer()
    this.#waiting = null
    return this.#line
  }

  /** Saving failed: what stands in the form is kept again. */
  resume(read: () => Draft): Promise<void> {
    this.#ended = false
    this.#waiting = read
    return this.flush()
  }

  /** What was restored is not wanted; the form begins anew and is kept again. */
  discard(): Promise<void> {
    return this.#forget()
  }

  #forget(): Promise<void> {
    this.#stopTimer()
    this.#waiting = null
    this.#line = this.#line.then(() => this.#store.drop(this.#key)).catch(this.#failed)
    return this.#line
  }

  #stopTimer(): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
  }
}
