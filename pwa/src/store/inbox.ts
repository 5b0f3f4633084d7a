/** Reminders and alarms the server sent to this user. */
import { writable, type Readable } from 'svelte/store'
import type { InboxDocument } from '../wire/types'

export const inbox: Readable<InboxDocument[]> = writable([])
export const unread: Readable<number> = writable(0)

export async function markRead(id: string): Promise<void> {
  void id
}
