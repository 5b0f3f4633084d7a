/** How the desk asks: with a token, once more with a newer one, and never believing a stranger's answer. */
import { describe, expect, test } from 'vitest'
import { createApi, everyPage, filenameOf, queryString } from '../../src/desk/api'
import { ApiProblem } from '../../src/desk/problems'
import { aServer, NOW } from './people'

function desk(server: ReturnType<typeof aServer>, tokens: (string | null)[] = ['t1']) {
  const refused: (string | undefined)[] = []
  const api = createApi({
    fetch: server.fetch,
    accessToken: async (old) => {
      refused.push(old)
      return tokens.length > 1 ? (tokens.shift() ?? null) : (tokens[0] ?? null)
    },
    now: () => NOW,
    nonce: () => 'n1',
  })
  return { api, refused }
}

async function problemOf(asking: Promise<unknown>): Promise<string> {
  try {
    await asking
  } catch (thrown) {
    if (thrown instanceof ApiProblem) return thrown.problem.code
    throw thrown
  }
  return 'none'
}

describe('asking the server', () => {
  test('names the token, the nonce and the filters that are set', async () => {
    const server = aServer({ body: { items: [], next_cursor: null, total: 0 } })

    await desk(server).api.register('violation', { area: 'a1', q: '', cursor: undefined })

    expect(server.asked[0]?.path).toBe('/api/records/violation?area=a1')
    expect(server.asked[0]?.headers.get('Authorization')).toBe('Bearer t1')
    expect(server.asked[0]?.headers.get('X-Xunlu-Nonce')).toBe('n1')
  })

  test('asks once more with a newer token when the first one is refused', async () => {
    const server = aServer({ status: 401, body: { code: 'not_signed_in' } }, { body: { items: [], next_cursor: null, total: 0 } })
    const { api, refused } = desk(server, ['old', 'new'])

    await api.held({})

    expect(refused).toEqual([undefined, 'old'])
    expect(server.asked.map((one) => one.headers.get('Authorization'))).toEqual(['Bearer old', 'Bearer new'])
  })

  test('gives up after a second refusal, so that it never asks for ever', async () => {
    const server = aServer({ status: 401 }, { status: 401 })

    expect(await problemOf(desk(server, ['old', 'new']).api.held({}))).toBe('signed_out')
    expect(server.asked).toHaveLength(2)
  })

  test('ends a lost phone by its name, and an answer without content is one', async () => {
    const server = aServer({ status: 204 })

    expect(await problemOf(desk(server).api.endDevice('dev-1'))).toBe('none')
    expect(server.asked[0]?.path).toBe('/api/devices/dev-1')
  })

  test('asks nobody when there is no token', async () => {
    const server = aServer()

    expect(await problemOf(desk(server, [null]).api.held({}))).toBe('signed_out')
    expect(server.asked).toHaveLength(0)
  })

  test('does not believe an answer that echoes another nonce', async () => {
    const server = aServer({ headers: { 'X-Xunlu-Echo': 'somebody else' }, echo: false })

    expect(await problemOf(desk(server).api.held({}))).toBe('not_our_server')
  })

  test('does not believe the page of a portal', async () => {
    const server = aServer({ headers: { 'Content-Type': 'text/html' }, echo: false })

    expect(await problemOf(desk(server).api.held({}))).toBe('not_our_server')
  })

  test('says offline when there is no answer', async () => {
    expect(await problemOf(desk(aServer(new TypeError('Failed to fetch'))).api.held({}))).toBe('offline')
  })

  test('keeps the server’s body of a refusal, which says by whom and when', async () => {
    const server = aServer({ status: 409, body: { code: 'already_decided', decided_by: 'manager1', decided_at: '2026-11-25T01:00:00Z' } })

    const decided = desk(server).api.decide('violation:01A', { decision: 'confirm', reason: 'x', evidence_hash: 'e1' })

    await expect(decided).rejects.toMatchObject({ problem: { code: 'already_decided', status: 409, body: { decided_by: 'manager1' } } })
  })

  test('stops waiting for a server that says nothing, and when its view is left', async () => {
    const silent: typeof fetch = (_, init) => new Promise((_, refuse) => init?.signal?.addEventListener('abort', () => refuse(new DOMException('', 'AbortError'))))
    const api = createApi({ fetch: silent, accessToken: async () => 't1', now: () => NOW, nonce: () => 'n1', timeoutMs: 1 })
    const left = new AbortController()
    const asking = createApi({ fetch: silent, accessToken: async () => 't1', now: () => NOW, nonce: () => 'n1' }).held({}, left.signal)

    expect(await problemOf(api.held({}))).toBe('timeout')
    left.abort()
    await expect(asking).rejects.toMatchObject({ name: 'AbortError' })
  })

  test('follows the server’s clock, not this machine’s', async () => {
    const server = aServer({ headers: { Date: new Date(NOW + 3_600_000).toUTCString() } })
    const { api } = desk(server)

    await api.held({})

    expect(api.serverNow()).toBe(NOW + 3_600_000)
  })

  test('sends a last decision without waiting when the page goes away', async () => {
    const server = aServer({}, { status: 200 })
    const { api } = desk(server)
    await api.held({})

    api.decideOnLeaving('violation:01A', { decision: 'return', reason: 'x', evidence_hash: 'e1' })

    expect(server.asked[1]).toMatchObject({ method: 'POST', path: '/api/violations/violation%3A01A/decision', body: { decision: 'return', reason: 'x', evidence_hash: 'e1' } })
  })
})

describe('reading on', () => {
  test('reads pages until the last', async () => {
    const pages = [{ items: [1, 2], next_cursor: 'c', total: 3 }, { items: [3], next_cursor: null, total: 3 }]
    const cursors: (string | undefined)[] = []

    const all = await everyPage(async (cursor) => {
      cursors.push(cursor)
      return pages.shift() as { items: number[]; next_cursor: string | null; total: number }
    }, 100)

    expect(all).toEqual({ items: [1, 2, 3], next_cursor: null, total: 3 })
    expect(cursors).toEqual([undefined, 'c'])
  })

  test('stops at the limit and says that there is more', async () => {
    const all = await everyPage(async () => ({ items: [1, 2], next_cursor: 'c', total: 9 }), 2)

    expect(all).toEqual({ items: [1, 2], next_cursor: 'c', total: 9 })
  })
})

describe('file names', () => {
  const named = (disposition: string) => filenameOf(new Response('', { headers: { 'Content-Disposition': disposition } }), 'xunlu.csv')

  test('the UTF-8 form comes first', () => {
    expect(named(`attachment; filename="violation.csv"; filename*=UTF-8''%E8%BF%9D%E8%A7%84.csv`)).toBe('违规.csv')
  })

  test('no name leads into another folder', () => {
    expect(named('attachment; filename="../../etc/passwd"')).toBe('passwd')
  })

  test('a broken one falls back', () => {
    expect(named("attachment; filename*=UTF-8''%E8%BF")).toBe('xunlu.csv')
  })
})

test('a query leaves out what is not set', () => {
  expect(queryString({ a: '', b: undefined, c: 0, d: '房 1' })).toBe('?c=0&d=%E6%88%BF+1')
  expect(queryString({})).toBe('')
})
