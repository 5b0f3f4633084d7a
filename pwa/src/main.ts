/** Boot: `/desk` opens the desk (its own chunk), every other path the phone. Wires store, worker and network together. */
import { mount } from 'svelte'
import { installShell, keepStorage } from './shell'
import { offerUpdate } from './store/app-update'
import { startSession, startStore } from './store/boot'
import type { FromWorker } from './store/port'
import { browserNetwork } from './sync/network'

async function start(target: HTMLElement): Promise<void> {
  if (location.pathname === '/desk' || location.pathname.startsWith('/desk/')) return startDesk(target)
  return startPhone(target)
}

async function startDesk(target: HTMLElement): Promise<void> {
  const [{ mountDesk }] = await Promise.all([import('./desk/index'), startSession(browserNetwork())])
  mountDesk(target)
}

async function startPhone(target: HTMLElement): Promise<void> {
  const worker = new Worker(new URL('./sync/worker.ts', import.meta.url), { type: 'module', name: 'xunlu-sync' })
  worker.addEventListener('error', (event) => console.error('the sync worker failed', event.message))
  const listen = (handler: (message: FromWorker) => void): void => {
    worker.addEventListener('message', (event: MessageEvent<FromWorker>) => handler(event.data))
  }
  const [{ default: App }] = await Promise.all([import('./views/App.svelte'), startStore(browserNetwork(), listen)])
  mount(App, { target })
  await installShell(offerUpdate)
  await keepStorage()
}

const target = document.getElementById('app')
if (target === null) throw new Error('index.html has no #app')
void start(target)
