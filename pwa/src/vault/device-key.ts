/** The key by which this phone signs what one user records on it: made at sign-in, kept in the browser, forgotten with the user.
 *
 * For: having it, and knowing whether the server has its public half. Not for: asking the server (sync/tokens.ts) or signing (signing.ts).
 * One key for each user: whoever takes the phone over must not be able to sign as the one before. Since a key, once enrolled, is never
 * replaced, a phone that forgets it takes a new name (server/access/devices).
 */
import { DEVICE_KEY, SIGNING_KEY } from '../store/kept'
import type { LocalStore } from '../store/local'
import { newSigningKey, type PublicJwk } from './signing'

export type DeviceKey = { device: string; user: string; privateKey: CryptoKey; publicJwk: PublicJwk; enrolled: boolean }

/** The key of this user on this phone, made when there is none. */
export async function deviceKey(store: LocalStore, user: string, device: string): Promise<DeviceKey> {
  const kept = await store.read(['meta'], (transaction) => transaction.get<DeviceKey>('meta', SIGNING_KEY))
  if (kept !== undefined && isOf(kept, user, device)) return kept
  const made: DeviceKey = { device, user, enrolled: false, ...(await newSigningKey()) }
  return store.write(['meta'], async (transaction) => {
    const meanwhile = await transaction.get<DeviceKey>('meta', SIGNING_KEY)
    if (meanwhile !== undefined && isOf(meanwhile, user, device)) return meanwhile
    await transaction.put('meta', made, SIGNING_KEY)
    return made
  })
}

export async function noteEnrolled(store: LocalStore, key: DeviceKey): Promise<void> {
  await store.write(['meta'], async (transaction) => {
    const kept = await transaction.get<DeviceKey>('meta', SIGNING_KEY)
    if (kept !== undefined && isOf(kept, key.user, key.device) && kept.publicJwk.x === key.publicJwk.x) await transaction.put('meta', { ...kept, enrolled: true }, SIGNING_KEY)
  })
}

/** The name of this phone, made when it has none. */
export async function deviceName(store: LocalStore): Promise<string> {
  const known = await store.read(['meta'], (transaction) => transaction.get<string>('meta', DEVICE_KEY))
  if (known !== undefined) return known
  const made = newDeviceName()
  return store.write(['meta'], async (transaction) => {
    const meanwhile = await transaction.get<string>('meta', DEVICE_KEY)
    if (meanwhile !== undefined) return meanwhile
    await transaction.put('meta', made, DEVICE_KEY)
    return made
  })
}

export function newDeviceName(): string {
  return `dev-${Array.from(crypto.getRandomValues(new Uint8Array(6)), (byte) => byte.toString(16).padStart(2, '0')).join('')}`
}

const isOf = (key: DeviceKey, user: string, device: string): boolean => key.user === user && key.device === device
