/** A photo arrives whole, whatever happens on the way, and no piece travels twice without need. */
import { beforeEach, expect, test } from 'vitest'
import { sha256Hex } from '../../src/wire/hash'
import { guardedFetch, type Send } from '../../src/sync/guarded-fetch'
import { NoNetwork, WrongAnswer } from '../../src/sync/failures'
import { CHUNK_BYTES, uploadPhoto } from '../../src/sync/tus'
import { withToken } from '../../src/sync/tokens'
import { Office, problem, response } from './office'
import { BASE, Phone, picture, sameBytes } from './phone'

const bytes = picture(CHUNK_BYTES * 3 + 17)
let office: Office
let send: Send
let steps: [string, number][]
const progress = async (url: string, sent: number): Promise<void> => void steps.push([url, sent])
const upload = async (url: string | null = null) => ({ url, sha256: await sha256Hex(bytes), mime: 'image/jpeg', bytes: bytes.buffer })
const patches = () => office.calls.filter((call) => call.startsWith('PATCH')).length

beforeEach(() => {
  office = new Office()
  steps = []
  send = withToken(guardedFetch({ fetch: office.fetch, now: () => new Date(), idleMs: 500 }), 'access-0')
})

test('a photo goes in pieces of 256 KiB', async () => {
  await uploadPhoto(send, BASE, await upload(), progress)

  expect(sameBytes(office.photos.get(await sha256Hex(bytes)), bytes)).toBe(true)
  expect(steps.map(([, sent]) => sent)).toEqual([0, CHUNK_BYTES, CHUNK_BYTES * 2, CHUNK_BYTES * 3, bytes.length])
})

test('after a cut it goes on where the server stands', async () => {
  let count = 0
  office.fault = (call, pass) => (call.method === 'PATCH' && (count += 1) === 2 ? pass().then(() => Promise.reject(new TypeError('network'))) : null)
  await expect(uploadPhoto(send, BASE, await upload(), progress)).rejects.toBeInstanceOf(NoNetwork)
  const before = patches()

  await uploadPhoto(send, BASE, await upload(steps[0]?.[0] ?? null), progress)

  expect(sameBytes(office.photos.get(await sha256Hex(bytes)), bytes)).toBe(true)
  expect(patches() - before).toBe(2)
})

test('an upload of which only the last answer was lost counts as sent', async () => {
  await uploadPhoto(send, BASE, await upload(), progress)
  const [url] = steps[0] as [string, number]
  const before = patches()
  steps = []

  await uploadPhoto(send, BASE, await upload(url), progress)

  expect(steps).toEqual([[url, bytes.length]])
  expect(patches()).toBe(before)
})

test('an upload the server forgot begins anew', async () => {
  await uploadPhoto(send, BASE, await upload(`${BASE}/media/uploads/gone`), progress)
  expect(sameBytes(office.photos.get(await sha256Hex(bytes)), bytes)).toBe(true)
})

test('a piece hurt on the way is sent again, three times at most', async () => {
  let hurt = 1
  office.fault = (call) => (call.method === 'PATCH' && hurt-- > 0 ? Promise.resolve(response(call, problem(460, 'checksum'), office.epoch)) : null)
  await uploadPhoto(send, BASE, await upload(), progress)
  expect(sameBytes(office.photos.get(await sha256Hex(bytes)), bytes)).toBe(true)

  hurt = 99
  await expect(uploadPhoto(send, BASE, await upload(), progress)).rejects.toBeInstanceOf(NoNetwork)
})

test('an offset that cannot be is not believed', async () => {
  office.fault = (call) => (call.method === 'PATCH' ? Promise.resolve(response(call, { status: 204, body: null, headers: { 'Upload-Offset': String(bytes.length) } }, office.epoch)) : null)
  await expect(uploadPhoto(send, BASE, await upload(), progress)).rejects.toBeInstanceOf(WrongAnswer)
})

test('an address on another server never gets a token', async () => {
  office.fault = (call) => (call.method === 'POST' ? Promise.resolve(response(call, { status: 201, body: null, headers: { Location: 'https://elsewhere.test/u1' } }, office.epoch)) : null)
  await expect(uploadPhoto(send, BASE, await upload(), progress)).rejects.toBeInstanceOf(WrongAnswer)
  expect(patches()).toBe(0)
})

test('a photo whose bytes were damaged on this phone is named, and its record still goes', async () => {
  const phone = await Phone.signedIn(office)
  const fact = await phone.record('decoration_patrol', picture(1000))
  await phone.store.write(['photo_bytes'], (transaction) => transaction.put('photo_bytes', picture(999).buffer, fact.photos[0]?.sha256))

  await phone.sync()

  expect(office.has(fact._id)).toBe(true)
  expect((await phone.photos()).map((photo) => photo.problem)).toEqual(['unreadable'])
})
