/** The browser is asked to wake the app as soon as something waits, and again when the page goes out of sight while it still does. */
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { askForBackgroundSync } from '../../src/store/background'
import { openBus } from '../../src/store/bus'
import { DEVICE_KEY, SESSION_KEY, type KeptOutboxItem } from '../../src/store/kept'
import { local } from '../../src/store/local'
import { loadOutbox, saveRecord } from '../../src/store/outbox'
import { loadSession } from '../../src/store/session'

const anotherTab = openBus()
const signedIn = { me: { user: 'steward1', display_name: '', roles: ['steward'], projects: [{ id: 'demo', name: '', time_zone: 'Asia/Shanghai' }], areas: [], databases: [], epoch: 'e', now: '' }, device: 'dev-1', state: 'open', accessToken: 'a', accessExpiresAt: 0, refreshToken: 'r' }
const page = Object.assign(new EventTarget(), { visibilityState: 'visible' })

beforeAll(async () => {
  vi.stubGlobal('document', page)
  vi.stubGlobal('requestAnimationFrame', (work: () => void) => setTimeout(work))
  await local.write(['meta'], async (transaction) => {
    await transaction.put('meta', signedIn, SESSION_KEY)
    await transaction.put('meta', 'dev-1', DEVICE_KEY)
  })
  await Promise.all([loadSession(), loadOutbox()])
})
afterAll(() => {
  anotherTab.close()
  vi.unstubAllGlobals()
})

const save = () => saveRecord({ type: 'airing', subject: 'unit:1', area: 'a1', body: {}, photos: [] })
function becomes(state: 'hidden' | 'visible'): void {
  page.visibilityState = state
  page.dispatchEvent(new Event('visibilitychange'))
}

test('once when something begins to wait, again out of sight, and not when all of it was received or refused', async () => {
  const register = vi.fn(() => Promise.resolve())
  askForBackgroundSync(register)
  becomes('hidden')
  expect(register).not.toHaveBeenCalled()

  becomes('visible')
  await save()
  await save()
  expect(register).toHaveBeenCalledTimes(1)
  becomes('hidden')
  expect(register).toHaveBeenCalledTimes(2)

  becomes('visible')
  await local.write(['outbox'], async (transaction) => {
    const [one, other] = await transaction.all<KeptOutboxItem>('outbox')
    await transaction.put('outbox', { ...(one as KeptOutboxItem), state: 'received' })
    await transaction.put('outbox', { ...(other as KeptOutboxItem), state: 'held', code: 'x', reason: 'y' })
  })
  anotherTab.tell({ kind: 'outbox_changed' })
  await vi.waitFor(() => {
    const before = register.mock.calls.length
    becomes('hidden')
    expect(register.mock.calls.length).toBe(before)
  })
})
