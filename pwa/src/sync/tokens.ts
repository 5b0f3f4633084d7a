/** The access token: one refresh at a time in the whole browser, and what happens when none is valid.
 *
 * For: signing in and out, a token for every call, one retry after a 401.
 * Not for: the live session (store/session.ts reads what is kept here). When the session expires nothing else is touched:
 * capture goes on, and what waits is sent after the next sign-in (promises F-16).
 */
import type { Bus } from '../store/bus'
import { CannotSeal, handOver } from '../store/hand-over'
import { DEVICE_KEY, SEAL_KEY, SESSION_KEY, type KeptSession } from '../store/kept'
import type { LocalStore } from '../store/local'
import type { SignInAnswer } from '../store/port'
import { sealWhatIsNot } from '../store/sealing'
import { UNSENT } from '../store/session-words'
import type { SealKey } from '../vault/boxes'
import { deviceKey, noteEnrolled } from '../vault/device-key'
import { signText } from '../vault/signing'
import { noteContact } from '../vault/trust'
import type { Json, Label, Me } from '../wire/types'
import { ask, objectOf, textOf } from './api'
import { Busy, NoNetwork, PhoneRevoked, Refused, SignInAgain, WrongAnswer } from './failures'
import type { Send } from './guarded-fetch'

/** The part of the Web Locks API that is used. */
export type Locks = {
  request<T>(name: string, work: () => Promise<T>): Promise<T>
  /** Not waited for: the work is given null when somebody has it. */
  request<T>(name: string, options: { ifAvailable: true }, work: (lock: object | null) => Promise<T>): Promise<T>
}
export type TokenSurroundings = { store: LocalStore; bus: Pick<Bus, 'tell'>; send: Send; locks: Locks; now: () => number; base: string }

const TOKEN_LOCK = 'xunlu-token'
/** A token that ends this soon is renewed before it is used: a call on a slow line must not outlive it. */
const MARGIN_MS = 30_000

export class Tokens {
  readonly #around: TokenSurroundings
  constructor(around: TokenSurroundings) {
    this.#around = around
  }

  /** Sign in and learn who this is. Never throws. */
  async signIn(username: string, password: string, device: string): Promise<SignInAnswer> {
    const { send, base, now, store } = this.#around
    try {
      // The one call with cookies: the server keeps a mark by which it tells this known phone from somebody guessing (S-15).
      const granted = grantOf(await ask(send, `${base}/api/session`, { body: { username, password, device }, credentials: 'same-origin' }), now())
      const me = meOf(await ask(withToken(send, granted.accessToken), `${base}/api/me`))
      await this.#takeOver(me)
      await this.#noteSealKey(me)
      const kept: KeptSession = { me, device, state: 'open', ...granted }
      await store.write(['meta'], async (transaction) => {
        await transaction.put('meta', device, DEVICE_KEY)
        await transaction.put('meta', kept, SESSION_KEY)
      })
      await noteContact(store, now(), me, { provedAt: now(), usedAt: now() })
      await this.#enrol(withToken(send, granted.accessToken), me.user, device)
      return { ok: true, me }
    } catch (error) {
      return { ok: false, ...signInFailure(error) }
    }
  }

  /** End the session at the server if it can be reached now. Never throws: the phone forgets it anyway. */
  async signOut(): Promise<void> {
    try {
      await ask(this.authorized(), `${this.#around.base}/api/session`, { method: 'DELETE' })
    } catch (error) {
      console.info('the session was not ended at the server; its tokens run out by themselves', error)
    }
  }

  /** A token valid now; given the one just refused, a newer one. Null: sign in again. Raises NoNetwork, Busy. */
  async access(refused?: string): Promise<string | null> {
    const kept = await this.session()
    if (kept === undefined || kept.state === 'expired') return null
    if (this.#isGood(kept, refused)) return kept.accessToken
    return this.#around.locks.request(TOKEN_LOCK, () => this.#refresh(refused))
  }

  session(): Promise<KeptSession | undefined> {
    return this.#around.store.read(['meta'], (transaction) => transaction.get<KeptSession>('meta', SESSION_KEY))
  }

  /** The same way out, with a token on every call and one more try after a 401. Raises SignInAgain. */
  authorized(): Send {
    return async (url, init = {}) => {
      const token = await this.access()
      if (token === null) throw new SignInAgain('no session')
      const response = await withToken(this.#around.send, token)(url, init)
      if (response.status !== 401) return response
      const newer = await this.access(token)
      if (newer === null) throw new SignInAgain('the session is over')
      const again = await withToken(this.#around.send, newer)(url, init)
      if (again.status === 401) await this.#expire(newer)
      return again
    }
  }

  /** Ask again who this is and what may be replicated. */
  async refreshMe(): Promise<Me> {
    const me = meOf(await ask(this.authorized(), `${this.#around.base}/api/me`))
    await this.#noteSealKey(me)
    const changed = await this.#change((kept) => (kept.me.user === me.user && !sameButTime(kept.me, me) ? { ...kept, me } : null))
    if (changed) this.#around.bus.tell({ kind: 'session_changed' })
    const kept = await this.session()
    if (kept !== undefined && kept.me.user === me.user) {
      await noteContact(this.#around.store, this.#around.now(), me)
      await this.#enrol(this.authorized(), me.user, kept.device)
    }
    return me
  }

  /** Somebody else's work becomes sealed work; so does that of a forgotten PIN. Raises CannotSeal. */
  async #takeOver(me: Me): Promise<void> {
    const { store } = this.#around
    if (await store.isLocked()) await handOver(store)
    const before = await this.session()
    if (before === undefined || before.me.user === me.user) return
    await sealWhatIsNot(store)
    await handOver(store)
  }

  /** What waits is sealed to this key too, from now on and at once. */
  async #noteSealKey(me: Me): Promise<void> {
    const given = me.seal_key
    if (given === undefined) return
    const isNews = await this.#around.store.write(['meta'], async (transaction) => {
      if ((await transaction.get<SealKey>('meta', SEAL_KEY))?.kid === given.kid) return false
      await transaction.put('meta', { kid: given.kid, x: given.x, y: given.y } satisfies SealKey, SEAL_KEY)
      return true
    })
    if (isNews) await sealWhatIsNot(this.#around.store)
  }

  /** Give the server the public key by which this phone signs. Never throws: it is tried again with the next look at who this is. */
  async #enrol(send: Send, user: string, device: string): Promise<void> {
    try {
      const key = await deviceKey(this.#around.store, user, device)
      if (key.enrolled) return
      await ask(send, `${this.#around.base}/api/devices`, { body: { device, public_jwk: key.publicJwk } })
      await noteEnrolled(this.#around.store, key)
    } catch (error) {
      console.info('the key of this phone was not enrolled now', error)
    }
  }

  #isGood(kept: KeptSession, refused: string | undefined): boolean {
    return kept.accessToken !== null && kept.accessToken !== refused && kept.accessExpiresAt - MARGIN_MS > this.#around.now()
  }

  async #refresh(refused: string | undefined): Promise<string | null> {
    const kept = await this.session() // Another tab may have refreshed while this one waited for the lock.
    if (kept === undefined || kept.state === 'expired') return null
    if (this.#isGood(kept, refused)) return kept.accessToken
    const used = kept.refreshToken
    if (used === null) return this.#expire(kept.accessToken)
    try {
      const answer = await ask(this.#around.send, `${this.#around.base}/api/session/refresh`, { body: { refresh_token: used, ...(await this.#proof(kept, used)) } })
      const granted = grantOf(answer, this.#around.now())
      await this.#change((now) => (now.refreshToken === used ? { ...now, ...granted } : null))
      return granted.accessToken
    } catch (error) {
      if (error instanceof PhoneRevoked) await this.#erase()
      if (error instanceof SignInAgain || (error instanceof Refused && [400, 403].includes(error.status))) return this.#expire(kept.accessToken)
      throw error
    }
  }

  /** What waits is sealed, everything readable goes (S-29). Without the server's key for it only the session ends: nothing is lost. */
  async #erase(): Promise<void> {
    try {
      await sealWhatIsNot(this.#around.store)
      await handOver(this.#around.store)
    } catch (error) {
      if (!(error instanceof CannotSeal)) throw error
      console.error('this phone was reported lost, but what waits here cannot be sealed yet', error)
      return
    }
    for (const kind of ['session_changed', 'outbox_changed', 'photos_changed'] as const) this.#around.bus.tell({ kind })
  }

  /** That this is the phone: so that a reply lost long ago is given once more, and only to it (S-13). */
  async #proof(kept: KeptSession, token: string): Promise<{ proof?: string }> {
    const { privateKey, enrolled } = await deviceKey(this.#around.store, kept.me.user, kept.device)
    return enrolled ? { proof: await signText(`xunlu refresh 1 ${token}`, privateKey) } : {}
  }

  async #expire(token: string | null): Promise<null> {
    const changed = await this.#change((kept) =>
      kept.accessToken === token && kept.state === 'open' ? { ...kept, state: 'expired', accessToken: null, refreshToken: null } : null,
    )
    if (changed) this.#around.bus.tell({ kind: 'session_changed' })
    return null
  }

  /** Change the kept session unless somebody else did meanwhile. */
  #change(change: (kept: KeptSession) => KeptSession | null): Promise<boolean> {
    return this.#around.store.write(['meta'], async (transaction) => {
      const kept = await transaction.get<KeptSession>('meta', SESSION_KEY)
      const next = kept === undefined ? null : change(kept)
      if (next === null) return false
      await transaction.put('meta', next, SESSION_KEY)
      return true
    })
  }
}

export function withToken(send: Send, token: string): Send {
  return (url, init = {}) => {
    const headers = new Headers(init.headers)
    headers.set('Authorization', `Bearer ${token}`)
    return send(url, { ...init, headers })
  }
}

function grantOf(answer: Json, now: number): { accessToken: string; refreshToken: string; accessExpiresAt: number } {
  const body = objectOf(answer)
  const accessToken = textOf(body['access_token'])
  const refreshToken = textOf(body['refresh_token'])
  const seconds = body['expires_in']
  if (accessToken === null || refreshToken === null || typeof seconds !== 'number') throw new WrongAnswer('no tokens in the answer')
  return { accessToken, refreshToken, accessExpiresAt: now + seconds * 1000 }
}

export function meOf(answer: Json): Me {
  const body = objectOf(answer)
  const lists = ['roles', 'projects', 'areas', 'databases'].every((name) => Array.isArray(body[name]))
  if (textOf(body['user']) === null || textOf(body['epoch']) === null || !lists) throw new WrongAnswer('not an answer of /api/me')
  return body as unknown as Me
}

function sameButTime(one: Me, other: Me): boolean {
  return JSON.stringify({ ...one, now: '' }) === JSON.stringify({ ...other, now: '' })
}

function signInFailure(error: unknown): { code: string; message: Label } {
  if (error instanceof Refused || error instanceof SignInAgain) {
    const code = error instanceof Refused ? error.code : 'wrong_credentials'
    if (code === 'too_many_tries') return { code, message: { zh: '试的次数太多，请稍后再试', en: 'Too many tries. Wait a while, then try again' } }
    return { code, message: { zh: '用户名或密码不对', en: 'Wrong user name or password' } }
  }
  if (error instanceof Busy) {
    if (error.status === 429) return { code: 'too_many_tries', message: { zh: '试的次数太多，请稍后再试', en: 'Too many tries. Wait a while, then try again' } }
    return { code: 'busy', message: { zh: '服务器正忙，请稍后再试', en: 'The server is busy. Try again shortly' } }
  }
  if (error instanceof NoNetwork && error.why === 'not_our_server') {
    return { code: 'not_our_server', message: { zh: '连上的不是公司的服务器，可能要先登录这个无线网络', en: 'Something else answered. This network may want its own sign-in first' } }
  }
  if (error instanceof NoNetwork) return { code: 'offline', message: { zh: '现在连不上服务器。第一次登录需要网络', en: 'The server cannot be reached. The first sign-in needs a network' } }
  if (error instanceof CannotSeal) return { code: 'unsent_of_another', message: UNSENT }
  if (error instanceof WrongAnswer) return { code: 'wrong_answer', message: { zh: '服务器的回答不完整，请再试一次', en: 'The answer of the server was not complete. Try again' } }
  console.error('signing in failed', error)
  return { code: 'failed', message: { zh: '没能登录，请再试一次', en: 'Could not sign in. Try again' } }
}
