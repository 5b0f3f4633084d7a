/** The truth badge's facts: what is saved, sent, received and held, and how the line is. */
import { writable, type Readable } from 'svelte/store'
import type { Label } from '../wire/types'
import { tellWorker, type SyncPhase } from './port'

export type SyncState = {
  online: boolean
  reachable: boolean
  phase: SyncPhase
  saved: number
  sent: number
  received: number
  held: number
  photosSaved: number
  photosSending: number
  photosReceived: number
  photoBytesLeft: number
  lastContactAt: string | null
  lastError: Label | null
  allReceived: boolean
}

export const syncState: Readable<SyncState> = writable({
  online: true, reachable: false, phase: 'idle', saved: 0, sent: 0, received: 0, held: 0,
  photosSaved: 0, photosSending: 0, photosReceived: 0, photoBytesLeft: 0, lastContactAt: null, lastError: null, allReceived: false,
})

export function syncNow(): void {
  tellWorker({ kind: 'nudge', reason: 'asked' })
}
