/** A pull of several batches: the next is fetched while one is written, and a line that breaks costs only what was under way. */
import { beforeEach, expect, test } from 'vitest'
import { NoNetwork } from '../../src/sync/failures'
import { BATCH, pullDatabase, type Pull } from '../../src/sync/pull'
import { Office } from './office'
import { BASE, Phone } from './phone'

const DOCUMENTS = 2 * BATCH + 7
let office: Office
let pull: Pull

beforeEach(async () => {
  office = new Office()
  for (let number = 0; number < DOCUMENTS; number += 1) office.publish('area-a1', { _id: `unit:demo-${String(number).padStart(5, '0')}`, type: 'unit' })
  const phone = await Phone.signedIn(office)
  pull = { send: phone.around.send, base: BASE, database: 'area-a1', replica: phone.replicas.open('area'), epoch: office.epoch }
})

const asked = (what: string): number => office.calls.filter((call) => call.endsWith(what)).length
const here = async (): Promise<number> => (await pull.replica.all()).documents.length

test('everything arrives once, and the mark says so', async () => {
  expect(await pullDatabase(pull)).toEqual({ received: DOCUMENTS, unreadable: [] })

  expect(await here()).toBe(DOCUMENTS)
  expect(await pull.replica.mark()).toMatchObject({ complete: true })
  expect([asked('/_changes'), asked('/_bulk_get')]).toEqual([3, 3])
})

test.each(['/_changes', '/_bulk_get'])('what came whole before the line broke at %s is kept, and not fetched again', async (where) => {
  let passed = 0
  office.fault = (call) => (call.path.includes(where) && (passed += 1) > 2 ? Promise.reject(new TypeError('network')) : null)

  await expect(pullDatabase(pull)).rejects.toBeInstanceOf(NoNetwork)

  expect(await here()).toBe(2 * BATCH)
  expect(await pull.replica.mark()).toMatchObject({ complete: false })
  office.fault = null
  expect(await pullDatabase(pull)).toEqual({ received: 7, unreadable: [] })
  expect(await here()).toBe(DOCUMENTS)
})

test('a batch that could not be written leaves the mark before it, whatever was fetched ahead', async () => {
  const store = pull.replica.store.bind(pull.replica)
  let writes = 0
  pull.replica.store = (documents) => ((writes += 1) === 2 ? Promise.reject(new Error('full')) : store(documents))

  await expect(pullDatabase(pull)).rejects.toThrow('full')

  expect(await here()).toBe(BATCH)
  expect(await pullDatabase(pull)).toEqual({ received: DOCUMENTS - BATCH, unreadable: [] })
})
