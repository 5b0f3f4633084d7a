/** The network as the store and the desk may use it, on the page: signing in, tokens, previews.
 *
 * For: what a person waits for. Not for: sync, which is the worker's; both share the kept session and one lock.
 */
import { bus } from '../store/bus'
import { local } from '../store/local'
import type { Network } from '../store/port'
import type { Json } from '../wire/types'
import { ask, listOf, objectOf, textOf } from './api'
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
    async isKnown() {
      try {
        await tokens.refreshMe()
        return true
      } catch (error) {
        console.info('the server does not say now that it knows this phone', error)
        return false
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
    async ownPhones() {
      try {
        return listOf(objectOf(await ask(tokens.authorized(), `${base}/api/phones/mine`))['items']).map(objectOf).map((phone) => ({
          device: textOf(phone['device']) ?? '', lastContactAt: textOf(phone['last_contact_at']) ?? '',
          records: listOf(phone['records']).map(String), photos: listOf(phone['photos']).map(String),
        }))
      } catch (error) {
        console.info('what other phones hold cannot be asked now', error)
        return null
      }
    },
    async reportLost(lost) {
      try {
        await ask(tokens.authorized(), `${base}/api/phones/lost`, { body: lost })
        return true
      } catch (error) {
        console.info('the office could not be told of a loss; tried again at the next contact', error)
        return false
      }
    },
    pushKey: () => textFrom(tokens, `${base}/api/push/key`, 'key'),
    startPush: (subscription) => textFrom(tokens, `${base}/api/push/subscriptions`, 'id', subscription),
    async endPush(id) {
      try {
        await ask(tokens.authorized(), `${base}/api/push/subscriptions/${id}`, { method: 'DELETE' })
      } catch (error) {
        console.info('the subscription was not ended at the server; it ends with the session', error)
      }
    },
  }
}

async function textFrom(tokens: Tokens, url: string, member: string, body?: Json): Promise<string | null> {
  try {
    return textOf(objectOf(await ask(tokens.authorized(), url, body === undefined ? {} : { body }))[member])
  } catch (error) {
    console.info('the server did not answer what was asked about pushes', error)
    return null
  }
}
