/** Shows one page what the copies on this phone hold: all of it once, then what changed.
 *
 * For: every tab's worker, leader or not, so that each page is fed from this phone without a network.
 * Not for: filling the copies (round.ts).
 */
import { REPLICAS_KEY, SESSION_KEY, type KeptReplica, type KeptSession } from '../store/kept'
import type { LocalStore } from '../store/local'
import type { FromWorker } from '../store/port'
import type { Replicas, Snapshot } from './replicas'

/** `copy`: which copy it was; with another data key it is another one. */
type Shown = { name: string; copy: string; seq: number | string }
type Read = { shown: Shown; database: string; reset: boolean; news: Snapshot }

export class Reader {
  readonly #store: LocalStore
  readonly #replicas: Replicas
  readonly #post: (message: FromWorker) => void
  readonly #shown = new Map<string, Shown>()
  #work: Promise<void> = Promise.resolve()

  constructor(store: LocalStore, replicas: Replicas, post: (message: FromWorker) => void) {
    this.#store = store
    this.#replicas = replicas
    this.#post = post
  }

  /** Bring the page in line with the copies there are now; with a name, only that one is looked at. */
  refresh(database?: string): Promise<void> {
    const next = this.#work.then(() => this.#refresh(database))
    // One failed reading (the leader destroyed a copy meanwhile) must not stop the next.
    this.#work = next.catch((error: unknown) => console.warn('a replica could not be read now', error))
    return this.#work
  }

  async #refresh(only: string | undefined): Promise<void> {
    const wanted = await keptReplicas(this.#store)
    for (const [database, { name }] of [...this.#shown]) {
      if (wanted.some((one) => one.database === database)) continue
      this.#shown.delete(database)
      this.#post({ kind: 'forget_database', database })
      await this.#replicas.close(name)
    }
    const due = wanted.filter(({ database }) => only === undefined || only === database || !this.#shown.has(database))
    // Told together, so that the page judges its lists once and not for each copy.
    const read = await Promise.allSettled(due.map(({ database, name }) => this.#read(database, name)))
    for (const one of read) if (one.status === 'fulfilled') this.#show(one.value)
    for (const one of read) if (one.status === 'rejected') throw one.reason
  }

  async #read(database: string, name: string): Promise<Read> {
    const shown = this.#shown.get(database)
    const replica = this.#replicas.open(name)
    const copy = await replica.identity()
    const reset = shown === undefined || shown.copy !== copy
    const news = await (reset ? replica.allAtOnce() : replica.since(shown.seq))
    return { shown: { name, copy, seq: news.seq }, database, reset, news }
  }

  #show({ shown, database, reset, news: { pieces, facts, documents, removed } }: Read): void {
    this.#shown.set(database, shown)
    if (reset || documents.length > 0 || removed.length > 0) this.#post({ kind: 'documents', database, reset, pieces, facts, documents, removed })
  }
}

/** The copies the signed-in user has on this phone; none when nobody is signed in. */
export async function keptReplicas(store: LocalStore): Promise<KeptReplica[]> {
  return store.read(['meta'], async (transaction) => {
    const session = await transaction.get<KeptSession>('meta', SESSION_KEY)
    const kept = (await transaction.get<KeptReplica[]>('meta', REPLICAS_KEY)) ?? []
    return session === undefined ? [] : kept.filter((one) => one.user === session.me.user && one.current)
  })
}
