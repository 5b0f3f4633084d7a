/** One document that the server names and cannot give: all others arrive, it is told, and asked for again (F-24). */
import { beforeEach, expect, test, vi } from 'vitest'
import type { JsonObject } from '../../src/wire/types'
import { Office, response, type Call } from './office'
import { Phone } from './phone'

const BAD = 'unit:demo-bad'
let office: Office
let phone: Phone

beforeEach(async () => {
  vi.spyOn(console, 'error').mockImplementation(() => undefined)
  office = new Office()
  for (let number = 0; number < 99; number += 1) office.publish('area-a1', { _id: `unit:demo-${number}`, type: 'unit' })
  office.publish('area-a1', { _id: BAD, type: 'unit' })
  phone = await Phone.signedIn(office)
})

const here = async (): Promise<string[]> => {
  const [copy] = (await phone.store.read(['meta'], (transaction) => transaction.get<{ database: string; name: string }[]>('meta', 'replicas')))?.filter((one) => one.database === 'area-a1') ?? []
  return (await phone.replicas.open(copy?.name ?? '').all()).documents.map((document) => document['_id'] as string)
}
const asksFor = (call: Call, id: string): boolean => call.path.includes('_bulk_get') && String(call.body).includes(id)

/** The row of this document says that it could not be read. */
function unreadable(id: string): void {
  office.fault = (call, pass) => {
    if (!asksFor(call, id)) return null
    return pass().then((answer) => {
      const body = answer.body as { results: JsonObject[] }
      const results = body.results.map((row) => (row['id'] === id ? { id, docs: [{ error: { id, rev: 'undefined', error: 'internal_error', reason: 'unreadable' } }] } : row))
      return response(call, { ...answer, body: { results } }, office.epoch)
    })
  }
}

test('the others arrive in one round, and the page is told how many are lacking', async () => {
  unreadable(BAD)

  expect(await phone.sync()).toBeNull()

  expect(await here()).toHaveLength(99)
  expect(phone.report().unreadable).toBe(1)
})

test('it is asked for again, also by the next start of the app, until it can be read', async () => {
  unreadable(BAD)
  await phone.sync()
  await phone.sync()
  expect(phone.report().unreadable).toBe(1)

  office.fault = null
  expect(await phone.sync()).toBeNull()

  expect(await here()).toContain(BAD)
  expect(phone.report().unreadable).toBe(0)
  const asked = office.calls.length
  await phone.sync()
  expect(office.calls.slice(asked).filter((call) => call.endsWith('_bulk_get'))).toEqual([])
})

test('a later edit of it takes its place', async () => {
  unreadable(BAD)
  await phone.sync()
  office.fault = null
  office.publish('area-a1', { _id: BAD, type: 'unit', repaired: true }, 2)

  await phone.sync()

  expect(await here()).toContain(BAD)
  expect(phone.report().unreadable).toBe(0)
})
