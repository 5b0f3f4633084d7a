/** A record's way from this phone to the office and back: what may leave, when, and what is shown. */
import { beforeEach, expect, test } from 'vitest'
import { SESSION_KEY, type KeptReceipt, type KeptSession } from '../../src/store/kept'
import { keptReplicas, Reader } from '../../src/sync/reader'
import { NoNetwork, SignInAgain } from '../../src/sync/failures'
import type { FromWorker } from '../../src/store/port'
import { Office, problem, response } from './office'
import { Phone, picture, sameBytes } from './phone'

let office: Office
let phone: Phone

beforeEach(async () => {
  office = new Office()
  office.publish('area-a1', { _id: 'unit:demo-3-1-502', type: 'unit' })
  phone = await Phone.signedIn(office)
})

test('a record leaves the outbox when the office has it and it has come back', async () => {
  const fact = await phone.record('decoration_patrol', picture(600_000))

  expect(await phone.sync()).toBeNull()

  expect(await phone.outbox()).toEqual([])
  expect((await phone.receipts()).map((receipt) => receipt.document._id)).toEqual([fact._id])
  expect((await phone.photos()).map((photo) => [photo.state, photo.sent])).toEqual([['received', 600_000]])
  expect(sameBytes(office.photos.get(fact.photos[0]?.sha256 ?? ''), picture(600_000))).toBe(true)
})

test('without a receipt an item stays, however often it was sent', async () => {
  await phone.record()
  office.fault = (call) => (call.path === '/api/receipts' ? Promise.resolve(response(call, problem(503, 'not_caught_up'), office.epoch)) : null)

  await phone.sync()
  await phone.sync()

  expect((await phone.outbox()).map((item) => item.state)).toEqual(['sent'])
})

test('a refused record stays with its reason and goes when the office releases it', async () => {
  const fact = await phone.record()
  office.refusals.set(fact._id, { code: 'area_mismatch', reason: '不在您的片区' })
  await phone.sync()
  expect((await phone.outbox()).map(({ state, code, reason }) => ({ state, code, reason }))).toEqual([{ state: 'held', code: 'area_mismatch', reason: '不在您的片区' }])
  expect(office.reports.at(-1)).toMatchObject({ refused: 1, pending: 0 })

  const { _rev: _r, ...rest } = { ...office.setAside.get(fact._id) }
  office.refusals.clear()
  office.setAside.clear()
  office.databases.get('area-a1')?.set(fact._id, { document: { ...rest, _rev: (await phone.outbox())[0]?.rev ?? '' }, seq: 99 })
  phone.clock += 400_000
  await phone.sync()

  expect(await phone.outbox()).toEqual([])
})

test('a record confirmed but not yet come back is asked about once, also when everything is compared', async () => {
  await phone.record()
  await phone.sync()
  const [receipt] = await phone.receipts()
  const elsewhere = { ...(receipt as KeptReceipt), document: { ...(receipt as KeptReceipt).document, _id: 'decoration_patrol:not-here' } }
  await phone.store.write(['outbox', 'receipts'], async (transaction) => {
    await transaction.put('receipts', elsewhere)
    await transaction.put('outbox', { ...elsewhere, savedAt: elsewhere.receivedAt, state: 'received', tries: 0 })
  })

  phone.clock += 25 * 3_600_000

  expect(await phone.sync()).toBeNull()
})

test('one record that the office cannot take holds up no other', async () => {
  const bad = await phone.record('decoration_patrol', undefined, { text: 'bad' })
  for (let count = 0; count < 99; count += 1) await phone.record()
  office.fault = (call) =>
    call.path.endsWith('/_bulk_docs') && String(call.body).includes(bad._id) ? Promise.resolve(response(call, problem(400, 'bad_document'), office.epoch)) : null

  await phone.sync()

  expect((await phone.outbox()).map((item) => [item.document._id, item.state, item.code])).toEqual([[bad._id, 'held', 'bad_document']])
})

test('a restored office is given again what it lost, photos too', async () => {
  const fact = await phone.record('decoration_patrol', picture(1000))
  await phone.sync()
  const sha256 = fact.photos[0]?.sha256 ?? ''

  office.restore([fact._id, sha256])
  await phone.sync() // Notices the other epoch.
  await phone.sync()
  await phone.sync()

  expect(office.has(fact._id)).toBe(true)
  expect(office.photos.has(sha256)).toBe(true)
  expect(await phone.outbox()).toEqual([])
})

test('after a restore the copies are filled anew beside the old ones, then take their place', async () => {
  await phone.sync()
  const before = await keptReplicas(phone.store)

  office.restore([])
  await phone.sync()
  await phone.sync()

  const after = await keptReplicas(phone.store)
  expect(after.map((copy) => copy.database).sort()).toEqual(before.map((copy) => copy.database).sort())
  expect(after.every((copy) => copy.epoch === 'epoch-2' && copy.current)).toBe(true)
})

test('an expired token is renewed once and the round goes on', async () => {
  await phone.record()
  office.validTokens.clear()

  expect(await phone.sync()).toBeNull()

  expect(office.calls.filter((call) => call === 'POST /api/session/refresh')).toHaveLength(1)
  expect(await phone.outbox()).toEqual([])
})

test('when no token can be had the session waits for a password and nothing is lost', async () => {
  await phone.record()
  office.validTokens.clear()
  office.fault = (call) => (call.path === '/api/session/refresh' ? Promise.resolve(response(call, problem(401, 'sign_in_again'), office.epoch)) : null)

  expect(await phone.sync()).toBeInstanceOf(SignInAgain)

  expect((await phone.tokens.session())?.state).toBe('expired')
  expect((await phone.outbox()).map((item) => item.state)).toEqual(['saved'])
  office.fault = null
  expect(await phone.tokens.signIn('steward1', 'xunlu-demo', 'dev-1')).toMatchObject({ ok: true })
  expect(await phone.sync()).toBeNull()
  expect(await phone.outbox()).toEqual([])
})

test('a portal page is no network', async () => {
  await phone.record()
  office.fault = () => Promise.resolve(new Response('<html>欢迎使用无线网络</html>', { headers: { 'Content-Type': 'text/html' } }))

  const error = await phone.sync()

  expect(error).toBeInstanceOf(NoNetwork)
  expect((error as NoNetwork).why).toBe('not_our_server')
  expect((await phone.outbox()).map((item) => item.state)).toEqual(['saved'])
})

test('a database no longer listed leaves the phone, but not before its records are sent', async () => {
  await phone.sync()
  await phone.record()
  office.listed.splice(0, 1)
  office.databases.set('area-a2', new Map())
  office.listed.push('area-a2')
  office.fault = (call) => (call.path.includes('_bulk_docs') ? Promise.resolve(response(call, problem(503, 'busy'), office.epoch)) : null)
  phone.round.forgetMe()
  await phone.sync()
  expect((await keptReplicas(phone.store)).map((copy) => copy.database)).toContain('area-a1')

  office.fault = null
  await phone.sync()
  await phone.sync()

  expect((await keptReplicas(phone.store)).map((copy) => copy.database).sort()).toEqual(['area-a2', 'project-demo', 'user-steward1'])
})

test('a page is shown everything once, then what changed', async () => {
  await phone.sync()
  const shown: FromWorker[] = []
  const reader = new Reader(phone.store, phone.replicas, (message) => shown.push(message))
  await reader.refresh()
  expect(shown.find((message) => message.database === 'area-a1')).toMatchObject({ kind: 'documents', reset: true, documents: [{ _id: 'unit:demo-3-1-502' }] })

  shown.length = 0
  office.publish('area-a1', { _id: 'unit:demo-3-1-503', type: 'unit' })
  await phone.sync()
  await reader.refresh('area-a1')

  expect(shown).toMatchObject([{ kind: 'documents', database: 'area-a1', reset: false, documents: [{ _id: 'unit:demo-3-1-503' }] }])
})

test('signing out forgets every copy', async () => {
  await phone.sync()
  const shown: FromWorker[] = []
  const reader = new Reader(phone.store, phone.replicas, (message) => shown.push(message))
  await reader.refresh()
  shown.length = 0

  await phone.store.write(['meta'], (transaction) => transaction.remove('meta', SESSION_KEY))
  await phone.sync()
  await reader.refresh()

  expect(shown.map((message) => message.kind)).toEqual(['forget_database', 'forget_database', 'forget_database'])
  expect(phone.report().firstSync.done).toBe(false)
})

test('the office hears how much waits here', async () => {
  await phone.sync()
  await phone.record()
  await phone.sync()

  expect(office.reports.at(-1)).toMatchObject({ device: 'dev-1', app_version: 'test', pending: 0, pending_photos: 0, oldest_pending_at: null, refused: 0 })
})

test('what another user of this phone left is not sent under this name', async () => {
  await phone.record()
  const session = (await phone.tokens.session()) as KeptSession
  await phone.store.write(['meta'], (transaction) => transaction.put('meta', { ...session, me: { ...session.me, user: 'steward2' } }, SESSION_KEY))

  await phone.sync()

  expect(office.calls.some((call) => call.includes('_bulk_docs'))).toBe(false)
})
