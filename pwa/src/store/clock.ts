/** The time of day for views: now, told at every minute. Handed in to what is derived from it, so that tests hold it still. */
import { readable, type Readable } from 'svelte/store'

const MINUTE_MS = 60_000

export const minute: Readable<Date> = readable(new Date(), (set) => {
  set(new Date())
  const timer = setInterval(() => set(new Date()), MINUTE_MS)
  return () => clearInterval(timer)
})
