/** The door before the app: shown while only a PIN, a password or the office opens what is kept here. Resolves when it is open, or nothing is kept any more. */
import { mount, unmount } from 'svelte'
import { connectNetwork, type Network } from '../../store/port'
import type { LockedBy } from '../../vault/lock'
import Lock from './Lock.svelte'

export async function untilOpen(target: HTMLElement, network: Network, by: LockedBy): Promise<void> {
  connectNetwork(network)
  await new Promise<void>((resolve) => {
    const lock = mount(Lock, {
      target,
      props: {
        by,
        onopen: () => {
          void unmount(lock)
          resolve()
        },
      },
    })
  })
}
