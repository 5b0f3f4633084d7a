/**
 * What the truth badge says: one short line, worst news first.
 *
 * For: turning the sync state into words and a look. Not for: counting (store/sync-state).
 * "All received" is repeated only when the store says so; a doubt reads as "checking" (promises I9).
 */
import type { IconName } from '../../parts/icons'
import type { Tone } from '../../parts/tone'
import type { SyncState } from '../../store/sync-state'
import type { Words } from '../../words'

export type Badge = { text: string; tone: Tone; icon: IconName }

export function badgeOf(state: SyncState, words: Words['badge']): Badge {
  const waiting = state.saved + state.sent
  const photos = state.photosSaved + state.photosSending
  if (state.held > 0) return { text: words.held(state.held), tone: 'held', icon: 'held' }
  if (state.phase === 'needs_sign_in') return { text: words.needsSignIn, tone: 'overdue', icon: 'alert' }
  const isCutOff = !state.online || (!state.reachable && state.lastError !== null)
  if (isCutOff) return { text: waiting > 0 ? words.offlineWaiting(waiting) : words.offline, tone: 'due', icon: 'offline' }
  if (waiting > 0) return { text: words.waiting(waiting), tone: 'due', icon: 'device' }
  if (photos > 0) return { text: words.photosWaiting(photos), tone: 'due', icon: 'waiting' }
  if (state.sealed > 0) return { text: words.sealed(state.sealed), tone: 'due', icon: 'waiting' }
  if (state.allReceived) return { text: words.allReceived, tone: 'ok', icon: 'received' }
  return { text: words.checking, tone: 'muted', icon: 'refresh' }
}
