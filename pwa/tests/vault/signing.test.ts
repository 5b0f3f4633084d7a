/** A record says who wrote it on which phone, and the server can tell. The vectors are read by tests/server/access/test_signatures.py too. */
import { readFileSync } from 'node:fs'
import { beforeEach, expect, test } from 'vitest'
import { SESSION_KEY, SIGNING_KEY } from '../../src/store/kept'
import { deviceKey, type DeviceKey } from '../../src/vault/device-key'
import { isSignedBy, newSigningKey, signatureOf, type PublicJwk } from '../../src/vault/signing'
import type { JsonObject } from '../../src/wire/types'
import { Office } from '../sync/office'
import { Phone } from '../sync/phone'

type Vectors = { keys: Record<string, PublicJwk>; cases: { name: string; key: string; document: JsonObject; valid: boolean }[] }
const vectors = JSON.parse(readFileSync(new URL('../../../tests/vectors/signature.json', import.meta.url), 'utf8')) as Vectors
const record: JsonObject = { _id: 'airing:01', type: 'airing', author: 'steward1', device: 'dev-1', body: { note: '已通风' } }

let office: Office
let phone: Phone
beforeEach(async () => {
  office = new Office()
  phone = await Phone.signedIn(office)
})
const kept = (): Promise<DeviceKey | undefined> => phone.store.read(['meta'], (transaction) => transaction.get<DeviceKey>('meta', SIGNING_KEY))

test.each(vectors.cases)('the shared case "$name" is judged as the server judges it', async ({ key, document, valid }) => {
  expect(await isSignedBy(document, vectors.keys[key] as PublicJwk)).toBe(valid)
})

test('a signature holds for its document and no other', async () => {
  const { privateKey, publicJwk } = await newSigningKey()
  const signed: JsonObject = { ...record, sig: await signatureOf(record, privateKey) }

  expect(await isSignedBy(signed, publicJwk)).toBe(true)
  expect(await isSignedBy({ ...signed, _rev: '1-a' }, publicJwk)).toBe(true)
  expect(await isSignedBy({ ...signed, body: { note: '未通风' } }, publicJwk)).toBe(false)
  expect(await isSignedBy(signed, (await newSigningKey()).publicJwk)).toBe(false)
})

test('the private half cannot be read by anybody', async () => {
  const { privateKey } = await deviceKey(phone.store, 'steward1', 'dev-1')

  expect(privateKey.extractable).toBe(false)
  await expect(crypto.subtle.exportKey('jwk', privateKey)).rejects.toThrow()
})

test('signing in enrols the key, once', async () => {
  await phone.tokens.signIn('steward1', 'xunlu-demo', 'dev-1')
  await phone.tokens.refreshMe()

  expect(office.keys).toEqual([{ device: 'dev-1', public_jwk: (await kept())?.publicJwk }])
})

test('a server that cannot take the key now stops nobody, and is asked again', async () => {
  office.fault = (call) => (call.path === '/api/devices' ? Promise.reject(new TypeError('network')) : null)
  expect((await phone.tokens.signIn('steward1', 'xunlu-demo', 'dev-1')).ok).toBe(true)
  expect((await kept())?.enrolled).toBe(false)

  office.fault = null
  await phone.tokens.refreshMe()

  expect((await kept())?.enrolled).toBe(true)
  expect(office.keys).toHaveLength(1)
})

test('another person on the same phone signs with another key', async () => {
  const first = await deviceKey(phone.store, 'steward1', 'dev-1')
  await phone.store.write(['meta'], (transaction) => transaction.remove('meta', SESSION_KEY))

  const second = await deviceKey(phone.store, 'steward2', 'dev-2')

  expect(second.publicJwk.x).not.toBe(first.publicJwk.x)
})
