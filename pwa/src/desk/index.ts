/** The desk's door: `main.ts` imports this chunk for every path under `/desk`. */
import { mount, unmount } from 'svelte'
import Desk from './Desk.svelte'

/** Draws the desk into `target` until the returned function is called. The store's session must be started before. */
export function mountDesk(target: HTMLElement): () => void {
  const desk = mount(Desk, { target })
  return () => void unmount(desk)
}
