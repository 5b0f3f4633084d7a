/** A row error that is no refusal: the others go on in the same round, and the one is tried seldom (F-12). */
import { expect, test, vi } from 'vitest'
import type { Json, JsonObject } from '../../src/wire/types'
import { describe as stateOf } from '../../src/store/sync-state'
import { Office, response } from './office'
import { Phone } from './phone'

const MINUTE = 60_000

test('99 of 99 others arrive in one round; the failing one is tried at most five times in any ten minutes, and never called received', { timeout: 60_000 }, async () => {
  vi.spyOn(console, 'error').mockImplementation(() => undefined)
  const office = new Office()
  const phone = await Phone.signedIn(office)
  const bad = await phone.record('decoration_patrol', undefined, { text: 'bad' })
  const others = []
  for (let count = 0; count < 99; count += 1) others.push(await phone.record())
  const tries: number[] = []
  office.fault = (call, pass) => {
    if (!call.path.endsWith('_bulk_docs') || !String(call.body).includes(bad._id)) return null
    tries.push(phone.clock)
    return pass().then((answer) => {
      // The server could not store it: it has no such document.
      office.databases.get('area-a1')?.delete(bad._id)
      const rows = (answer.body as JsonObject[]).map((row): Json => (row['id'] === bad._id ? { id: bad._id, error: 'internal_error', reason: 'a bug' } : row))
      return response(call, { ...answer, body: rows }, office.epoch)
    })
  }

  await phone.round.run()

  expect(others.filter((fact) => office.has(fact._id))).toHaveLength(99)
  // As the leader does while something is unfinished, and then as often as somebody saves.
  for (const at = phone.clock; phone.clock < at + 12 * MINUTE; phone.clock += phone.clock < at + 2 * MINUTE ? 20_000 : 60_000) {
    await phone.round.run()
    const photos = (await phone.photos()).map(({ state, sent, bytes }) => ({ state, sent, bytes }))
    expect(stateOf(await phone.outbox(), photos, 0, { ...phone.report(), reachable: true, checked: true, phase: 'idle' }, true).allReceived).toBe(false)
  }
  const mostInTenMinutes = Math.max(...tries.map((from) => tries.filter((at) => at >= from && at < from + 10 * MINUTE).length))
  expect(mostInTenMinutes).toBeLessThanOrEqual(5)
  expect(tries.length).toBeGreaterThanOrEqual(4)

  office.fault = null
  phone.clock += 5 * MINUTE
  await phone.round.run()
  expect(office.has(bad._id)).toBe(true)
  expect(await phone.outbox()).toEqual([])
})
