/** The one way out to the network: an answer counts only when it is our server's, whole, and to this very question.
 *
 * For: every call of the worker and of signing in: nonce and echo, epoch, 30 s of silence at most, bodies read to the end.
 * Not for: tokens (tokens.ts) or what an answer means (api.ts and its callers).
 * Source: promises D3, F-13, F-15, F-20; docs/architecture.md section 4.
 */
import { NoNetwork } from './failures'

export type Contact = { epoch: string; at: Date; serverTime: Date | null }
export type SendInit = { method?: string; headers?: HeadersInit; body?: BodyInit | null; signal?: AbortSignal | null; idleMs?: number; credentials?: RequestCredentials }
export type Send = (url: string, init?: SendInit) => Promise<Response>
export type Guard = { fetch: typeof fetch; now: () => Date; nonce?: () => string; idleMs?: number; onContact?: (contact: Contact) => void }

export const IDLE_MS = 30_000
const WITHOUT_BODY = new Set([101, 204, 205, 304])

export function guardedFetch(guard: Guard): Send {
  const nonceOf = guard.nonce ?? randomNonce
  return async (url, init = {}) => {
    const nonce = nonceOf()
    const headers = new Headers(init.headers)
    headers.set('X-Xunlu-Nonce', nonce)
    const watch = new Watch(init.idleMs ?? guard.idleMs ?? IDLE_MS, init.signal ?? null)
    try {
      const asked = guard.fetch(url, {
        method: init.method ?? 'GET', headers, body: init.body ?? null,
        signal: watch.signal, cache: 'no-store', credentials: init.credentials ?? 'omit', redirect: 'error', referrerPolicy: 'no-referrer',
      })
      // A race: a fetch that ignores its signal must not hold the worker for ever.
      const response = await Promise.race([asked, watch.over])
      watch.heard()
      const epoch = response.headers.get('X-Xunlu-Epoch')
      if (response.headers.get('X-Xunlu-Echo') !== nonce || epoch === null || epoch === '') {
        watch.stop()
        throw new NoNetwork('not_our_server')
      }
      const body = await Promise.race([readWhole(response, watch), watch.over])
      const announced = response.headers.get('Content-Length')
      const isPlain = response.headers.get('Content-Encoding') === null && init.method !== 'HEAD' && !WITHOUT_BODY.has(response.status)
      if (isPlain && announced !== null && Number(announced) !== body.byteLength) throw new NoNetwork('cut')
      guard.onContact?.({ epoch, at: guard.now(), serverTime: timeOf(response) })
      return new Response(WITHOUT_BODY.has(response.status) ? null : body, {
        status: response.status, statusText: response.statusText, headers: response.headers,
      })
    } catch (error) {
      if (error instanceof NoNetwork) throw error
      if (init.signal?.aborted === true) throw new DOMException('stopped by the caller', 'AbortError')
      throw new NoNetwork(watch.wasSilent ? 'silent' : 'unreachable', { cause: error })
    } finally {
      watch.end()
    }
  }
}

export function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError'
}

/** Aborts when nothing was heard for `idleMs`, or when the caller does. */
class Watch {
  readonly #controller = new AbortController()
  readonly #idleMs: number
  readonly #outer: AbortSignal | null
  #timer: ReturnType<typeof setTimeout> | undefined
  wasSilent = false
  /** Never resolves; rejects when the watch aborts. */
  readonly over: Promise<never>
  readonly stop = (): void => this.#controller.abort()

  constructor(idleMs: number, outer: AbortSignal | null) {
    this.#idleMs = idleMs
    this.#outer = outer
    this.over = new Promise((_resolve, reject) => {
      this.signal.addEventListener('abort', () => reject(new DOMException('aborted', 'AbortError')), { once: true })
    })
    // It is raced against; when the race is over nobody listens any more.
    this.over.catch(() => undefined)
    if (outer?.aborted === true) this.stop()
    else outer?.addEventListener('abort', this.stop, { once: true })
    this.heard()
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  heard(): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => {
      this.wasSilent = true
      this.stop()
    }, this.#idleMs)
  }

  end(): void {
    clearTimeout(this.#timer)
    this.#outer?.removeEventListener('abort', this.stop)
  }
}

async function readWhole(response: Response, watch: Watch): Promise<Uint8Array<ArrayBuffer>> {
  if (response.body === null) return new Uint8Array(0)
  const reader = response.body.getReader()
  const parts: Uint8Array[] = []
  for (;;) {
    const { done, value } = await reader.read()
    if (done) break
    // A heartbeat is a newline: it tells that the line is alive, and later JSON parsing skips it.
    watch.heard()
    parts.push(value)
  }
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.byteLength, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.byteLength
  }
  return whole
}

function timeOf(response: Response): Date | null {
  const at = Date.parse(response.headers.get('Date') ?? '')
  return Number.isNaN(at) ? null : new Date(at)
}

function randomNonce(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('')
}
