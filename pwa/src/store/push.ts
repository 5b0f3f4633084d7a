/** Being told while the app is closed: whether this browser is, and the person's choice about it.
 *
 * For: `pushState`, `turnPushOn`, `turnPushOff`; `startPush`, called once by main.ts with the browser's side (shell.ts).
 * Not for: showing a message (sw.ts) or deciding what is sent (the server; no personal data).
 * A subscription is one person's: it ends when that person is signed out here, with or without a network. The server goes by
 * the session besides. Source: docs/notifying.md; promises S-28, S-31.
 */
import { get, writable, type Readable } from 'svelte/store'
import type { Label } from '../wire/types'
import { local } from './local'
import { connectedNetwork } from './port'
import { language } from './preferences'
import { session } from './session'

export type PushState = 'looking' | 'not_offered' | 'blocked' | 'off' | 'on'
export type Subscription = { endpoint: string; keys: { p256dh: string; auth: string }; serverKey: string | null }

/** The browser's side. `subscribe` raises when the browser reaches no push service. */
export interface PushDoor {
  permission(): NotificationPermission
  ask(): Promise<NotificationPermission>
  current(): Promise<Subscription | null>
  subscribe(serverKey: string): Promise<Subscription>
  unsubscribe(): Promise<void>
}

/** `meta` / "push": who asked on this browser, and for which subscription. */
type KeptPush = { user: string; id: string; endpoint: string }
const PUSH_KEY = 'push'
const NO_NETWORK: Label = { zh: '现在连不上服务器，没有打开。请到有网络的地方再试。', en: 'The server cannot be reached, so this was not turned on. Try again where there is a network.' }
const NO_SERVICE: Label = {
  zh: '这台手机连不上浏览器的推送服务，没有打开。打开应用时提醒照常出现，群通知不受影响。',
  en: "This phone does not reach its browser's push service, so this was not turned on. Reminders still appear in the app and in the group chat.",
}

const state = writable<PushState>('looking')
export const pushState: Readable<PushState> = { subscribe: state.subscribe }

let door: PushDoor | null = null
let turn: Promise<unknown> = Promise.resolve()

/** Follow who is signed in and in which language. `given` is null where the browser has no push. */
export function startPush(given: PushDoor | null): void {
  door = given
  if (given === null) return state.set('not_offered')
  let told: string | null = null
  const look = (): void => {
    const now = `${get(session)?.me.user ?? ''} ${get(language)}`
    if (now === told) return
    told = now
    void inTurn(() => settle(given))
  }
  session.subscribe(look)
  language.subscribe(look)
}

/** Ask the person's permission and subscribe. Returns why it is not on; null when it is, or when the person said no. */
export function turnPushOn(): Promise<Label | null> {
  return inTurn(async () => {
    const user = get(session)?.me.user
    if (door === null || user === undefined) return null
    const permission = await door.ask()
    if (permission !== 'granted') {
      state.set(permission === 'denied' ? 'blocked' : 'off')
      return null
    }
    return subscribe(door, user)
  })
}

export function turnPushOff(): Promise<void> {
  return inTurn(async () => {
    if (door === null) return
    const kept = await known()
    if (kept !== undefined) await connectedNetwork().endPush(kept.id)
    await forget(door)
    state.set('off')
  })
}

/** What is kept here, the browser and the server agree again, whoever is signed in now. */
async function settle(browser: PushDoor): Promise<void> {
  const user = get(session)?.me.user
  const kept = await known()
  const permission = browser.permission()
  if (user === undefined || (kept !== undefined && kept.user !== user)) await forget(browser)
  else if (kept !== undefined && permission === 'granted') {
    state.set('on')
    await subscribe(browser, user)
    return
  }
  state.set(permission === 'denied' ? 'blocked' : 'off')
}

/** Repeating it changes nothing; after a new server key or a subscription the browser dropped it makes a new one. */
async function subscribe(browser: PushDoor, user: string): Promise<Label | null> {
  const network = connectedNetwork()
  const serverKey = await network.pushKey()
  if (serverKey === null) return NO_NETWORK // One that was on stays on: only the server was not there to be asked.
  let made = await browser.current()
  try {
    if (made !== null && made.serverKey !== null && made.serverKey !== serverKey) {
      await browser.unsubscribe()
      made = null
    }
    made ??= await browser.subscribe(serverKey)
  } catch (error) {
    console.warn('the browser gave no push subscription', error)
    await forget(browser)
    state.set('off')
    return NO_SERVICE
  }
  const id = await network.startPush({ endpoint: made.endpoint, keys: made.keys, lang: get(language) })
  if (id === null) {
    if ((await known()) === undefined) await forget(browser)
    return NO_NETWORK
  }
  await local.write(['meta'], (transaction) => transaction.put('meta', { user, id, endpoint: made.endpoint } satisfies KeptPush, PUSH_KEY))
  state.set('on')
  return null
}

async function forget(browser: PushDoor): Promise<void> {
  await browser.unsubscribe()
  await local.write(['meta'], (transaction) => transaction.remove('meta', PUSH_KEY))
}

function known(): Promise<KeptPush | undefined> {
  return local.read(['meta'], (transaction) => transaction.get<KeptPush>('meta', PUSH_KEY))
}

/** One after the other: a sign-out in the middle of turning on must have the last word. */
function inTurn<T>(work: () => Promise<T>): Promise<T> {
  const next = turn.then(work)
  turn = next.catch((error: unknown) => console.warn('push was not settled', error))
  return next
}
