/** The office of these stories: the server's side of the wire, in memory, answering as docs/architecture.md says.
 *
 * For: what a phone meets, faults included. Not for: proving the server (tests/ does, against the shipped one).
 */
import { createHash } from 'node:crypto'
import type { Json, JsonObject } from '../../src/wire/types'

export type Call = { method: string; path: string; headers: Headers; body: string | Uint8Array; signal: AbortSignal | null }
export type Answer = { status: number; body: Json | string | null; headers?: Record<string, string> }
/** Stands between phone and office for one call. Returns null to let it pass. */
export type Fault = (call: Call, pass: () => Promise<Answer>) => Promise<Response> | null

type Stored = { document: JsonObject; seq: number }
type Upload = { sha256: string; length: number; bytes: Uint8Array }

export class Office {
  epoch = 'epoch-1'
  readonly databases = new Map<string, Map<string, Stored>>([['area-a1', new Map()], ['project-demo', new Map()], ['user-steward1', new Map()]])
  readonly listed = ['area-a1', 'project-demo', 'user-steward1']
  readonly photos = new Map<string, Uint8Array>()
  readonly uploads = new Map<string, Upload>()
  readonly calls: string[] = []
  readonly reports: JsonObject[] = []
  readonly keys: JsonObject[] = []
  /** Sealed records as they came, and how much of each sealed photo has come. */
  readonly sealed = new Map<string, JsonObject>()
  readonly sealedPhotos = new Map<string, number>()
  /** Ids the office holds, with the reason; and ids whose push it refuses. */
  readonly holds = new Map<string, { code: string; reason: string }>()
  readonly refusals = new Map<string, { code: string; reason: string }>()
  readonly setAside = new Map<string, JsonObject>()
  validTokens = new Set(['access-0'])
  validRefresh = 'refresh-0'
  fault: Fault | null = null
  #seq = 0
  #tokens = 0

  publish(database: string, document: JsonObject, generation = 1): void {
    const rev = `${generation}-${hex(JSON.stringify([document, generation]))}`
    this.#store(database, { ...document, _rev: rev })
  }

  has(id: string): boolean {
    return [...this.databases.values()].some((documents) => documents.has(id)) || this.setAside.has(id)
  }

  /** A restore from an older backup: what came after it is gone, and the epoch is another. */
  restore(without: string[]): void {
    this.epoch = 'epoch-2'
    for (const documents of this.databases.values()) for (const id of without) documents.delete(id)
    for (const id of without) this.photos.delete(id)
  }

  readonly fetch: typeof fetch = async (input, init = {}) => {
    const url = new URL(String(input))
    const headers = new Headers(init.headers)
    const call: Call = { method: init.method ?? 'GET', path: url.pathname + url.search, headers, body: bodyOf(init.body), signal: init.signal ?? null }
    this.calls.push(`${call.method} ${url.pathname}`)
    const pass = async (): Promise<Answer> => this.#answer(call, url)
    const faulty = this.fault?.(call, pass) ?? null
    return faulty ?? response(call, await pass(), this.epoch)
  }

  #answer(call: Call, url: URL): Answer {
    const path = url.pathname
    if (path === '/api/session' && call.method === 'POST') return this.#grant(JSON.parse(text(call.body)) as JsonObject)
    if (path === '/api/session/refresh') return this.#refresh(JSON.parse(text(call.body)) as JsonObject)
    if (!this.validTokens.has(call.headers.get('Authorization')?.replace('Bearer ', '') ?? '')) return problem(401, 'not_signed_in')
    if (path === '/api/me') return ok(this.#me())
    if (path === '/api/sealed') return ok(this.#sealed(JSON.parse(text(call.body)) as { items: JsonObject[] }))
    if (path === '/api/sealed/photos') return ok(this.#sealedPhoto(JSON.parse(text(call.body)) as JsonObject))
    if (path === '/api/devices') return this.keys.push(JSON.parse(text(call.body)) as JsonObject), ok({})
    if (path === '/api/receipts') return ok(this.#receipts(JSON.parse(text(call.body)) as JsonObject))
    if (path === '/api/phones/report') return this.reports.push(JSON.parse(text(call.body)) as JsonObject), { status: 204, body: null }
    if (path.startsWith('/media/uploads')) return this.#tus(call, path)
    const [, , database = '', operation = ''] = path.split('/').map(decodeURIComponent)
    const documents = this.databases.get(database)
    if (documents === undefined) return problem(404, 'not_found')
    if (operation === '') return ok({ db_name: database, doc_count: documents.size })
    if (operation === '_changes') return ok(this.#changes(documents, url.searchParams))
    if (operation === '_revs_diff') return ok(revsDiff(documents, JSON.parse(text(call.body)) as Record<string, string[]>))
    if (operation === '_bulk_get') return ok(bulkGet(documents, JSON.parse(text(call.body)) as { docs: { id: string }[] }))
    if (operation === '_bulk_docs') return { status: 201, body: this.#bulkDocs(database, (JSON.parse(text(call.body)) as { docs: JsonObject[] }).docs) }
    return problem(404, 'not_found')
  }

  #grant(body: JsonObject): Answer {
    if (body['password'] !== 'xunlu-demo') return problem(401, 'wrong_credentials')
    return ok(this.#newTokens())
  }

  #refresh(body: JsonObject): Answer {
    if (body['refresh_token'] !== this.validRefresh && body['refresh_token'] !== 'refresh-0') return problem(401, 'sign_in_again')
    return ok(this.#newTokens())
  }

  #newTokens(): JsonObject {
    this.#tokens += 1
    this.validTokens.add(`access-${this.#tokens}`)
    this.validRefresh = `refresh-${this.#tokens}`
    return { access_token: `access-${this.#tokens}`, refresh_token: this.validRefresh, expires_in: 600 }
  }

  #me(): JsonObject {
    return {
      user: 'steward1', display_name: '王敏', roles: ['steward'], projects: [{ id: 'demo', name: '示范', time_zone: 'Asia/Shanghai' }],
      areas: [{ id: 'a1', name: '一片区', project: 'demo' }], epoch: this.epoch, now: new Date().toISOString(),
      databases: this.listed.map((name) => ({ name, access: name.startsWith('area') ? 'read_write' : 'read', kind: name.split('-')[0] as string })),
    }
  }

  #receipts(body: JsonObject): JsonObject {
    const items = (body['items'] as { id: string; rev: string; hash: string }[]).map((item) => {
      const held = this.holds.get(item.id) ?? (this.setAside.has(item.id) ? this.refusals.get(item.id) : undefined)
      const stored = [...this.databases.values()].map((documents) => documents.get(item.id)).find((one) => one !== undefined)
      const isHere = stored?.document['_rev'] === item.rev || this.setAside.has(item.id)
      return { ...item, ...(held !== undefined && isHere ? { state: 'held', ...held } : { state: isHere ? 'accepted' : 'missing' }) }
    })
    const photos = ((body['photos'] ?? []) as string[]).map((sha256) => ({ sha256, state: this.photos.has(sha256) ? 'accepted' : 'missing' }))
    return { items, photos, epoch: this.epoch }
  }

  #changes(documents: Map<string, Stored>, query: URLSearchParams): JsonObject {
    const [number = '0', epoch] = (query.get('since') ?? '0').split('.')
    const since = epoch === undefined || epoch === this.epoch ? Number(number) : 0
    const rows = [...documents.entries()].filter(([, { seq }]) => seq > since).sort(([, one], [, other]) => one.seq - other.seq).slice(0, Number(query.get('limit') ?? 1e9))
    const last = rows.at(-1)?.[1].seq ?? since
    return { results: rows.map(([id, { document, seq }]) => ({ id, seq: `${seq}.${this.epoch}`, changes: [{ rev: document['_rev'] as string }] })), last_seq: `${last}.${this.epoch}`, pending: 0 }
  }

  #bulkDocs(database: string, documents: JsonObject[]): Json[] {
    return documents.map((wire): JsonObject => {
      const { _revisions: _history, ...document } = wire
      const id = document['_id'] as string
      const refusal = this.refusals.get(id)
      if (refusal !== undefined) return this.setAside.set(id, document), { id, rev: document['_rev'] as string, error: 'forbidden', ...refusal }
      this.#store(database, document)
      return { ok: true, id, rev: document['_rev'] as string }
    })
  }

  #store(database: string, document: JsonObject): void {
    const documents = this.databases.get(database) as Map<string, Stored>
    const before = documents.get(document['_id'] as string)
    if (before?.document['_rev'] === document['_rev']) return
    this.#seq += 1
    documents.set(document['_id'] as string, { document, seq: this.#seq })
  }

  #sealed(body: { items: JsonObject[] }): JsonObject {
    return { items: body.items.map((item) => {
      const id = item['id'] as string
      const refusal = this.refusals.get(id)
      if (refusal !== undefined) return { id, state: 'refused', ...refusal }
      this.sealed.set(id, item)
      return { id, state: 'accepted' }
    }) }
  }

  #sealedPhoto(body: JsonObject): JsonObject {
    const sha256 = body['sha256'] as string
    const here = this.sealedPhotos.get(sha256) ?? 0
    if (body['offset'] !== here) return { state: 'partial', offset: here }
    const offset = here + Buffer.from(body['data'] as string, 'base64url').length
    this.sealedPhotos.set(sha256, offset)
    return { state: offset === body['total'] ? 'accepted' : 'partial', offset }
  }

  #tus(call: Call, path: string): Answer {
    if (call.method === 'POST') {
      const sha256 = atob((call.headers.get('Upload-Metadata') ?? '').split(',')[0]?.split(' ')[1] ?? '')
      const id = `u${this.uploads.size + 1}`
      this.uploads.set(id, { sha256, length: Number(call.headers.get('Upload-Length')), bytes: new Uint8Array(0) })
      return { status: 201, body: null, headers: { Location: `/media/uploads/${id}` } }
    }
    const upload = this.uploads.get(path.split('/').at(-1) ?? '')
    if (upload === undefined) return problem(404, 'not_found')
    const standing = { 'Upload-Offset': String(upload.bytes.length), 'Upload-Length': String(upload.length) }
    if (call.method === 'HEAD') return { status: 200, body: null, headers: standing }
    if (Number(call.headers.get('Upload-Offset')) !== upload.bytes.length) return { ...problem(409, 'wrong_offset'), headers: standing }
    const chunk = call.body as Uint8Array
    if (call.headers.get('Upload-Checksum') !== `sha256 ${createHash('sha256').update(chunk).digest('base64')}`) return problem(460, 'checksum')
    const longer = new Uint8Array(upload.bytes.length + chunk.length)
    longer.set(upload.bytes)
    longer.set(chunk, upload.bytes.length)
    upload.bytes = longer
    if (upload.bytes.length === upload.length && createHash('sha256').update(upload.bytes).digest('hex') === upload.sha256) this.photos.set(upload.sha256, upload.bytes)
    return { status: 204, body: null, headers: { 'Upload-Offset': String(upload.bytes.length) } }
  }
}

/** An answer as it leaves the office: with the echo and the epoch. */
export function response(call: Call, answer: Answer, epoch: string, echo = call.headers.get('X-Xunlu-Nonce') ?? ''): Response {
  const body = answer.body === null ? null : typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body)
  const empty = [204, 304].includes(answer.status) || call.method === 'HEAD'
  return new Response(empty ? null : body ?? '', { status: answer.status, headers: { 'Content-Type': 'application/json', 'X-Xunlu-Epoch': epoch, 'X-Xunlu-Echo': echo, ...answer.headers } })
}

export const ok = (body: Json): Answer => ({ status: 200, body })
export const problem = (status: number, code: string): Answer => ({ status, body: { error: code, reason: code, code } })

function revsDiff(documents: Map<string, Stored>, asked: Record<string, string[]>): JsonObject {
  return Object.fromEntries(Object.entries(asked).flatMap(([id, revs]) => (documents.get(id)?.document['_rev'] === revs[0] ? [] : [[id, { missing: revs }]])))
}

function bulkGet(documents: Map<string, Stored>, asked: { docs: { id: string }[] }): JsonObject {
  return {
    results: asked.docs.map(({ id }) => {
      const found = documents.get(id)?.document
      if (found === undefined) return { id, docs: [{ error: { id, rev: 'undefined', error: 'not_found', reason: 'missing' } }] }
      const [generation = '1', digest = ''] = String(found['_rev']).split('-')
      const ids = [digest, ...Array.from({ length: Number(generation) - 1 }, (_, place) => hex(`${id}${place}`))]
      return { id, docs: [{ ok: { ...found, _revisions: { start: Number(generation), ids } } }] }
    }),
  }
}

const hex = (value: string): string => createHash('md5').update(value).digest('hex')
const text = (body: string | Uint8Array): string => (typeof body === 'string' ? body : new TextDecoder().decode(body))

function bodyOf(body: BodyInit | null | undefined): string | Uint8Array {
  if (body === null || body === undefined) return ''
  if (typeof body === 'string') return body
  return new Uint8Array(body as ArrayBuffer)
}
