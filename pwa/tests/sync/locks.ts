/** Web Locks as far as a phone uses them: one holder at a time, in order. */
import type { Locks } from '../../src/sync/tokens'

export function locks(): Locks {
  const queues = new Map<string, Promise<unknown>>()
  return {
    request(name, work) {
      const result = (queues.get(name) ?? Promise.resolve()).then(work)
      queues.set(name, result.catch(() => undefined))
      return result
    },
  }
}
