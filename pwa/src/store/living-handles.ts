/** A database handle that the browser gave up goes on through a new one, also for a library that keeps its handle for good.
 *
 * For: PouchDB's copies, which would fail until the app is started again after a full disk or a suspended tab. The call that finds its
 * handle dead still fails, as the caller expects; a new handle is opened meanwhile, and later calls go through that.
 * Not for: our own database, which repeats the work itself (idb.ts). A database that was deleted is not made anew.
 * Source: promises F-03, F-04; Indexed Database API 3.0, "closing a database connection".
 */
import { mendLog, noteTorn } from './torn-log'

type Opens = Pick<IDBDatabase, 'transaction'>
type Heir = { handle: IDBDatabase | null }

const done = new WeakSet<object>()

/** From now on a handle of `prototype` outlives its closing. Safe to repeat. */
export function keepHandlesAlive(prototype: Opens = IDBDatabase.prototype, factory: IDBFactory = indexedDB): void {
  if (done.has(prototype)) return
  done.add(prototype)
  const original = prototype.transaction
  const heirs = new WeakMap<IDBDatabase, Heir>()
  prototype.transaction = function (this: IDBDatabase, storeNames, mode, options) {
    const heir = heirs.get(this)
    try {
      return original.call(heir?.handle ?? this, storeNames as string | string[], mode, options)
    } catch (error) {
      // Also raised on a handle that lives, while its schema is made: opening one more is harmless then.
      if (error instanceof DOMException && error.name === 'InvalidStateError') inherit(this)
      throw error
    }
  }

  function inherit(dead: IDBDatabase): void {
    const before = heirs.get(dead)
    if (before !== undefined && before.handle === null) return // one is being opened
    const heir: Heir = { handle: null }
    heirs.set(dead, heir)
    const give = (): void => void (heirs.get(dead) === heir && heirs.delete(dead))
    openAgain(factory, dead.name).then(
      (handle) => {
        heir.handle = handle
        handle.onclose = () => {
          noteTorn()
          give()
        }
        handle.onversionchange = () => {
          handle.close()
          give()
        }
      },
      (error: unknown) => {
        console.warn('a database that the browser closed could not be opened again yet', error)
        give()
      },
    )
  }
}

async function openAgain(factory: IDBFactory, name: string): Promise<IDBDatabase> {
  await mendLog(factory)
  return new Promise((resolve, reject) => {
    const request = factory.open(name)
    // It is not there any more.
    request.onupgradeneeded = () => request.transaction?.abort()
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error ?? new DOMException('not opened', 'UnknownError'))
  })
}
