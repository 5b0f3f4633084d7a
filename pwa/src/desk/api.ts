/**
 * The desk's way to `/api` and `/media`: typed calls, one token, every failure as a Problem.
 *
 * For: boards, which call one function here and draw what comes. Not for: the phone, which reads its local store,
 * nor for deciding what an error means to the reader (problems.ts).
 * Source: docs/architecture.md sections 4 and 6.
 */
import { ApiProblem, localProblem, problemOf } from './problems'
import type {
  ApprovalItem, DecisionBody, DeviceRow, DueRow, ErrorBody, HeldRow, InboxRow, MissedRow, Page, PhoneRow, RecordAnswer, RegisterPage, RegisterName } from './types'

export type Query = Record<string, string | number | undefined>
/** Everything from outside, handed in: network, token, and the clock for the server's time. */
export type Surroundings = {
  fetch: typeof fetch
  accessToken: (refused?: string) => Promise<string | null>
  now: () => number
  nonce: () => string
  timeoutMs?: number
}
export type Download = { blob: Blob; filename: string }
export type PhotoView = 'original' | 'preview' | 'stamped'

const DEFAULT_TIMEOUT_MS = 20_000
const EXPORT_TIMEOUT_MS = 120_000
export const XLSX = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet'

export function createApi(surroundings: Surroundings) {
  const { accessToken, now, nonce } = surroundings
  let skewMs = 0
  let lastToken: string | null = null
  let epoch: string | null = null

  async function send(method: string, path: string, body: unknown, signal: AbortSignal | undefined, timeoutMs: number): Promise<Response> {
    let token = await accessToken()
    // Twice at most: a token may be refused once for being old, not again when it is new.
    for (let attempt = 1; ; attempt += 1) {
      if (token === null) throw new ApiProblem(localProblem('signed_out'))
      lastToken = token
      const response = await once(method, path, body, token, signal, timeoutMs)
      if (response.ok) return response
      if (response.status === 401 && attempt === 1) {
        token = await accessToken(token)
        continue
      }
      throw new ApiProblem(problemOf(response.status, await errorBody(response)))
    }
  }

  async function once(method: string, path: string, body: unknown, token: string, signal: AbortSignal | undefined, timeoutMs: number) {
    const asked = nonce()
    const patience = patienceOf(timeoutMs, signal)
    const headers: Record<string, string> = { Authorization: `Bearer ${token}`, 'X-Xunlu-Nonce': asked }
    if (body !== undefined) headers['Content-Type'] = 'application/json'
    const request: RequestInit = {
      method,
      headers,
      cache: 'no-store',
      redirect: 'error',
      signal: patience.signal,
    }
    if (body !== undefined) request.body = JSON.stringify(body)
    let response: Response
    try {
      const answer = await surroundings.fetch(path, request)
      if (answer.headers.get('X-Xunlu-Echo') !== asked) throw new ApiProblem(localProblem('not_our_server'))
      // Read to the end here: a line may also break, or fall silent, in the middle of a body.
      const content = await answer.arrayBuffer()
      response = new Response(content.byteLength === 0 ? null : content, { status: answer.status, statusText: answer.statusText, headers: answer.headers })
    } catch (thrown) {
      if (thrown instanceof ApiProblem) throw thrown
      if (signal?.aborted === true) throw new DOMException('left the view', 'AbortError')
      throw new ApiProblem(localProblem(patience.isOver() ? 'timeout' : 'offline'))
    } finally {
      patience.end()
    }
    const date = Date.parse(response.headers.get('Date') ?? '')
    // The Date header counts whole seconds; a smaller difference is its rounding, not a wrong clock.
    if (!Number.isNaN(date)) skewMs = Math.abs(date - now()) > 2_000 ? date - now() : 0
    epoch = response.headers.get('X-Xunlu-Epoch') ?? epoch
    return response
  }

  async function json<T>(method: string, path: string, options: { query?: Query; body?: unknown; signal?: AbortSignal | undefined } = {}): Promise<T> {
    const response = await send(method, path + queryString(options.query), options.body, options.signal, surroundings.timeoutMs ?? DEFAULT_TIMEOUT_MS)
    const text = await response.text()
    if (text === '') return undefined as T
    try {
      return JSON.parse(text) as T
    } catch (thrown) {
      if (!(thrown instanceof SyntaxError)) throw thrown
      throw new ApiProblem(localProblem('not_our_server'))
    }
  }

  return {
    approvals: (query: Query, signal?: AbortSignal) => json<Page<ApprovalItem>>('GET', '/api/approvals', { query, signal }),
    decide: (violation: string, decision: DecisionBody) =>
      json<unknown>('POST', `/api/violations/${encodeURIComponent(violation)}/decision`, { body: decision }),
    /** The last chance when the page goes away: sent without waiting, with the token used before. */
    decideOnLeaving(violation: string, decision: DecisionBody): void {
      if (lastToken === null) return
      void surroundings.fetch(`/api/violations/${encodeURIComponent(violation)}/decision`, {
        method: 'POST',
        keepalive: true,
        headers: { Authorization: `Bearer ${lastToken}`, 'Content-Type': 'application/json', 'X-Xunlu-Nonce': nonce() },
        body: JSON.stringify(decision),
      })
    },
    registers: (signal?: AbortSignal) => json<{ items: RegisterName[] }>('GET', '/api/registers', { signal }),
    register: (type: string, query: Query, signal?: AbortSignal) =>
      json<RegisterPage>('GET', `/api/records/${encodeURIComponent(type)}`, { query, signal }),
    record: (type: string, id: string, signal?: AbortSignal) =>
      json<RecordAnswer>('GET', `/api/records/${encodeURIComponent(type)}/${encodeURIComponent(id)}`, { signal }),
    due: (query: Query, signal?: AbortSignal) => json<Page<DueRow>>('GET', '/api/due', { query, signal }),
    held: (query: Query, signal?: AbortSignal) => json<Page<HeldRow>>('GET', '/api/held', { query, signal }),
    release: (id: string, reason: string) => json<unknown>('POST', `/api/held/${encodeURIComponent(id)}/release`, { body: { reason } }),
    missed: (day: string, signal?: AbortSignal) =>
      json<{ rows?: MissedRow[]; items?: MissedRow[] }>('GET', '/api/reports/missed_patrols', { query: { day }, signal }),
    phones: (signal?: AbortSignal) => json<Page<PhoneRow>>('GET', '/api/phones', { signal }),
    devices: (signal?: AbortSignal) => json<Page<DeviceRow>>('GET', '/api/devices', { signal }),
    /** A phone was lost: its sessions end now. */
    endDevice: (device: string) => json<unknown>('DELETE', `/api/devices/${encodeURIComponent(device)}`),
    inbox: (query: Query, signal?: AbortSignal) => json<Page<InboxRow>>('GET', '/api/inbox', { query, signal }),
    acknowledge: (id: string) => json<unknown>('POST', `/api/inbox/${encodeURIComponent(id)}/acknowledge`, { body: {} }),
    async photo(sha256: string, view: PhotoView, signal?: AbortSignal): Promise<Blob> {
      const path = `/media/photos/${encodeURIComponent(sha256)}${queryString({ view })}`
      return (await send('GET', path, undefined, signal, surroundings.timeoutMs ?? DEFAULT_TIMEOUT_MS)).blob()
    },
    /** The file of exactly the rows `query` selects, whatever page is on screen. */
    async download(path: string, query: Query, format: 'xlsx' | 'csv', signal?: AbortSignal): Promise<Download> {
      const response = await send('GET', path + queryString({ ...query, format }), undefined, signal, EXPORT_TIMEOUT_MS)
      return { blob: await response.blob(), filename: filenameOf(response, `xunlu.${format}`) }
    },
    /** The server's time, as near as its last answer tells. */
    serverNow: (): number => now() + skewMs,
    epoch: (): string | null => epoch,
  }
}

export type Api = ReturnType<typeof createApi>

/** `?a=1&b=2` in the given order, without what is empty. */
export function queryString(query: Query | undefined): string {
  const parameters = new URLSearchParams()
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value !== undefined && value !== '') parameters.set(name, String(value))
  }
  const text = parameters.toString()
  return text === '' ? '' : `?${text}`
}

/** The name the server gave the file (RFC 6266, the UTF-8 form first), without any folder in it. */
export function filenameOf(response: Response, otherwise: string): string {
  const disposition = response.headers.get('Content-Disposition') ?? ''
  const encoded = /filename\*\s*=\s*UTF-8''([^;]+)/i.exec(disposition)?.[1]
  const plain = /filename\s*=\s*"?([^";]+)"?/i.exec(disposition)?.[1]
  let name = plain ?? otherwise
  if (encoded !== undefined) {
    try {
      name = decodeURIComponent(encoded.trim())
    } catch (thrown) {
      if (!(thrown instanceof URIError)) throw thrown
    }
  }
  return name.split(/[\\/]/).pop()?.trim() || otherwise
}

/** Reads pages until the last one or `limit` rows. */
export async function everyPage<T>(ask: (cursor: string | undefined) => Promise<Page<T>>, limit: number): Promise<Page<T>> {
  const items: T[] = []
  let cursor: string | undefined
  for (;;) {
    const page = await ask(cursor)
    items.push(...page.items)
    if (page.next_cursor === null || page.items.length === 0 || items.length >= limit) {
      return { items, next_cursor: page.next_cursor, total: page.total }
    }
    cursor = page.next_cursor
  }
}


/** Stops a request when its view is left or `ms` have passed. Not AbortSignal.any: office machines with Windows 7 end at Chrome 109. */
function patienceOf(ms: number, left: AbortSignal | undefined) {
  const controller = new AbortController()
  let over = false
  const stop = () => controller.abort()
  const timer = setTimeout(() => {
    over = true
    stop()
  }, ms)
  if (left?.aborted === true) stop()
  left?.addEventListener('abort', stop)
  return {
    signal: controller.signal,
    isOver: () => over,
    end: () => {
      clearTimeout(timer)
      left?.removeEventListener('abort', stop)
    },
  }
}

async function errorBody(response: Response): Promise<ErrorBody> {
  try {
    const body: unknown = await response.json()
    return typeof body === 'object' && body !== null && !Array.isArray(body) ? (body as ErrorBody) : {}
  } catch (thrown) {
    if (!(thrown instanceof SyntaxError)) throw thrown
    return {} // an answer without a JSON body still has its status
  }
}
