/** Questions in JSON and their answers, with every status turned into a failure the worker knows.
 *
 * For: `/api` and `/db`. Not for: bytes (tus.ts) or judging what an answer holds (its asker checks the shape).
 */
import type { Json, JsonObject } from '../wire/types'
import { Busy, PhoneRevoked, Refused, SignInAgain, WrongAnswer } from './failures'
import type { Send } from './guarded-fetch'

export type Ask = { method?: string; body?: Json; signal?: AbortSignal; idleMs?: number; credentials?: RequestCredentials }

/** The JSON object or list our server answers. Raises a failure for every other ending. */
export async function ask(send: Send, url: string, question: Ask = {}): Promise<Json> {
  const headers: Record<string, string> = { Accept: 'application/json' }
  if (question.body !== undefined) headers['Content-Type'] = 'application/json'
  const response = await send(url, {
    method: question.method ?? (question.body === undefined ? 'GET' : 'POST'),
    headers,
    body: question.body === undefined ? null : JSON.stringify(question.body),
    ...(question.signal === undefined ? {} : { signal: question.signal }),
    ...(question.idleMs === undefined ? {} : { idleMs: question.idleMs }),
    ...(question.credentials === undefined ? {} : { credentials: question.credentials }),
  })
  if (!response.ok) throw await failureOf(response)
  if (response.status === 204) return null
  try {
    return (await response.json()) as Json
  } catch (error) {
    throw new WrongAnswer(`not JSON from ${new URL(url).pathname}`, { cause: error })
  }
}

/** What a status other than success means for the worker. */
export async function failureOf(response: Response): Promise<Error> {
  if ([429, 502, 503, 504, 507].includes(response.status)) return new Busy(response.status, retryAfterMs(response))
  let body: JsonObject = {}
  try {
    body = objectOf(await response.json())
  } catch (error) {
    // Without a JSON body the status still says enough.
    if (!(error instanceof SyntaxError) && !(error instanceof WrongAnswer)) throw error
  }
  if (response.status === 401) return body['code'] === 'device_revoked' ? new PhoneRevoked('this phone was reported lost') : new SignInAgain('the server does not know this token')
  return new Refused(response.status, textOf(body['code']) ?? textOf(body['error']) ?? String(response.status), textOf(body['reason']) ?? '')
}

export function objectOf(value: unknown): JsonObject {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new WrongAnswer('expected an object')
  return value as JsonObject
}

export function listOf(value: unknown): Json[] {
  if (!Array.isArray(value)) throw new WrongAnswer('expected a list')
  return value as Json[]
}

export function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null
}

function retryAfterMs(response: Response): number | null {
  const text = response.headers.get('Retry-After')
  if (text === null) return null
  const seconds = Number(text)
  if (!Number.isNaN(seconds)) return Math.max(0, seconds * 1000)
  const at = Date.parse(text)
  const from = Date.parse(response.headers.get('Date') ?? '')
  return Number.isNaN(at) || Number.isNaN(from) ? null : Math.max(0, at - from)
}
