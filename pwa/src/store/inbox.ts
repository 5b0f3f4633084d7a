/** Reminders and alarms the server sent to this user, newest first, and which of them were read on this phone. */
import { derived, writable, type Readable } from 'svelte/store'
import type { InboxDocument } from '../wire/types'
import { bus } from './bus'
import { byType, documents } from './documents'
import { local } from './local'

const readMarks = writable<ReadonlySet<string>>(new Set())

export const inbox: Readable<InboxDocument[]> = derived(documents, () => {
  const notices = [...byType('reminder'), ...byType('alarm')] as unknown as InboxDocument[]
  return notices.sort((one, other) => (one.at < other.at ? 1 : one.at > other.at ? -1 : one._id < other._id ? -1 : 1))
})
export const isRead: Readable<(id: string) => boolean> = derived(readMarks, (marks) => (id: string) => marks.has(id))
export const unread: Readable<number> = derived([inbox, readMarks], ([notices, marks]) => notices.filter((notice) => !marks.has(notice._id)).length)

export async function loadReadMarks(): Promise<void> {
  bus().hear((message) => {
    if (message.kind === 'marks_changed') void readAll()
  })
  await readAll()
}

export async function markRead(id: string): Promise<void> {
  await local.write(['marks'], (transaction) => transaction.put('marks', { id, at: new Date().toISOString() }, id))
  await readAll()
  bus().tell({ kind: 'marks_changed' })
}

async function readAll(): Promise<void> {
  const marks = await local.read(['marks'], (transaction) => transaction.all<{ id: string }>('marks'))
  readMarks.set(new Set(marks.map((mark) => mark.id)))
}
