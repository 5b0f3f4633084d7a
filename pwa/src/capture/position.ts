/**
 * Where the phone was at a shot: asked for once per shot, only with the person's consent, never followed.
 *
 * For: the consent, which can be withdrawn at any time, and one position with its accuracy.
 * Not for: deciding anything by it. A photo without a position is as good a photo.
 * Source: R-X-29, D-24.
 */
import { writable, type Readable } from 'svelte/store'
import type { Position } from '../wire/types'

export type Consent = 'unasked' | 'given' | 'withheld'
/** What became of the last request: nothing yet, being asked, refused by the phone, not found, or found. */
export type LastPosition = { state: 'none' | 'asking' | 'refused' | 'not_found' } | { state: 'found'; accuracyM: number }

// A shot does not wait for it; but a position that comes later belongs to another place.
const PATIENCE_MS = 10_000
const FRESH_MS = 5_000
const KEY = 'xunlu.position'

const consents = writable<Consent>('unasked')
const last = writable<LastPosition>({ state: 'none' })
export const positionConsent: Readable<Consent> = { subscribe: consents.subscribe }
export const lastPosition: Readable<LastPosition> = { subscribe: last.subscribe }

/** Read what this person decided on this phone. */
export function loadConsent(user: string): void {
  consents.set(remembered()[user] ?? 'unasked')
}

export function decide(user: string, consent: 'given' | 'withheld'): void {
  consents.set(consent)
  last.set({ state: 'none' })
  try {
    localStorage.setItem(KEY, JSON.stringify({ ...remembered(), [user]: consent }))
  } catch (error) {
    // Without room the decision holds until the app closes; then it is asked again, and nothing is recorded meanwhile.
    console.warn('the decision about positions was not kept', error)
  }
}

/** One position now; null without consent, when the phone refuses, or when none was found in time. Never throws. */
export function positionNow(consent: Consent, source: Pick<Geolocation, 'getCurrentPosition'> | undefined = globalThis.navigator?.geolocation): Promise<Position | null> {
  if (consent !== 'given' || source === undefined) return Promise.resolve(null)
  last.set({ state: 'asking' })
  return new Promise((resolve) => {
    source.getCurrentPosition(
      ({ coords }) => {
        const accuracy = Math.round(coords.accuracy)
        last.set({ state: 'found', accuracyM: accuracy })
        resolve({ lat: rounded(coords.latitude), lon: rounded(coords.longitude), accuracy_m: accuracy })
      },
      (error) => {
        last.set({ state: error.code === error.PERMISSION_DENIED ? 'refused' : 'not_found' })
        resolve(null)
      },
      { enableHighAccuracy: true, timeout: PATIENCE_MS, maximumAge: FRESH_MS },
    )
  })
}

// Six decimals are a tenth of a metre; more would be noise that looks like knowledge.
function rounded(degrees: number): number {
  return Math.round(degrees * 1e6) / 1e6
}

function remembered(): Record<string, Consent> {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(KEY) ?? '{}')
    return typeof kept === 'object' && kept !== null ? Object.fromEntries(Object.entries(kept).filter((entry): entry is [string, Consent] => entry[1] === 'given' || entry[1] === 'withheld')) : {}
  } catch (error) {
    console.warn('the decision about positions could not be read', error)
    return {}
  }
}
