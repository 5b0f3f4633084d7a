/** After a full disk: the browser's database is led away from the place where a write broke off, before anything new is called saved.
 *
 * For: `mendLog`, before the first use of a handle that was opened after the browser gave one up; `noteTorn`, when it did.
 * Chromium keeps all databases of a site in one LevelDB. A write that meets a full disk leaves half a record at the end of LevelDB's
 * log; reopened, the log is written on after it, and at the opening after that what follows does not fit its checksum: the browser then
 * deletes everything of the site, what was called saved too. LevelDB leaves a log behind once its 4 MB buffer is full, so more than that
 * is written here, twice, and thrown away. It also tells whether there is room again. Elsewhere it does no harm.
 * Not for: a quota that is used up (no write breaks off there), or what a browser has deleted already (losses.ts).
 * Source: promises F-03, F-04, F-05, I1; LevelDB, `Options::reuse_logs`, `Options::write_buffer_size`; seen in Chromium 156.
 */
const FILLING = 'xunlu-filling'
const STORE = 'filling'
/** Larger values would be laid beside the log, as files. */
const PIECE_BYTES = 32_768
const PIECES = 160 // of both rounds together 10 MB
const ROUNDS = 2
/** Outlives the page, where the browser itself goes on. Read and written by pages only: workers have no such memory. */
const MARK = 'xunlu-torn-log'

let isTorn = isMarked()
let mending: Promise<void> | null = null

/** The browser gave up a handle, or could not open one: a write may have broken off. */
export function noteTorn(): void {
  if (isTorn) return
  isTorn = true
  remember('1')
}

/** Resolves at once when nothing broke off since the last time. Raises what the database raises while there is no room yet. */
export function mendLog(factory: IDBFactory = indexedDB): Promise<void> {
  if (!isTorn) return Promise.resolve()
  mending ??= leaveLogBehind(factory)
    .then(() => {
      isTorn = false
      remember(null)
    })
    .finally(() => (mending = null))
  return mending
}

async function leaveLogBehind(factory: IDBFactory): Promise<void> {
  const opening = factory.open(FILLING, 1)
  opening.onupgradeneeded = () => {
    if (!opening.result.objectStoreNames.contains(STORE)) opening.result.createObjectStore(STORE)
  }
  const database = await answer(opening)
  try {
    for (let round = 0; round < ROUNDS; round += 1) {
      const transaction = database.transaction(STORE, 'readwrite', { durability: 'strict' })
      for (let piece = 0; piece < PIECES; piece += 1) transaction.objectStore(STORE).put(new Uint8Array(PIECE_BYTES), piece)
      await ended(transaction)
    }
  } finally {
    database.close()
  }
  await answer(factory.deleteDatabase(FILLING))
}

function answer<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error ?? new DOMException('request failed', 'UnknownError'))
  })
}

function ended(transaction: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve()
    transaction.onabort = () => reject(transaction.error ?? new DOMException('transaction aborted', 'AbortError'))
  })
}

function isMarked(): boolean {
  return typeof document !== 'undefined' && localStorage.getItem(MARK) !== null
}

function remember(mark: string | null): void {
  if (typeof document === 'undefined') return
  try {
    if (mark === null) localStorage.removeItem(MARK)
    else localStorage.setItem(MARK, mark)
  } catch (error) {
    // This memory is full too: what is known here holds as long as the page.
    console.warn('that a write broke off could not be noted', error)
  }
}
