/** Boot: `/desk` opens the desk (its own chunk), every other path the phone. Wires store, worker and network together. */
import { mount, type Component } from 'svelte'

async function start(): Promise<void> {
  const target = document.getElementById('app')
  if (target === null) throw new Error('index.html has no #app')
  const isDesk = location.pathname === '/desk' || location.pathname.startsWith('/desk/')
  const view: { default: Component } = isDesk ? await import('./desk/Desk.svelte') : await import('./views/App.svelte')
  mount(view.default, { target })
}

void start()
