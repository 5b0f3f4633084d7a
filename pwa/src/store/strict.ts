/** Strict durability for every write to IndexedDB, also of libraries that do not ask for it.
 *
 * For: "saved" must survive a battery pulled a second later. Chromium's default is relaxed: it answers before the bytes
 * are on the disk, and PouchDB never asks for more.
 * Source: promises.md D8 and section 6; Indexed Database API 3.0, `IDBTransactionOptions.durability`.
 */
type Opens = Pick<IDBDatabase, 'transaction'>

const done = new WeakSet<object>()

/** From now on every readwrite transaction opened through `prototype` asks for strict durability. Safe to repeat. */
export function askForStrictDurability(prototype: Opens = IDBDatabase.prototype): void {
  if (done.has(prototype)) return
  done.add(prototype)
  const original = prototype.transaction
  prototype.transaction = function (this: IDBDatabase, storeNames, mode, options) {
    if (mode === undefined || mode === 'readonly') return original.call(this, storeNames as string | string[], mode, options)
    return original.call(this, storeNames as string | string[], mode, { ...options, durability: 'strict' })
  }
}
