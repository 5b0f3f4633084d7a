/**
 * One answer of the server, as a board holds it: what was read last, whether it is being read, why it could not be.
 *
 * For: views that load one thing. A later answer never overtakes a newer question; a failure keeps what was there.
 * Not for: lists that go on page by page (pages.svelte.ts).
 */
import { isAbort, type Problem } from './problems'

export type Failing = { failed: (thrown: unknown) => Problem }

export class Loader<T> {
  data = $state.raw<T | null>(null)
  problem = $state.raw<Problem | null>(null)
  loading = $state(false)
  /** When `data` was read, on this machine's clock. */
  readAt = $state(0)
  #asked: AbortController | null = null

  constructor(private readonly desk: Failing) {}

  /** Asks, forgetting an unanswered question before. `fresh`: what is shown belongs to something else and goes at once. */
  async load(ask: (signal: AbortSignal) => Promise<T>, how: { fresh?: boolean } = {}): Promise<void> {
    this.stop()
    const asked = new AbortController()
    this.#asked = asked
    if (how.fresh === true) this.data = null
    this.loading = true
    try {
      const data = await ask(asked.signal)
      if (this.#asked !== asked) return
      this.data = data
      this.readAt = Date.now()
      this.problem = null
    } catch (thrown) {
      if (this.#asked !== asked || isAbort(thrown)) return
      this.problem = this.desk.failed(thrown)
    } finally {
      if (this.#asked === asked) this.loading = false
    }
  }

  stop(): void {
    this.#asked?.abort()
    this.#asked = null
    this.loading = false
  }
}
