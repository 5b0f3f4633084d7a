/** One refresh at a time, for all tabs, and what a person is told. */
import { beforeEach, expect, test } from 'vitest'
import { networkOf } from '../../src/sync/network'
import { Tokens } from '../../src/sync/tokens'
import { Office, problem, response } from './office'
import { BASE, Phone } from './phone'

let office: Office
let phone: Phone
beforeEach(async () => {
  office = new Office()
  phone = await Phone.signedIn(office)
})
const refreshes = () => office.calls.filter((call) => call === 'POST /api/session/refresh').length
const anotherTab = () => new Tokens({ store: phone.store, bus: phone.around.bus, send: phone.plain, locks: phone.around.locks, now: () => phone.clock, base: BASE })

test('twenty askers in two tabs refresh once', async () => {
  phone.clock += 599_000
  const tab = anotherTab()

  const tokens = await Promise.all(Array.from({ length: 20 }, (_, place) => (place % 2 === 0 ? phone.tokens : tab).access()))

  expect(new Set(tokens)).toEqual(new Set(['access-1']))
  expect(refreshes()).toBe(1)
})

test('a refused token is not given again', async () => {
  expect(await phone.tokens.access('access-0')).toBe('access-1')
  expect(await phone.tokens.access('access-0')).toBe('access-1')
  expect(refreshes()).toBe(1)
})

test('without a network the old token is all there is, and nobody is sent to the sign-in', async () => {
  phone.clock += 600_000
  office.fault = () => Promise.reject(new TypeError('network'))

  expect(await networkOf(phone.tokens, BASE).accessToken()).toBe('access-0')
  expect((await phone.tokens.session())?.state).toBe('open')
})

test.each([
  ['a wrong password', () => null, 'wrong_credentials'],
  ['no line', () => Promise.reject(new TypeError('network')), 'offline'],
  ['a portal', () => Promise.resolve(new Response('<html></html>')), 'not_our_server'],
] as [string, () => Promise<Response> | null, string][])('signing in with %s is told in words', async (_name, fault, code) => {
  office.fault = fault
  const answer = await phone.tokens.signIn('steward1', 'wrong', 'dev-1')
  expect(answer).toMatchObject({ ok: false, code, message: { zh: expect.stringMatching(/./) as string, en: expect.stringMatching(/./) as string } })
})

test('too many tries are told as such', async () => {
  office.fault = (call) => Promise.resolve(response(call, problem(429, 'too_many_tries'), office.epoch))
  expect(await phone.tokens.signIn('steward1', 'wrong', 'dev-1')).toMatchObject({ ok: false, code: 'too_many_tries' })
})

test('a preview that cannot be had is null, never an error', async () => {
  office.fault = () => Promise.reject(new TypeError('network'))
  expect(await networkOf(phone.tokens, BASE).preview('0'.repeat(64))).toBeNull()
})
