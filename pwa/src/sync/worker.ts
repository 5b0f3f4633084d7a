/** The module worker of one tab: feeds its page from the copies on this phone, and leads the sync when no other tab does.
 *
 * For: putting the parts together with the real browser around them. Not for: anything that could be tested elsewhere.
 */
import { bus, type Bus, type BusMessage } from '../store/bus'
import { local } from '../store/local'
import type { FromWorker } from '../store/port'
import { guardedFetch } from './guarded-fetch'
import { Leader } from './leader'
import { Reader } from './reader'
import { Replicas } from './replicas'
import { Reporter } from './report'
import { Round } from './round'
import { Tokens } from './tokens'

const scope = self as unknown as DedicatedWorkerGlobalScope
const base = scope.location.origin
const now = (): Date => new Date()
const replicas = new Replicas()
const reader = new Reader(local, replicas, (message: FromWorker) => scope.postMessage(message))
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
  store: local, bus: told, send: tokens.authorized(), tokens, replicas, locks: scope.navigator.locks, base, appVersion: __APP_VERSION__, now, random: Math.random,
}
const leader = new Leader(around, reporter, new Round(around, reporter))

function follow(message: BusMessage): void {
  if (message.kind === 'replica_changed') void reader.refresh(message.database === '' ? undefined : message.database)
  if (message.kind === 'session_changed') void reader.refresh()
}
bus().hear(follow)

void reader.refresh()
void leader.lead()
