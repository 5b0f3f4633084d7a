/**
 * A list that the server gives page by page.
 *
 * For: registers, due items, held facts, the inbox. Rows already shown stay when the next page fails; `more` then asks for it again.
 * Not for: single answers (load.svelte.ts).
 */
import type { Failing } from './load.svelte'
import { isAbort, type Problem } from './problems'
import type { Page } from './types'

export type AskPage<T, P extends Page<T>> = (cursor: string | undefined, signal: AbortSignal) => Promise<P>

export class Pages<T, P extends Page<T> = Page<T>> {
  items = $state.raw<T[]>([])
  /** The page read last, with what it says besides its rows (columns, totals). Null until the first one came. */
  page = $state.raw<P | null>(null)
  problem = $state.raw<Problem | null>(null)
  loading = $state(false)
  #asked: AbortController | null = null
  #ask: AskPage<T, P> | null = null

  constructor(
    private readonly desk: Failing,
    private readonly keyOf: (item: T) => string,
  ) {}

  get hasMore(): boolean {
    return this.page !== null && this.page.next_cursor !== null
  }

  /** Starts over with another question. Rows stay until the first page of the new one is here. */
  async start(ask: AskPage<T, P>, how: { fresh?: boolean } = {}): Promise<void> {
    this.#ask = ask
    if (how.fresh === true) {
      this.items = []
      this.page = null
    }
    await this.#read(undefined, [])
  }

  async more(): Promise<void> {
    const cursor = this.page?.next_cursor
    if (this.loading || cursor === null || cursor === undefined) return
    await this.#read(cursor, this.items)
  }

  /** Asks again for what failed: the next page, or the first one. */
  async again(): Promise<void> {
    if (this.problem !== null && this.hasMore && this.items.length > 0) await this.more()
    else await this.#read(undefined, [])
  }

  /** Changes rows here at once, where the server has already said yes. */
  change(change: (items: T[]) => T[]): void {
    const before = this.items.length
    this.items = change(this.items)
    if (this.page !== null) this.page = { ...this.page, total: this.page.total + this.items.length - before }
  }

  stop(): void {
    this.#asked?.abort()
    this.#asked = null
    this.loading = false
  }

  async #read(cursor: string | undefined, before: T[]): Promise<void> {
    if (this.#ask === null) return
    this.stop()
    const asked = new AbortController()
    this.#asked = asked
    this.loading = true
    try {
      const page = await this.#ask(cursor, asked.signal)
      if (this.#asked !== asked) return
      // A row that moved between two pages comes twice; the newer one counts, where it stood first.
      this.items = [...new Map([...before, ...page.items].map((item) => [this.keyOf(item), item])).values()]
      this.page = page
      this.problem = null
    } catch (thrown) {
      if (this.#asked !== asked || isAbort(thrown)) return
      this.problem = this.desk.failed(thrown)
    } finally {
      if (this.#asked === asked) this.loading = false
    }
  }
}
