/** Short messages that come and go by themselves; shown by Toasts.svelte, read aloud once. */
import { writable, type Readable } from 'svelte/store'
import type { IconName } from './icons'
import type { Tone } from './tone'

export type Toast = { id: number; text: string; tone: Tone; icon: IconName; testid?: string }
const SHOWN_MS = 4000
const list = writable<Toast[]>([])
export const toasts: Readable<Toast[]> = { subscribe: list.subscribe }
let last = 0

/** Show `text` for four seconds; a new message replaces the one before, so a thumb never waits for a stack to clear. */
export function toast(text: string, look: { tone: Tone; icon: IconName; testid?: string } = { tone: 'primary', icon: 'check' }): void {
  last += 1
  const id = last
  list.set([{ id, text, ...look }])
  setTimeout(() => list.update((shown) => shown.filter((one) => one.id !== id)), SHOWN_MS)
}
