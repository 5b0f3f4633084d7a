/** A phone that nobody vouches for locks itself, keeps everything, and opens again for whoever knows the password, without a network. */
import { beforeEach, expect, test } from 'vitest'
import { SEAL_KEY, SESSION_KEY, type KeptSession } from '../../src/store/kept'
import { LocalStore } from '../../src/store/local'
import { networkOf } from '../../src/sync/network'
import { Tokens } from '../../src/sync/tokens'
import { lockAtStart } from '../../src/vault/lock'
import { closeWithPassword, keepPassword } from '../../src/vault/password'
import { MOST_TRIES, setPin, unlock } from '../../src/vault/pin'
import { noteContact, noteUse, overdue, readTrust, type Trust } from '../../src/vault/trust'
import { Office, problem, response } from '../sync/office'
import { BASE, Phone, picture } from '../sync/phone'

const ROUNDS = 1_000 // Real ones are counted in keys.ts; here only what follows from them is told.
const PASSWORD = 'xunlu-demo'
const HOUR_MS = 3_600_000
const ASLEEP = { isKnown: () => Promise.resolve(false) }

let office: Office
let phone: Phone
beforeEach(async () => {
  office = new Office()
  phone = await Phone.signedIn(office)
  const { x = '', y = '' } = await crypto.subtle.exportKey('jwk', (await crypto.subtle.generateKey({ name: 'ECDH', namedCurve: 'P-256' }, true, ['deriveBits'])).publicKey)
  await phone.store.write(['meta'], (transaction) => transaction.put('meta', { kid: 'k', x, y }, SEAL_KEY))
  await noteContact(phone.store, phone.clock, {}, { provedAt: phone.clock, usedAt: phone.clock })
})
/** The same phone after its browser was closed. */
const restarted = (): LocalStore => new LocalStore(`xunlu-${phone.name}`)
const later = (hours: number) => () => phone.clock + hours * HOUR_MS
const outboxOf = async (store: LocalStore) => (await store.read(['outbox'], (transaction) => transaction.all<{ document: { _id: string } }>('outbox'))).map((item) => item.document._id)
const draftOf = (store: LocalStore) => store.read(['drafts'], (transaction) => transaction.get<{ values: unknown }>('drafts', 'fee_visit|x|'))
const networkAt = (store: LocalStore, now: () => number) => networkOf(new Tokens({ store, bus: phone.around.bus, send: phone.plain, locks: phone.around.locks, now, base: BASE }), BASE)

const NOW = Date.parse('2026-11-25T02:00:00Z')
const trust = (hours: Partial<Record<'contactAt' | 'provedAt' | 'usedAt', number>>, asked: Partial<Trust> = {}): Trust => ({
  contactAt: NOW - (hours.contactAt ?? 1_000) * HOUR_MS, provedAt: NOW - (hours.provedAt ?? 1_000) * HOUR_MS, usedAt: NOW - (hours.usedAt ?? 1_000) * HOUR_MS, idleHours: 12, contactHours: 72, ...asked,
})

test.each([
  ['used in the office', trust({ contactAt: 0, usedAt: 0 }), null],
  ['11 hours in a drawer', trust({ contactAt: 11.9, usedAt: 11.9 }), null],
  ['12 hours in a drawer', trust({ contactAt: 12, usedAt: 12 }), 'idle'],
  ['connected in a drawer', trust({ contactAt: 1, usedAt: 40 }), null],
  ['71 hours of work in a basement', trust({ contactAt: 71.9, usedAt: 0 }), null],
  ['72 hours of work in a basement', trust({ contactAt: 72, usedAt: 0 }), 'contact'],
  ['a proof an hour ago', trust({ contactAt: 300, usedAt: 1, provedAt: 1 }), null],
  ['72 hours after the last proof', trust({ contactAt: 300, usedAt: 1, provedAt: 72 }), 'contact'],
  ['a clock an hour off', trust({ contactAt: 2, usedAt: -0.9 }), null],
  ['a clock set back', trust({ contactAt: 2, usedAt: -1.1 }), 'clock'],
  ['a project that asks for more', trust({ contactAt: 4, usedAt: 4 }, { idleHours: 4 }), 'idle'],
  ['a project that allows more', trust({ contactAt: 100, usedAt: 0 }, { contactHours: 168 }), null],
] as [string, Trust, ReturnType<typeof overdue>][])('%s', (_name, given, expected) => {
  expect(overdue(given, NOW)).toBe(expected)
})

test('a night in a drawer without a network locks; the password opens it there, with all that was unsent or begun', async () => {
  const { _id: id } = await phone.record('airing', picture(3_000))
  await phone.store.write(['drafts'], (transaction) => transaction.put('drafts', { values: { remark: '填到一半' }, photos: [] }, 'fee_visit|x|'))
  await keepPassword(phone.store, PASSWORD, ROUNDS)

  const store = restarted()
  expect(await lockAtStart(store, ASLEEP, later(11))).toBeNull()
  expect(await lockAtStart(store, ASLEEP, later(12))).toBe('password')
  expect(await store.isLocked()).toBe(true)
  let opened = false
  const reading = outboxOf(store).then((ids) => ((opened = true), ids))
  expect(await unlock(store, 'not it', later(12)())).toMatchObject({ code: 'wrong', left: MOST_TRIES - 1 })
  expect(opened).toBe(false)
  expect(await unlock(store, PASSWORD, later(12)())).toEqual({ ok: true })

  expect(await reading).toEqual([id])
  const next = restarted()
  expect(await lockAtStart(next, ASLEEP, later(13))).toBeNull()
  expect(await outboxOf(next)).toEqual([id])
  expect(await draftOf(next)).toMatchObject({ values: { remark: '填到一半' } })
})

test('it locks again and again, and opens again and again, as long as nobody reaches the office', async () => {
  await keepPassword(phone.store, PASSWORD, ROUNDS)
  for (const hours of [12, 30, 60, 24 * 14]) {
    expect(await lockAtStart(restarted(), ASLEEP, later(hours))).toBe('password')
    expect(await unlock(restarted(), PASSWORD, later(hours)())).toEqual({ ok: true })
    expect(await lockAtStart(restarted(), ASLEEP, later(hours))).toBeNull()
  }
})

test('72 hours without contact lock a phone that was used all the time', async () => {
  await keepPassword(phone.store, PASSWORD, ROUNDS)
  for (let hours = 1; hours < 72; hours += 5) await noteUse(phone.store, later(hours)())

  expect(await lockAtStart(restarted(), ASLEEP, later(71))).toBeNull()
  expect(await lockAtStart(restarted(), ASLEEP, later(72))).toBe('password')
})

test('an office that answers vouches for it: nobody is asked for anything', async () => {
  await keepPassword(phone.store, PASSWORD, ROUNDS)
  const store = restarted()

  expect(await lockAtStart(store, networkAt(store, later(100)), later(100))).toBeNull()

  expect(await lockAtStart(restarted(), ASLEEP, later(111))).toBeNull()
  expect(await lockAtStart(restarted(), ASLEEP, later(112))).toBe('password')
})

test('an office that ended the session does not vouch for it', async () => {
  await keepPassword(phone.store, PASSWORD, ROUNDS)
  office.fault = (call) => Promise.resolve(response(call, problem(401, 'not_signed_in'), office.epoch))
  const store = restarted()

  expect(await lockAtStart(store, networkAt(store, later(12)), later(12))).toBe('password')
  expect(await unlock(store, PASSWORD, later(12)())).toEqual({ ok: true })
  expect((await store.read(['meta'], (transaction) => transaction.get<KeptSession>('meta', SESSION_KEY)))?.state).toBe('expired')
})

test('a phone reported lost is erased instead, and what waited is sealed', async () => {
  const { _id: id } = await phone.record()
  await keepPassword(phone.store, PASSWORD, ROUNDS)
  office.fault = (call) => Promise.resolve(response(call, problem(401, 'device_revoked'), office.epoch))
  const store = restarted()

  expect(await lockAtStart(store, networkAt(store, later(80)), later(80))).toBeNull()

  expect(await outboxOf(store)).toEqual([])
  expect((await store.read(['sealed'], (transaction) => transaction.all<{ id: string }>('sealed'))).map((item) => item.id)).toEqual([id])
  expect(await lockAtStart(restarted(), ASLEEP, later(1_000))).toBeNull()
})

test('ten wrong passwords leave nothing readable, and all that waited sealed', async () => {
  const { _id: id } = await phone.record()
  await keepPassword(phone.store, PASSWORD, ROUNDS)
  expect(await lockAtStart(restarted(), ASLEEP, later(12))).toBe('password')
  for (let tries = 1; tries < MOST_TRIES; tries += 1) expect((await unlock(restarted(), 'guess', later(12 + tries)())).ok).toBe(false)

  expect(await unlock(restarted(), 'guess', later(30)())).toEqual({ ok: false, code: 'wiped' })

  expect(await outboxOf(restarted())).toEqual([])
  expect((await restarted().read(['sealed'], (transaction) => transaction.all<{ id: string }>('sealed'))).map((item) => item.id)).toEqual([id])
})

test('what cannot be sealed yet is not given up for ten wrong passwords', async () => {
  await phone.store.write(['meta'], (transaction) => transaction.remove('meta', SEAL_KEY))
  const { _id: id } = await phone.record()
  await keepPassword(phone.store, PASSWORD, ROUNDS)
  await lockAtStart(restarted(), ASLEEP, later(12))
  for (let tries = 0; tries < MOST_TRIES + 2; tries += 1) expect((await unlock(restarted(), 'guess', later(12 + tries)())).ok).toBe(false)

  const store = restarted()
  expect(await unlock(store, PASSWORD, later(40)())).toEqual({ ok: true })
  expect(await outboxOf(store)).toEqual([id])
})

test('who signed in before this phone kept a password is asked to reach the office; nothing is lost', async () => {
  const { _id: id } = await phone.record()
  const store = restarted()

  expect(await lockAtStart(store, ASLEEP, later(12))).toBe('office')
  const signed = await networkAt(store, later(12)).signIn('steward1', PASSWORD, 'dev-1')

  expect(signed.ok).toBe(true)
  expect(await lockAtStart(restarted(), ASLEEP, later(13))).toBeNull()
  expect(await outboxOf(restarted())).toEqual([id])
})

test('a PIN is what opens a phone that has one, and the password is kept for the day it has none', async () => {
  await keepPassword(phone.store, PASSWORD, ROUNDS)
  await setPin(phone.store, '246813', ROUNDS)
  const store = restarted()

  expect(await lockAtStart(store, ASLEEP, later(100))).toBe('pin')
  expect(await closeWithPassword(store)).toBe(false)
  expect(await unlock(store, '246813', later(100)())).toEqual({ ok: true })
  expect(await lockAtStart(store, ASLEEP, later(101))).toBeNull()
})

test('the password given at the office meanwhile signs in on a locked phone: nothing readable, nothing lost', async () => {
  const { _id: id } = await phone.record()
  await keepPassword(phone.store, 'the one before', ROUNDS)
  const store = restarted()
  expect(await lockAtStart(store, ASLEEP, later(12))).toBe('password')

  expect((await networkAt(store, later(12)).signIn('steward1', PASSWORD, 'dev-2')).ok).toBe(true)

  expect(await store.isLocked()).toBe(false)
  expect(await outboxOf(store)).toEqual([])
  expect((await store.read(['sealed'], (transaction) => transaction.all<{ id: string }>('sealed'))).map((item) => item.id)).toEqual([id])
})

test('a touch does not put off what is due, and a clock set back is no way round', async () => {
  await noteUse(phone.store, later(13)())
  expect(overdue((await readTrust(phone.store)) as Trust, later(13)())).toBe('idle')
  expect(overdue((await readTrust(phone.store)) as Trust, later(-2)())).toBe('clock')

  await noteContact(phone.store, later(-2)(), {})
  expect(overdue((await readTrust(phone.store)) as Trust, later(-2)())).toBeNull()
})

test('the hours are those of the projects, from the next answer on', async () => {
  await noteContact(phone.store, phone.clock, { phone: { pin_required: false, idle_hours: 2, contact_hours: 20 } })
  await keepPassword(phone.store, PASSWORD, ROUNDS)

  expect(await lockAtStart(restarted(), ASLEEP, later(2))).toBe('password')
})
