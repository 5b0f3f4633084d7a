/** What is read stays on screen until something better is there, and photos are given back. */
import { describe, expect, test } from 'vitest'
import { Loader } from '../../src/desk/load.svelte'
import { Pages } from '../../src/desk/pages.svelte'
import { createPhotoCache } from '../../src/desk/photo-cache'
import { ApiProblem, localProblem, problemFrom, problemOf } from '../../src/desk/problems'
import type { Page } from '../../src/desk/types'
import { settled } from './people'

const desk = { failed: problemFrom }
const offline = () => Promise.reject(new ApiProblem(localProblem('offline')))

describe('one answer', () => {
  test('a failure keeps what was there and says why', async () => {
    const loader = new Loader<number>(desk)
    await loader.load(async () => 1)
    await loader.load(offline)

    expect([loader.data, loader.problem?.code, loader.loading]).toEqual([1, 'offline', false])
  })

  test('a late answer does not overtake a newer question', async () => {
    const loader = new Loader<string>(desk)
    let late = (_: string) => {}
    const first = loader.load(() => new Promise((resolve) => (late = resolve)))
    await loader.load(async () => 'new')
    late('old')
    await first

    expect(loader.data).toBe('new')
  })

  test('leaving the view stops the question', async () => {
    const loader = new Loader<string>(desk)
    let stopped = false
    void loader.load((signal) => new Promise((_, refuse) => signal.addEventListener('abort', () => refuse(new DOMException('left', 'AbortError')))).catch((thrown: unknown) => Promise.reject(thrown)) as Promise<string>)
    loader.stop()
    await settled()
    stopped = !loader.loading

    expect([stopped, loader.problem]).toEqual([true, null])
  })
})

describe('pages', () => {
  const page = (items: number[], next: string | null): Page<number> => ({ items, next_cursor: next, total: 4 })

  test('are put one after the other', async () => {
    const answers = [page([1, 2], 'c'), page([3, 4], null)]
    const pages = new Pages<number>(desk, String)
    await pages.start(async () => answers.shift() as Page<number>)
    await pages.more()

    expect([pages.items, pages.hasMore]).toEqual([[1, 2, 3, 4], false])
  })

  test('rows stay when the next page fails, and trying again asks for that page', async () => {
    const cursors: (string | undefined)[] = []
    let down = false
    const pages = new Pages<number>(desk, String)
    await pages.start(async (cursor) => {
      cursors.push(cursor)
      if (down) return offline()
      return cursor === undefined ? page([1, 2], 'c') : page([3, 4], null)
    })
    down = true
    await pages.more()
    expect([pages.items, pages.problem?.code]).toEqual([[1, 2], 'offline'])

    down = false
    await pages.again()
    expect([pages.items, cursors, pages.problem]).toEqual([[1, 2, 3, 4], [undefined, 'c', 'c'], null])
  })

  test('a row that moved between two pages is shown once', async () => {
    const answers = [page([1, 2], 'c'), page([2, 3], null)]
    const pages = new Pages<number>(desk, String)
    await pages.start(async () => answers.shift() as Page<number>)
    await pages.more()

    expect(pages.items).toEqual([1, 2, 3])
  })

  test('a row that is gone is no longer counted', async () => {
    const pages = new Pages<number>(desk, String)
    await pages.start(async () => page([1, 2], null))
    pages.change((items) => items.filter((item) => item !== 1))

    expect([pages.items, pages.page?.total]).toEqual([[2], 3])
  })
})

describe('photos', () => {
  function aCache(spare: number) {
    const live = new Set<string>()
    let made = 0
    const asked: string[] = []
    const cache = createPhotoCache({
      fetch: async (sha256, view) => {
        asked.push(`${view}:${sha256}`)
        if (sha256 === 'lost') throw new Error('no such photo')
        return new Blob([sha256])
      },
      createUrl: () => {
        made += 1
        live.add(`blob:${made}`)
        return `blob:${made}`
      },
      revokeUrl: (url) => void live.delete(url),
      spare,
    })
    return { cache, live, asked }
  }

  test('are fetched once however many show them', async () => {
    const { cache, asked } = aCache(0)
    const [one, other] = [cache.hold('p1', 'preview'), cache.hold('p1', 'preview')]

    expect(await one.url).toBe(await other.url)
    expect(asked).toEqual(['preview:p1'])
  })

  test('are given back when nobody shows them, and letting go twice does no harm', async () => {
    const { cache, live } = aCache(0)
    const [one, other] = [cache.hold('p1', 'preview'), cache.hold('p1', 'preview')]
    await one.url
    one.release()
    one.release()
    expect(live.size).toBe(1)
    other.release()

    expect(live.size).toBe(0)
  })

  test('the last few are kept for going back', async () => {
    const { cache, live, asked } = aCache(1)
    for (const sha256 of ['p1', 'p2']) {
      const photo = cache.hold(sha256, 'preview')
      await photo.url
      photo.release()
    }
    expect(live.size).toBe(1)
    await cache.hold('p2', 'preview').url

    expect(asked).toEqual(['preview:p1', 'preview:p2'])
  })

  test('one that was left before it arrived is given back when it does', async () => {
    const { cache, live } = aCache(0)
    const photo = cache.hold('p1', 'preview')
    photo.release()
    await photo.url

    expect(live.size).toBe(0)
  })

  test('one that failed is asked for again', async () => {
    const { cache, asked } = aCache(0)
    await expect(cache.hold('lost', 'preview').url).rejects.toThrow('no such photo')
    await expect(cache.hold('lost', 'preview').url).rejects.toThrow('no such photo')

    expect(asked).toHaveLength(2)
  })
})

describe('problems in words', () => {
  test.each([[400, 'bad_request'], [401, 'signed_out'], [403, 'forbidden'], [404, 'not_found'], [429, 'busy'], [500, 'server_error'], [503, 'busy']])('%d without a code reads as %s', (status, code) => {
    const problem = problemOf(status, {})

    expect(problem.code).toBe(code)
    for (const label of [problem.what, problem.safe, problem.next]) expect([label.zh, label.en].every((text) => text.length > 3)).toBe(true)
  })

  test('a code we do not know keeps the server’s reason; a fault of the server does not leak one', () => {
    expect(problemOf(422, { code: 'new_rule', reason: '日期不对' }).what.zh).toContain('日期不对')
    expect(problemOf(500, { reason: 'Traceback …' }).what.zh).not.toContain('Traceback')
  })

  test('a fault of our own is said as one', () => {
    expect(problemFrom(new TypeError('x is undefined'))).toMatchObject({ code: 'page_fault', canRetry: true })
  })
})
