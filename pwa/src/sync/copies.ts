/** Which copies of the server's databases this phone should have, and when an old one goes.
 *
 * For: making a copy for each database of /api/me, a fresh one after a restore, and purging what may no longer be read.
 * Not for: filling them (pull.ts) or showing them (reader.ts).
 * Source: promises F-22, F-23, F-56; D4.
 */
import { REPLICAS_KEY, type KeptOutboxItem, type KeptReplica } from '../store/kept'
import type { LocalStore } from '../store/local'
import type { Me } from '../wire/types'
import type { Revision } from './pull'
import type { Replicas } from './replicas'
import { targetOf } from './push'

/** More than this many unreadable documents of one database are not asked for again. */
const MOST_UNREADABLE = 500

/** A line of `meta` / "replicas". `unreadable`: what the server could not give when its place in the feed was passed. */
export type Copy = KeptReplica & { unreadable?: Revision[] }
export type Copies = { store: LocalStore; replicas: Replicas }

/** The copies to fill now, the visible ones and those that will take their place. Making one is only a line here. */
export async function ensureCopies(copies: Copies, me: Me, epoch: string): Promise<Copy[]> {
  return change(copies, (kept) => {
    const wanted = readable(me)
    for (const database of wanted) {
      const own = kept.filter((one) => one.user === me.user && one.database === database)
      if (own.some((one) => one.epoch === epoch)) continue
      // After a restore documents this phone has may be newer than the server's: a fresh copy is filled beside the old one.
      kept.push({ database, name: nameOf(me.user, database, epoch), user: me.user, epoch, current: own.length === 0 })
    }
    return kept.filter((one) => one.user === me.user && wanted.includes(one.database) && one.epoch === epoch)
  })
}

/** A filled copy becomes the one that is shown; the one before it goes. */
export async function promote(copies: Copies, filled: KeptReplica): Promise<boolean> {
  const old = await change(copies, (kept) => {
    const line = kept.find((one) => one.name === filled.name)
    const before = kept.filter((one) => one.user === filled.user && one.database === filled.database && one.name !== filled.name)
    if (line === undefined || (line.current && before.length === 0)) return null
    line.current = true
    remove(kept, before)
    return before
  })
  if (old === null) return false
  for (const { name } of old) await copies.replicas.destroy(name)
  return true
}

/** What this copy lacks, because the server could not give it. */
export async function noteUnreadable(copies: Copies, copy: Copy, unreadable: Revision[]): Promise<void> {
  await change(copies, (kept) => {
    const line = kept.find((one) => one.name === copy.name)
    if (line !== undefined) line.unreadable = unreadable.slice(-MOST_UNREADABLE)
  })
}

/** Purge copies nobody may read any more here. A database for which something unsent still waits stays until it is sent. */
export async function purge(copies: Copies, me: Me): Promise<string[]> {
  const waiting = await copies.store.read(['outbox'], (transaction) => transaction.all<KeptOutboxItem>('outbox'))
  const needed = new Set(waiting.filter((item) => item.state === 'saved' || item.state === 'sent').flatMap((item) => [item.database, targetOf(item, me)]))
  const gone = await change(copies, (kept) => {
    const unwanted = kept.filter((one) => one.user !== me.user || (!readable(me).includes(one.database) && !needed.has(one.database)))
    return remove(kept, unwanted)
  })
  for (const { name } of gone) await copies.replicas.destroy(name)
  return gone.map((one) => one.database)
}

/** Nobody is signed in: nothing of anybody stays readable. */
export async function purgeAll(copies: Copies): Promise<boolean> {
  const gone = await change(copies, (kept) => remove(kept, [...kept]))
  for (const { name } of gone) await copies.replicas.destroy(name)
  return gone.length > 0
}

export function readable(me: Me): string[] {
  return me.databases.filter((one) => one.access !== 'push_only').map((one) => one.name)
}

function nameOf(user: string, database: string, epoch: string): string {
  return `xunlu-${user}-${database}-${epoch.slice(0, 8)}`
}

function change<T>(copies: Copies, work: (kept: Copy[]) => T): Promise<T> {
  return copies.store.write(['meta'], async (transaction) => {
    const kept = (await transaction.get<Copy[]>('meta', REPLICAS_KEY)) ?? []
    const result = work(kept)
    await transaction.put('meta', kept, REPLICAS_KEY)
    return result
  })
}

function remove(kept: Copy[], unwanted: Copy[]): Copy[] {
  for (const one of unwanted) kept.splice(kept.indexOf(one), 1)
  return unwanted
}
