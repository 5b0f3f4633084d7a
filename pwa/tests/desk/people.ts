/** Characters of the desk's stories: a case, a clock that is moved by hand, a server that answers as told. */
import type { ApprovalItem } from '../../src/desk/types'

export const NOW = Date.parse('2026-11-25T02:00:00Z') // 10:00 at the site

export function aCase(part: Partial<ApprovalItem> = {}): ApprovalItem {
  return {
    id: 'violation:01A', kind: 'violation', state: 'submitted', round: 1, area: 'a1', unit_no: '3-1-502', reporter: 'steward1',
    received_at: '2026-11-24T08:00:00Z', due_at: '2026-11-25T08:00:00Z', escalated: false,
    fields: { category: 'wall_removal', severity: 'general', evidence: [{ fact: 'violation:01A', hash: 'h1', photos: ['p1', 'p2'] }] },
    evidence_hash: 'e1',
    photos: [
      { sha256: 'p1', kind: 'before', stored: true, fact: 'violation:01A' },
      { sha256: 'p2', kind: 'detail', stored: true, fact: 'violation:01A' },
    ],
    missing_photos: [],
    ...part,
  }
}

/** Timers that go off only when the story says how much time passes. */
export class Clock {
  now = NOW
  #timers: { at: number; act: () => void }[] = []

  readonly after = (ms: number, act: () => void): (() => void) => {
    const timer = { at: this.now + ms, act }
    this.#timers.push(timer)
    return () => void (this.#timers = this.#timers.filter((one) => one !== timer))
  }

  async pass(ms: number): Promise<void> {
    this.now += ms
    const due = this.#timers.filter((timer) => timer.at <= this.now)
    this.#timers = this.#timers.filter((timer) => timer.at > this.now)
    for (const timer of due) timer.act()
    await settled()
  }
}

/** Lets every promise that can go on do so. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve()
}

export function aStorage(): Storage {
  const kept = new Map<string, string>()
  return {
    get length() {
      return kept.size
    },
    clear: () => kept.clear(),
    key: (index) => [...kept.keys()][index] ?? null,
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => void kept.set(key, value),
    removeItem: (key) => void kept.delete(key),
  }
}

type Answer = { status?: number; body?: unknown; headers?: Record<string, string>; echo?: boolean }
export type Asked = { method: string; path: string; headers: Headers; body: unknown }

/** A server: answers in order, echoes the nonce like ours does, keeps what it was asked. */
export function aServer(...answers: (Answer | Error)[]) {
  const asked: Asked[] = []
  const fetch = async (input: string | URL | Request, init?: RequestInit): Promise<Response> => {
    const headers = new Headers(init?.headers)
    asked.push({ method: init?.method ?? 'GET', path: String(input), headers, body: typeof init?.body === 'string' ? (JSON.parse(init.body) as unknown) : undefined })
    const answer = answers.shift()
    if (answer === undefined) throw new Error(`nobody expected ${String(input)}`)
    if (answer instanceof Error) throw answer
    const sent = new Headers({ 'Content-Type': 'application/json', ...answer.headers })
    if (answer.echo !== false) sent.set('X-Xunlu-Echo', headers.get('X-Xunlu-Nonce') ?? '')
    const status = answer.status ?? 200
    return new Response(status === 204 ? null : JSON.stringify(answer.body ?? {}), { status, headers: sent })
  }
  return { fetch: fetch as typeof globalThis.fetch, asked }
}
