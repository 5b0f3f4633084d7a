/** The module worker of one tab: feeds its page from the copies on this phone, and leads the sync when no other tab does.
 *
 * For: putting the parts together with the real browser around them. Not for: anything that could be tested elsewhere.
 */
import { bus, type Bus, type BusMessage } from '../store/bus'
import { local } from '../store/local'
import type { FromWorker, ToWorker } from '../store/port'
import { sealWhatIsNot } from '../store/sealing'
import { guardedFetch } from './guarded-fetch'
import { Leader } from './leader'
import { Reader } from './reader'
import { Replicas, sweepCopies } from './replicas'
import { Reporter } from './report'
import { Round } from './round'
import { Tokens } from './tokens'

const scope = self as unknown as DedicatedWorkerGlobalScope
const base = scope.location.origin
const now = (): Date => new Date()
const replicas = new Replicas(local)
const reader = new Reader(local, replicas, (message: FromWorker) => scope.postMessage(message, message.kind === 'documents' ? [...message.pieces, ...message.facts] : []))
const reporter = new Reporter(bus())
const plain = guardedFetch({ fetch: scope.fetch.bind(scope), now, onContact: (contact) => leader.contact(contact) })
const tokens = new Tokens({ store: local, bus: bus(), send: plain, locks: scope.navigator.locks, now: Date.now, base })
// A message to the others is not heard by its sender: this worker's own page is told here.
const told: Bus = {
  ...bus(),
  tell(message) {
    bus().tell(message)
    follow(message)
  },
}
const around = {
  store: local, bus: told, send: tokens.authorized(), tokens, replicas, locks: scope.navigator.locks, base, appVersion: __APP_VERSION__, now, random: Math.random, freeBytes,
}
const leader = new Leader(around, reporter, new Round(around, reporter))

function follow(message: BusMessage): void {
  if (message.kind === 'replica_changed') void reader.refresh(message.database === '' ? undefined : message.database)
  if (message.kind === 'session_changed') void local.checkKey().then(() => Promise.all([reader.refresh(), sweepCopies(local)]))
}
/** Where the browser does not tell there is room until a write fails. */
async function freeBytes(): Promise<number> {
  const storage = scope.navigator.storage as StorageManager | undefined
  const { quota = Infinity, usage = 0 } = (await storage?.estimate?.()) ?? {}
  return quota - usage
}

/** Until the page says so nothing is touched here: at a locked door the code is only fetched. */
function begin({ data }: MessageEvent<ToWorker>): void {
  if (data.key !== null) local.unlock(data.key)
  bus().hear(follow)
  void reader.refresh()
  void leader.lead()
  void sweepCopies(local)
  void sealWhatIsNot(local)
}
scope.addEventListener('message', begin, { once: true })
