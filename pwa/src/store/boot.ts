/** Start the store: load what this phone holds and follow what the worker and other tabs do.
 *
 * For: `main.ts`. Not for: views, which import the stores themselves.
 */
import { forgetReplicas, receiveFromWorker } from './documents'
import { loadReadMarks } from './inbox'
import { findLosses, followWaiting } from './losses'
import { loadOutbox } from './outbox'
import { loadPhotos } from './photos'
import { connectNetwork, type FromWorker, type Network } from './port'
import { loadSession, session } from './session'
import { askToKeep } from './storage'
import { loadSyncState } from './sync-state'

/** The desk needs only this: who is signed in, and the network. */
export async function startSession(network: Network): Promise<void> {
  connectNetwork(network)
  await loadSession()
}

/** Load everything the phone's views show. Resolves when what is stored here can be shown. */
export async function startStore(network: Network, listen: (handler: (message: FromWorker) => void) => void): Promise<void> {
  connectNetwork(network)
  listen(receiveFromWorker)
  await Promise.all([findLosses(), loadSession(), loadOutbox(), loadPhotos(), loadReadMarks(), loadSyncState()])
  followWaiting()
  let user: string | null = null
  session.subscribe((who) => {
    if (who === null && user !== null) forgetReplicas()
    // Some browsers agree without asking anybody; whoever refuses is warned of lastingly (views/space/Meter).
    if (who !== null && user === null) askToKeep().catch((error: unknown) => console.warn('the browser was not asked to keep our data', error))
    user = who?.me.user ?? null
  })
}
