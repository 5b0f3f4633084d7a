/** While no page is open the service worker brings what waits to the office; a page that opens gets the lead at once (docs/faults.md).
 *
 * Not for: being woken, and the real locks and channels of a browser (tests/e2e/test_background_sync.py).
 */
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { BusMessage } from '../../src/store/bus'
import { SEAL_KEY, SESSION_KEY, type KeptSession } from '../../src/store/kept'
import { LocalStore } from '../../src/store/local'
import { sendWithoutPage, type Background } from '../../src/sync/background-send'
import { Leader, LEADER_LOCK } from '../../src/sync/leader'
import { Reporter } from '../../src/sync/report'
import { Round } from '../../src/sync/round'
import { setPin, unlock } from '../../src/vault/pin'
import { Office, problem, response, type Call } from './office'
import { BASE, channel, Phone, picture, sameBytes } from './phone'

const ROUNDS_OF_PIN = 1_000
const PIN = '280461'
let office: Office
let phone: Phone
let shared: ReturnType<typeof channel>

beforeEach(async () => {
  office = new Office()
  office.publish('area-a1', { _id: 'unit:demo-3-1-502', type: 'unit' })
  phone = await Phone.signedIn(office)
  shared = channel()
})

afterEach(() => void vi.useRealTimers())

/** The service worker of this phone: a memory of its own over the same disk, channel and locks. */
const worker = (store = new LocalStore(`xunlu-${phone.name}`)): Background => ({ store, bus: shared(), locks: phone.around.locks, fetch: office.fetch, now: phone.now, base: BASE, appVersion: 'test' })

/** A page's worker that opens now. `asks`: whether it asks for the lead, as the shipped one does. */
function pageOpens({ asks = true } = {}): { leader: Leader; leads: Promise<void>; led: Promise<void> } {
  const bus = shared()
  const around = { ...phone.around, bus: asks ? bus : { ...bus, tell: (message: BusMessage) => message.kind === 'lead_wanted' || bus.tell(message) } }
  const reporter = new Reporter(around.bus)
  const round = new Round(around, reporter)
  let begins!: () => void
  const leads = new Promise<void>((resolve) => (begins = resolve))
  const run = round.run.bind(round)
  round.run = () => (begins(), run())
  const leader = new Leader(around, reporter, round)
  return { leader, leads, led: leader.lead() }
}

const states = async (): Promise<string[]> => (await phone.outbox()).map((item) => item.state)
const isFree = (): Promise<boolean> => phone.around.locks.request(LEADER_LOCK, { ifAvailable: true }, async (lock) => lock !== null)

test('records and photos arrive without a page, are received here, and stay until a page has them back', async () => {
  const bytes = picture(600_000)
  const fact = await phone.record('decoration_patrol', bytes)
  await phone.record('airing')

  expect(await sendWithoutPage(worker())).toBe(false)

  expect(office.has(fact._id)).toBe(true)
  expect(sameBytes(office.photos.get(fact.photos[0]?.sha256 ?? ''), bytes)).toBe(true)
  expect(await states()).toEqual(['received', 'received'])
  expect((await phone.photos()).map((photo) => photo.state)).toEqual(['received'])
  expect(office.reports.at(-1)).toMatchObject({ pending: 0, pending_photos: 0 })
  expect(office.calls.some((call) => call.includes('_changes') || call.includes('_bulk_get'))).toBe(false)
  expect(await phone.sync()).toBeNull()
  expect(await phone.outbox()).toEqual([])
})

test('while a page has the lead it is only nudged, nothing is opened, and the browser asks again later', async () => {
  await phone.record()
  const heard: BusMessage[] = []
  shared().hear((message) => void heard.push(message))
  let close!: () => void
  const page = phone.around.locks.request(LEADER_LOCK, () => new Promise<void>((resolve) => (close = resolve)))
  const locked = new Proxy(new LocalStore('unused'), { get: () => { throw new Error('opened') } })

  const before = office.calls.length
  expect(await sendWithoutPage(worker(locked))).toBe(true)

  expect(heard).toEqual([{ kind: 'nudge', reason: 'background_sync' }])
  expect(office.calls.length).toBe(before)
  close()
  await page
})

test('under a PIN nothing is asked, opened or changed; once it was given in a page, that page sends', async () => {
  await phone.record()
  const { x = '', y = '' } = await crypto.subtle.exportKey('jwk', (await crypto.subtle.generateKey({ name: 'ECDH', namedCurve: 'P-256' }, true, ['deriveBits'])).publicKey)
  await phone.store.write(['meta'], (transaction) => transaction.put('meta', { kid: 'k', x, y }, SEAL_KEY))
  await setPin(phone.store, PIN, ROUNDS_OF_PIN)
  const before = office.calls.length

  expect(await sendWithoutPage(worker())).toBe(false)

  expect(office.calls.length).toBe(before)
  expect(await isFree()).toBe(true)
  expect(await unlock(phone.store, PIN, phone.clock)).toEqual({ ok: true })
  expect(await states()).toEqual(['saved'])
  expect(await phone.sync()).toBeNull()
  expect(await phone.outbox()).toEqual([])
})

test('without a session, or with one that is over, nothing is sent and the browser need not ask again', async () => {
  await phone.record()
  const session = (await phone.tokens.session()) as KeptSession
  await phone.store.write(['meta'], (transaction) => transaction.put('meta', { ...session, state: 'expired', accessToken: null, refreshToken: null }, SESSION_KEY))
  expect(await sendWithoutPage(worker())).toBe(false)
  await phone.store.write(['meta'], (transaction) => transaction.remove('meta', SESSION_KEY))
  expect(await sendWithoutPage(worker())).toBe(false)

  expect(office.calls.some((call) => call.includes('_bulk_docs'))).toBe(false)
  expect(await states()).toEqual(['saved'])
})

test('what could not be brought is asked for again later: no line, a busy server, a photo that failed', async () => {
  await phone.record('decoration_patrol', picture(1_000))
  const faults: ((call: Call) => Promise<Response> | null)[] = [
    () => Promise.reject(new TypeError('network')),
    (call) => (call.path === '/api/receipts' ? Promise.resolve(response(call, problem(503, 'busy'), office.epoch)) : null),
    (call) => (call.path.startsWith('/media') ? Promise.resolve(response(call, problem(400, 'no'), office.epoch)) : null),
  ]
  for (const fault of faults) {
    office.fault = fault
    expect(await sendWithoutPage(worker())).toBe(true)
    expect(await isFree()).toBe(true)
  }
  office.fault = null

  expect(await sendWithoutPage(worker())).toBe(false)
  expect(await states()).toEqual(['received'])
})

test('a refused record is no reason to be woken again', async () => {
  const fact = await phone.record()
  office.refusals.set(fact._id, { code: 'area_mismatch', reason: '不在您的片区' })

  expect(await sendWithoutPage(worker())).toBe(false)

  expect(await states()).toEqual(['held'])
})

test('a page that opens while the line is silent leads at once; one that did not ask would wait', async () => {
  await phone.record()
  for (const asks of [false, true]) {
    let isAsked!: () => void
    const asked = new Promise<void>((resolve) => (isAsked = resolve))
    let isSilent = true
    office.fault = (call) => {
      if (!isSilent) return null
      isAsked()
      return new Promise((_resolve, reject) => call.signal?.addEventListener('abort', () => reject(new DOMException('', 'AbortError')))) // No answer ever.
    }
    const sending = sendWithoutPage(worker())
    await asked
    const page = pageOpens({ asks })
    if (!asks) {
      const turns = new Promise<string>((resolve) => setTimeout(() => resolve('waits'), 50))
      expect(await Promise.race([page.leads.then(() => 'leads'), turns])).toBe('waits')
      shared().tell({ kind: 'lead_wanted' })
    }
    expect(await sending).toBe(true)
    isSilent = false
    await page.leads
    page.leader.stop()
    await page.led
  }
})

test('a step that hangs keeps a page waiting for a second at most, and the browser for two minutes', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  const hanging = new Proxy(new LocalStore('unused'), { get: () => () => new Promise(() => undefined) })
  for (const [asks, afterMs] of [[true, 1_000], [false, 121_000]] as const) {
    let isOver = false
    const sending = sendWithoutPage(worker(hanging)).finally(() => (isOver = true))
    await vi.advanceTimersByTimeAsync(0)
    if (asks) shared().tell({ kind: 'lead_wanted' })

    await vi.advanceTimersByTimeAsync(afterMs - 1)
    expect([isOver, await isFree()]).toEqual([false, false])
    await vi.advanceTimersByTimeAsync(1)

    expect(await sending).toBe(true)
    expect(await isFree()).toBe(true)
  }
})

test('a page that was already waiting when nobody listened yet asks again', async () => {
  await phone.record()
  const bus = shared()
  const leader = new Leader({ ...phone.around, bus }, phone.reporter, phone.round)
  const heard: BusMessage[] = []
  const other = shared()
  other.hear((message) => void heard.push(message))
  let release!: () => void
  const isHeld = new Promise<void>((held) => {
    void phone.around.locks.request(LEADER_LOCK, () => (held(), new Promise<void>((resolve) => (release = resolve))))
  })
  await isHeld
  const led = leader.lead()
  heard.length = 0

  other.tell({ kind: 'sends_without_page' })

  expect(heard).toEqual([{ kind: 'lead_wanted' }])
  leader.stop()
  release()
  await led
})

test('whichever call a page interrupts by opening, everything arrives once and nothing is forgotten', async () => {
  let interrupted = 0
  for (let at = 1; ; at += 1) {
    const bytes = picture(600_000, at)
    const facts = [await phone.record('decoration_patrol', bytes), await phone.record('airing')]
    let calls = 0
    let page: ReturnType<typeof pageOpens> | null = null
    office.fault = (call, pass) => {
      calls += 1
      if (calls !== at) return null
      // The answer of what was done is lost with the round.
      return pass().then((answer) => ((page = pageOpens()), response(call, answer, office.epoch)))
    }
    const again = await sendWithoutPage(worker())
    office.fault = null
    if (page === null) {
      expect(again).toBe(false)
      break
    }
    interrupted += 1
    const opened: ReturnType<typeof pageOpens> = page
    await opened.leads
    opened.leader.stop()
    await opened.led
    phone.clock += 310_000
    expect(await phone.sync()).toBeNull()

    expect(await phone.outbox()).toEqual([])
    for (const fact of facts) expect(office.has(fact._id)).toBe(true)
    expect(sameBytes(office.photos.get(facts[0]?.photos[0]?.sha256 ?? ''), bytes)).toBe(true)
  }
  expect(interrupted).toBeGreaterThanOrEqual(8)
  const documents = [...(office.databases.get('area-a1')?.values() ?? [])].map(({ document }) => document['_rev'])
  expect(documents).toHaveLength(1 + 2 * (interrupted + 1))
})
