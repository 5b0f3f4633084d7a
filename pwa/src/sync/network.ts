/** The network as the store and the desk may use it, on the page: signing in, tokens, previews.
 *
 * For: what a person waits for. Not for: sync, which is the worker's; both share the kept session and one lock.
 */
import { bus } from '../store/bus'
import { local } from '../store/local'
import type { Network } from '../store/port'
import { guardedFetch } from './guarded-fetch'
import { Tokens } from './tokens'

export function browserNetwork(): Network {
  const base = location.origin
  const send = guardedFetch({ fetch: fetch.bind(globalThis), now: () => new Date() })
  return networkOf(new Tokens({ store: local, bus: bus(), send, locks: navigator.locks, now: Date.now, base }), base)
}

export function networkOf(tokens: Tokens, base: string): Network {
  return {
    signIn: (username, password, device) => tokens.signIn(username, password, device),
    signOut: () => tokens.signOut(),
    async accessToken(refused) {
      try {
        return await tokens.access(refused)
      } catch (error) {
        console.info('no newer token can be had now', error)
        // Without a line the old token is all there is; null would send the person to the sign-in for nothing.
        return (await tokens.session())?.accessToken ?? null
      }
    },
    async preview(sha256) {
      try {
        const response = await tokens.authorized()(`${base}/media/photos/${sha256}?view=preview`)
        return response.ok ? await response.blob() : null
      } catch (error) {
        console.info('the preview cannot be had now', error)
        return null
      }
    },
  }
}
