/** Web Locks as far as a phone uses them: one holder at a time, in order; or only where nobody holds or awaits it. */
import type { Locks } from '../../src/sync/tokens'

type Work<T> = (lock: object | null) => Promise<T>

export function locks(): Locks {
  const queues = new Map<string, { last: Promise<unknown>; length: number }>()
  function request<T>(name: string, work: () => Promise<T>): Promise<T>
  function request<T>(name: string, options: { ifAvailable: true }, work: Work<T>): Promise<T>
  function request<T>(name: string, first: { ifAvailable: true } | (() => Promise<T>), second?: Work<T>): Promise<T> {
    const queue = queues.get(name) ?? { last: Promise.resolve(), length: 0 }
    queues.set(name, queue)
    if (second !== undefined && queue.length > 0) return second(null)
    const work: Work<T> = second ?? (first as () => Promise<T>)
    queue.length += 1
    const result = queue.last.then(() => work({ name })).finally(() => void (queue.length -= 1))
    queue.last = result.catch(() => undefined)
    return result
  }
  return { request }
}
