/** The code that the first screen does without: fetched in the first quiet moment, so that no tap waits for it.
 *
 * For: `later()`, which App.svelte asks for every screen but today's list, and for the sheet of the round button.
 * Not for: keeping the code without a network (sw.ts keeps every file of the build).
 * Source: issue "The steward's phone" (120 KB for the first screen; 150 ms from a tap to a form).
 */
import type AddSheet from './AddSheet.svelte'
import type DemandedPin from './lock/DemandedPin.svelte'
import type Screens from './Screens.svelte'

export type Later = { Screens: typeof Screens; AddSheet: typeof AddSheet; DemandedPin: typeof DemandedPin }

let asked: Promise<Later> | null = null

/** Everything else of the phone. Asked again after a failure. */
export function later(): Promise<Later> {
  asked ??= load().catch((error: unknown) => {
    asked = null
    throw error
  })
  return asked
}

/** Ask when the first screen stands and the phone is idle. */
export function soon(ask: () => void): void {
  if ('requestIdleCallback' in globalThis) requestIdleCallback(ask, { timeout: 1_000 })
  else setTimeout(ask, 200)
}

async function load(): Promise<Later> {
  const [screens, sheet, pin] = await Promise.all([import('./Screens.svelte'), import('./AddSheet.svelte'), import('./lock/DemandedPin.svelte')])
  return { Screens: screens.default, AddSheet: sheet.default, DemandedPin: pin.default }
}
