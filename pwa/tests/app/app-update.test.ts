/** A newer version is offered when nothing is unsent and nobody is typing. Source: issue "The steward's phone", promises S-27. */
import { get } from 'svelte/store'
import { afterEach, expect, test, vi } from 'vitest'

const typed = new EventTarget()

/** The module anew, as a page has it, with one field that can have the focus. */
async function page(unsent: boolean): Promise<{ update: typeof import('../../src/store/app-update'); focus(element: unknown): void; sent(): void }> {
  vi.resetModules()
  const { writable } = await import('svelte/store')
  const canSignOut = writable(!unsent)
  vi.doMock('../../src/store/session', () => ({ canSignOut, session: writable({ me: {} }) }))
  const document = { activeElement: null as unknown }
  vi.stubGlobal('document', document)
  vi.stubGlobal('addEventListener', typed.addEventListener.bind(typed))
  vi.stubGlobal('removeEventListener', typed.removeEventListener.bind(typed))
  const update = await import('../../src/store/app-update')
  return {
    update,
    sent: () => canSignOut.set(true),
    focus(element) {
      document.activeElement = element
      typed.dispatchEvent(new Event('focusin'))
    },
  }
}
const field = { matches: () => true }

afterEach(() => {
  vi.unstubAllGlobals()
  vi.doUnmock('../../src/store/session')
})

test('it waits until what this phone holds has been sent', async () => {
  const { update, sent } = await page(true)
  const apply = (): void => undefined
  update.offerUpdate(apply)
  expect(get(update.updateReady)).toBeNull()
  sent()
  expect(get(update.updateReady)).toBe(apply)
})

test('it is not offered to somebody who types', async () => {
  const { update, focus } = await page(false)
  const stop = update.updateReady.subscribe(() => undefined)
  update.offerUpdate(() => undefined)
  focus(field)
  expect(get(update.updateReady)).toBeNull()
  focus(null)
  expect(get(update.updateReady)).not.toBeNull()
  stop()
})

test('a tab in which somebody types is loaded anew when they stop, once', async () => {
  const { update, focus } = await page(false)
  const reload = vi.fn()
  focus(field)
  update.whenNobodyTypes(reload)
  expect(reload).not.toHaveBeenCalled()
  focus(null)
  focus(field)
  focus(null)
  expect(reload).toHaveBeenCalledTimes(1)
})
