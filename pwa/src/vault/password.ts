/** The password of the last sign-in as a second way to the data key: what opens a phone that locked itself, without a network.
 *
 * For: keeping that way at each sign-in, and closing every other. Not for: opening it again (pin.ts: tries count alike), or when (lock.ts).
 * Who changed the password at the office meanwhile signs in with the new one, over the network: nothing readable, nothing lost.
 */
import { settled } from '../store/idb'
import type { LocalStore } from '../store/local'
import { KEY } from '../store/transaction'
import { ROUNDS, withSpare, type KeptKey } from './keys'
import { replaceKey } from './pin'

/** From now on this password opens the phone when it has locked itself. Nothing to do while a PIN does. */
export async function keepPassword(store: LocalStore, password: string, rounds = ROUNDS): Promise<void> {
  await store.dataKey()
  await replaceKey(store, async (kept) => (kept.kind === 'open' ? withSpare(kept, password, rounds) : null))
}

/** Only the password opens what is kept. False: nobody signed in since this phone keeps such a way, or it is locked already. */
export async function closeWithPassword(store: LocalStore): Promise<boolean> {
  const isClosed = await store.raw(['vault'], 'readwrite', async (transaction) => {
    const objects = transaction.objectStore('vault')
    const kept = await settled(objects.get(KEY) as IDBRequest<KeptKey | undefined>)
    if (kept?.kind !== 'open' || kept.spare === undefined) return false
    const { kid, spare } = kept
    await settled(objects.put({ kind: 'password', kid, ...spare, spare, tries: 0, notBefore: 0 } satisfies KeptKey, KEY))
    return true
  })
  if (isClosed) store.forgetKey()
  return isClosed
}
