/** A phone changes hands: nothing of the first person can be read, and everything he recorded arrives (F-06, S-28, D13). */
import { beforeEach, expect, test } from 'vitest'
import { assertCanHandOver, CannotSeal, handOver, type SealedItem } from '../../src/store/hand-over'
import { SEAL_KEY, SESSION_KEY, SIGNING_KEY, type KeptOutboxItem } from '../../src/store/kept'
import { STORES } from '../../src/store/local'
import { sealWhatIsNot } from '../../src/store/sealing'
import { bringSealed } from '../../src/sync/sealed'
import { deviceKey } from '../../src/vault/device-key'
import { Office, problem, response } from '../sync/office'
import { BASE, Phone, picture } from '../sync/phone'

const CANARIES = ['林晓兰', '13800001234', '王敏', 'access-0', 'steward1']
let office: Office
let phone: Phone
beforeEach(async () => {
  office = new Office()
  phone = await Phone.signedIn(office, 60_000)
})

async function serverIsKnown(): Promise<void> {
  const { x = '', y = '' } = await crypto.subtle.exportKey('jwk', (await crypto.subtle.generateKey({ name: 'ECDH', namedCurve: 'P-256' }, true, ['deriveBits'])).publicKey)
  await phone.store.write(['meta'], (transaction) => transaction.put('meta', { kid: 'k', x, y }, SEAL_KEY))
  await sealWhatIsNot(phone.store)
}
async function onDisk(): Promise<string> {
  const found: string[] = []
  await phone.store.raw([...STORES], 'readonly', async (transaction) => {
    for (const name of STORES) {
      const request = transaction.objectStore(name).getAll()
      await new Promise<void>((resolve) => (request.onsuccess = () => {
        found.push(JSON.stringify(request.result, (_name, member: unknown) => (member instanceof ArrayBuffer ? new TextDecoder().decode(member) : member)))
        resolve()
      }))
    }
  })
  return found.join('\n')
}
const sealed = () => phone.store.read(['sealed'], (transaction) => transaction.all<SealedItem>('sealed'))
const bring = () => bringSealed({ store: phone.store, send: phone.around.send, base: BASE, changed: () => undefined })

async function twentyVisits(): Promise<string[]> {
  const ids: string[] = []
  for (let number = 0; number < 20; number += 1) ids.push((await phone.record('fee_visit', picture(2_000, number), { contact: '林晓兰', phone: '13800001234', number }))._id)
  return ids
}

test('twenty of twenty records and their photos wait sealed, nobody can read one, and the next person brings them all', async () => {
  const ids = await twentyVisits()
  await deviceKey(phone.store, 'steward1', 'dev-1')
  await serverIsKnown()

  expect(await handOver(phone.store)).toBe(40)

  const disk = await onDisk()
  expect(CANARIES.filter((canary) => disk.includes(canary))).toEqual([])
  expect(await phone.outbox()).toEqual([])
  expect(await phone.photos()).toEqual([])
  for (const key of [SESSION_KEY, SIGNING_KEY]) expect(await phone.store.read(['meta'], (transaction) => transaction.get('meta', key))).toBeUndefined()
  expect(await phone.store.read(['photo_bytes'], (transaction) => transaction.all('photo_bytes'))).toEqual([])

  await phone.tokens.signIn('steward1', 'xunlu-demo', 'dev-2')
  expect(await bring()).toBe(40)
  expect([...office.sealed.keys()].sort()).toEqual([...ids].sort())
  expect(office.sealedPhotos.size).toBe(20)
  expect(await sealed()).toEqual([])
  expect(await phone.store.raw(['photo_bytes'], 'readonly', async (transaction) => new Promise((resolve) => {
    const request = transaction.objectStore('photo_bytes').count()
    request.onsuccess = () => resolve(request.result)
  }))).toBe(0)
})

test('what the server would not take stays with its reason, and the rest goes', async () => {
  const ids = [(await phone.record())._id, (await phone.record())._id]
  await serverIsKnown()
  await handOver(phone.store)
  await phone.tokens.signIn('steward1', 'xunlu-demo', 'dev-2')
  office.refusals.set(ids[0] as string, { code: 'cannot_open', reason: '打不开' })

  await bring()
  await bring()

  expect(await sealed()).toMatchObject([{ id: ids[0], problem: 'cannot_open', reason: '打不开' }])
  expect([...office.sealed.keys()]).toEqual([ids[1]])
})

test('a photo cut off on the way goes on where it stood, in another try', async () => {
  await phone.record('airing', picture(600_000))
  await serverIsKnown()
  await handOver(phone.store)
  await phone.tokens.signIn('steward1', 'xunlu-demo', 'dev-2')
  let pieces = 0
  office.fault = (call) => (call.path === '/api/sealed/photos' && (pieces += 1) === 2 ? Promise.reject(new TypeError('network')) : null)

  await expect(bring()).rejects.toThrow()
  await bring()

  expect(await sealed()).toEqual([])
  expect([...office.sealedPhotos.values()]).toEqual([600_016])
  expect(pieces).toBeLessThanOrEqual(4)
})

test('a form that was begun goes with its photos, and sealed work that is brought leaves what a form of the next person names', async () => {
  const put = (name: 'drafts' | 'photo_bytes', value: unknown, key: string) => phone.store.write([name], (transaction) => transaction.put(name, value, key))
  const { photos } = await phone.record('fee_visit', picture(2_000))
  const sha256 = photos[0]?.sha256 as string
  await put('photo_bytes', new ArrayBuffer(7), 'taken')
  await put('drafts', { values: {}, photos: [{ sha256: 'taken', bytes: 7 }], updatedAt: '' }, 'a form')
  await serverIsKnown()
  const keys = () => phone.store.raw(['photo_bytes'], 'readonly', async (transaction) => new Promise((resolve) => {
    const request = transaction.objectStore('photo_bytes').getAllKeys()
    request.onsuccess = () => resolve(request.result)
  }))

  await handOver(phone.store)
  expect(await keys()).toEqual([sha256])

  await phone.tokens.signIn('steward1', 'xunlu-demo', 'dev-2')
  await put('drafts', { values: {}, photos: [{ sha256, bytes: 2_000 }], updatedAt: '' }, 'the same picture')
  await bring()
  expect(await sealed()).toEqual([])
  expect(await keys()).toEqual([sha256])
})

test('before the server was ever asked for its key nothing is given up', async () => {
  await phone.record()
  const before = await onDisk()

  await expect(assertCanHandOver(phone.store)).rejects.toBeInstanceOf(CannotSeal)
  await expect(handOver(phone.store)).rejects.toBeInstanceOf(CannotSeal)

  expect(await onDisk()).toBe(before)
  expect((await phone.outbox()).map((item) => item.state)).toEqual(['saved'])
})

test('what the server has already is not sealed again', async () => {
  await phone.record()
  const [item] = await phone.outbox()
  await phone.store.write(['outbox'], (transaction) => transaction.put('outbox', { ...(item as KeptOutboxItem), state: 'held', code: 'x', reason: 'y' }))

  expect(await handOver(phone.store)).toBe(0)
})

test('somebody else who signs in seals the work of the one before; the same person goes on', async () => {
  const { _id: id } = await phone.record()
  await serverIsKnown()
  await phone.store.write(['meta'], async (transaction) => {
    const session = await transaction.get<{ me: object }>('meta', SESSION_KEY)
    await transaction.put('meta', { ...session, me: { ...session?.me, user: 'steward9' } }, SESSION_KEY)
  })

  await phone.tokens.signIn('steward1', 'xunlu-demo', 'dev-2')
  expect((await sealed()).map((item) => item.id)).toEqual([id])
  expect((await phone.me()).user).toBe('steward1')

  await phone.record()
  await phone.tokens.signIn('steward1', 'xunlu-demo', 'dev-2')
  expect(await phone.outbox()).toHaveLength(1)
})

test('a phone reported lost seals what waits and erases the rest at its next contact', async () => {
  const { _id: id } = await phone.record('fee_visit', picture(2_000), { contact: '林晓兰' })
  await serverIsKnown()
  office.validTokens.clear()
  office.fault = (call) => (call.path === '/api/session/refresh' ? Promise.resolve(response(call, problem(401, 'device_revoked'), office.epoch)) : null)

  await phone.sync()

  expect((await sealed()).map((item) => item.id).sort()).toEqual([id, expect.stringMatching(/^photo:/)])
  expect(await phone.tokens.session()).toBeUndefined()
  const disk = await onDisk()
  expect(CANARIES.filter((canary) => disk.includes(canary))).toEqual([])
})
