/**
 * What every board of the desk leans on: who is signed in, the way to the server, the address, the server's time.
 *
 * For: `getDesk()` inside any component under Shell.svelte. Not for: what a board loads (load.svelte.ts, pages.svelte.ts).
 */
import { createContext } from 'svelte'
import type { Me } from '../wire/types'
import type { Api } from './api'
import type { PhotoCache } from './photo-cache'
import { problemFrom, type Problem } from './problems'
import type { Router } from './router.svelte'
import { dayOf, DEFAULT_ZONE } from './time'

export class DeskState {
  readonly areas: ReadonlyMap<string, string>
  readonly zone: string
  /** The server's time, moved on every second. */
  now = $state(0)
  /** The server wants the password again; what is on screen stays as it is. */
  signInAgain = $state(false)
  /** Counts sign-ins: boards that failed for want of one ask again when it changes. */
  sessions = $state(0)

  constructor(
    readonly me: Me,
    readonly api: Api,
    readonly photos: PhotoCache,
    readonly router: Router,
  ) {
    this.areas = new Map(me.areas.map((area) => [area.id, area.name]))
    this.zone = me.projects[0]?.time_zone ?? DEFAULT_ZONE
    this.now = api.serverNow()
  }

  /** Today at the site. */
  get today(): string {
    return dayOf(this.now, this.zone)
  }

  tick(): void {
    this.now = this.api.serverNow()
  }

  /** What went wrong, in words; asks for the password where that is the remedy. */
  failed(thrown: unknown): Problem {
    const problem = problemFrom(thrown)
    if (problem.status === 401) this.signInAgain = true
    return problem
  }

  signedIn(): void {
    this.signInAgain = false
    this.sessions += 1
  }
}

export const [getDesk, setDesk] = createContext<DeskState>()
