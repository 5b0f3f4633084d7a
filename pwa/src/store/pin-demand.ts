/** Whether a PIN must be chosen before going on: the project demands one, and this phone has none.
 *
 * For: `$pinDemand`, which the app covers itself by. Not for: setting it (vault/pin.ts), or the demand itself (`phone` of /api/me).
 * Only where the phone cannot take a PIN now, because what waits is not sealed yet, it can be put off until the next start.
 */
import { derived, writable, type Readable } from 'svelte/store'
import { hasPin } from '../vault/pin'
import { local } from './local'
import { session } from './session'

const looks = writable(0)
const isPutOff = writable(false)
const demanded: Readable<boolean> = derived([session, looks], ([who]) => who?.me.phone?.pin_required === true)
const NOT_KNOWN: boolean | null = null
const hasOne = derived([demanded, looks], ([isDemanded], set: (has: boolean | null) => void) => {
  if (isDemanded) hasPin(local).then(set, (error: unknown) => console.warn('whether there is a PIN could not be told', error))
}, NOT_KNOWN)
const must: Readable<boolean> = derived([demanded, hasOne, isPutOff], ([isDemanded, has, off]) => isDemanded && has === false && !off)

export const pinDemand = {
  subscribe: must.subscribe,
  /** A PIN may have been set or removed. */
  look: (): void => looks.update((count) => count + 1),
  putOff: (): void => isPutOff.set(true),
}

/** Whether the project demands one, whatever this phone has. */
export const isPinDemanded: Readable<boolean> = demanded
