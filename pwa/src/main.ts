/** Boot: `/desk` opens the desk (its own chunk), every other path the phone. Wires store, worker and network together. */
import { mount } from 'svelte'
import { followNotices, installShell, keepStorage, pushDoor, registerBackgroundSync } from './shell'
import { offerUpdate, updateAtTheDoor, whenNobodyTypes } from './store/app-update'
import { askForBackgroundSync } from './store/background'
import { startSession, startStore } from './store/boot'
import { local } from './store/local'
import type { FromWorker, Network, ToWorker } from './store/port'
import { startPush } from './store/push'
import { browserNetwork } from './sync/network'
import workerAddress from './sync/worker.ts?worker&url'
import { scriptAddress } from './trusted'
import { followLock, lockAtStart } from './vault/lock'
import { hasPin } from './vault/pin'

async function start(target: HTMLElement): Promise<void> {
  if (location.pathname === '/desk' || location.pathname.startsWith('/desk/')) return startDesk(target)
  return startPhone(target)
}

/** Everything below waits at the door while only a PIN or a password opens what is kept here. */
async function open(target: HTMLElement): Promise<Network> {
  const network = browserNetwork()
  const lockedBy = await lockAtStart(local, network)
  if (lockedBy !== null) await (await import('./views/lock/door')).untilOpen(target, network, lockedBy)
  followLock(network)
  return network
}

async function startDesk(target: HTMLElement): Promise<void> {
  const network = await open(target)
  const [{ mountDesk }] = await Promise.all([import('./desk/index'), startSession(network)])
  mountDesk(target)
}

async function startPhone(target: HTMLElement): Promise<void> {
  // Their code comes while it is looked at what the phone keeps; the worker does nothing before it is told to begin.
  const screens = Promise.all([import('./views/App.svelte'), import('./views/router')])
  const worker = new Worker(scriptAddress(workerAddress), { type: 'module', name: 'xunlu-sync' })
  worker.addEventListener('error', (event) => console.error('the sync worker failed', event.message))
  const network = await open(target)
  worker.postMessage({ kind: 'begin', key: (await hasPin(local)) ? await local.dataKey() : null } satisfies ToWorker)
  const listen = (handler: (message: FromWorker) => void): void => {
    worker.addEventListener('message', (event: MessageEvent<FromWorker>) => handler(event.data))
  }
  const [[{ default: App }, { go }]] = await Promise.all([screens, startStore(network, listen)])
  mount(App, { target })
  followNotices(go)
  updateAtTheDoor()
  await installShell(offerUpdate, () => whenNobodyTypes(() => location.reload()))
  startPush(pushDoor())
  askForBackgroundSync(registerBackgroundSync)
  await keepStorage()
}

const target = document.getElementById('app')
if (target === null) throw new Error('index.html has no #app')
void start(target)
