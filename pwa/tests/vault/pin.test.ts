/** A PIN protects what is kept, costs an honest person nothing, and a forgotten one costs no record. */
import { beforeEach, expect, test } from 'vitest'
import { SEAL_KEY } from '../../src/store/kept'
import { LocalStore } from '../../src/store/local'
import { MOST_TRIES, hasPin, removePin, setPin, unlock, waitMs } from '../../src/vault/pin'
import { Office } from '../sync/office'
import { Phone, picture } from '../sync/phone'

const ROUNDS = 1_000 // Real ones are counted in keys.ts; here only what follows from them is told.
let phone: Phone
let now = 0
beforeEach(async () => {
  now = 1_000_000
  phone = await Phone.signedIn(new Office())
  const { x = '', y = '' } = await crypto.subtle.exportKey('jwk', (await crypto.subtle.generateKey({ name: 'ECDH', namedCurve: 'P-256' }, true, ['deriveBits'])).publicKey)
  await phone.store.write(['meta'], (transaction) => transaction.put('meta', { kid: 'k', x, y }, SEAL_KEY))
})
/** The same phone after its browser was closed. */
const restarted = (): LocalStore => new LocalStore(`xunlu-${phone.name}`)
const outboxOf = (store: LocalStore) => store.read(['outbox'], (transaction) => transaction.all<{ document: { _id: string } }>('outbox'))

test('without a PIN nothing is ever locked', async () => {
  await phone.record()
  expect(await restarted().isLocked()).toBe(false)
  expect(await outboxOf(restarted())).toHaveLength(1)
})

test('with a PIN a closed phone waits for it, and then holds everything', async () => {
  const { _id: id } = await phone.record('airing', picture(3_000))
  await setPin(phone.store, '246813', ROUNDS)
  expect(await phone.store.isLocked()).toBe(false)
  await phone.record()

  const store = restarted()
  expect(await store.isLocked()).toBe(true)
  let opened = false
  const reading = outboxOf(store).then((items) => ((opened = true), items))
  expect(await unlock(store, '000000', now)).toMatchObject({ code: 'wrong', left: MOST_TRIES - 1 })
  expect(opened).toBe(false)
  expect(await unlock(store, '246813', now)).toEqual({ ok: true })

  expect((await reading).map((item) => item.document._id)).toContain(id)
  expect(await reading).toHaveLength(2)
})

test('wrong PINs cost more and more time, also over a restart', async () => {
  await setPin(phone.store, '246813', ROUNDS)
  for (let tries = 0; tries < 3; tries += 1) await unlock(restarted(), '111111', now)

  expect(await unlock(restarted(), '246813', now)).toMatchObject({ ok: false, code: 'wait', waitMs: 5_000 })
  expect(await waitMs(restarted(), now + 4_000)).toBe(1_000)
  expect(await waitMs(restarted(), now - 86_400_000)).toBe(5_000)
  expect(await unlock(restarted(), '246813', now + 5_000)).toEqual({ ok: true })
  expect(await unlock(restarted(), '111111', now + 5_000)).toMatchObject({ left: MOST_TRIES - 1 })
})

test('ten wrong PINs leave nothing readable, and all that waited sealed', async () => {
  const { _id: id } = await phone.record('airing', picture(3_000))
  await setPin(phone.store, '246813', ROUNDS)
  for (let tries = 1; tries < MOST_TRIES; tries += 1) {
    expect((await unlock(restarted(), '111111', now)).ok).toBe(false)
    now += 1_800_000
  }

  expect(await unlock(restarted(), '111111', now)).toEqual({ ok: false, code: 'wiped' })

  const store = restarted()
  expect(await hasPin(store)).toBe(false)
  expect(await outboxOf(store)).toEqual([])
  const sealed = await store.read(['sealed'], (transaction) => transaction.all<{ id: string }>('sealed'))
  expect(sealed.map((item) => item.id).sort()).toEqual([id, expect.stringMatching(/^photo:/)])
})

test('whoever knows it can do without it', async () => {
  await phone.record()
  await setPin(phone.store, '246813', ROUNDS)

  expect((await removePin(phone.store, '999999', now)).ok).toBe(false)
  expect(await removePin(phone.store, '246813', now)).toEqual({ ok: true })

  expect(await restarted().isLocked()).toBe(false)
  expect(await outboxOf(restarted())).toHaveLength(1)
  expect(await outboxOf(phone.store)).toHaveLength(1)
})

test('who forgot it signs in with the password: nothing readable, nothing lost', async () => {
  const { _id: id } = await phone.record()
  await setPin(phone.store, '246813', ROUNDS)
  phone.store.forgetKey()
  const locked = Object.assign(Object.create(Object.getPrototypeOf(phone)) as Phone, phone)
  const { Tokens } = await import('../../src/sync/tokens')
  const store = restarted()
  const tokens = new Tokens({ store, bus: locked.around.bus, send: phone.plain, locks: phone.around.locks, now: () => phone.clock, base: 'http://office.test' })

  expect((await tokens.signIn('steward1', 'wrong', 'dev-2')).ok).toBe(false)
  expect(await store.isLocked()).toBe(true)
  expect((await tokens.signIn('steward1', 'xunlu-demo', 'dev-2')).ok).toBe(true)

  expect(await store.isLocked()).toBe(false)
  expect(await outboxOf(store)).toEqual([])
  expect((await store.read(['sealed'], (transaction) => transaction.all<{ id: string }>('sealed'))).map((item) => item.id)).toEqual([id])
})
