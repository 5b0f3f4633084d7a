/**
 * What a key means while deciding cases.
 *
 * For: Approvals.svelte. Letters count only while nobody is typing and nothing lies above the page; Ctrl+Enter always.
 * Source: look.md "Queue work".
 */
export type KeyMeaning =
  | { act: 'next' | 'previous' | 'accept' | 'return' | 'reject' | 'submit' | 'undo' }
  | { act: 'template'; index: number }

export type Pressed = Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'metaKey' | 'altKey' | 'isComposing'>

const LETTERS: Record<string, KeyMeaning> = {
  j: { act: 'next' }, k: { act: 'previous' }, a: { act: 'accept' }, r: { act: 'return' }, x: { act: 'reject' }, u: { act: 'undo' },
  '1': { act: 'template', index: 0 }, '2': { act: 'template', index: 1 }, '3': { act: 'template', index: 2 }, '4': { act: 'template', index: 3 },
}

export function meaningOf(pressed: Pressed, isTyping: boolean): KeyMeaning | null {
  // A Chinese input method ends a word with Enter too: that one is not meant for us.
  if (pressed.isComposing) return null
  if (pressed.key === 'Enter') return pressed.ctrlKey || pressed.metaKey ? { act: 'submit' } : null
  if (isTyping || pressed.ctrlKey || pressed.metaKey || pressed.altKey) return null
  return LETTERS[pressed.key.toLowerCase()] ?? null
}

export function isTypingIn(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false
  return target.isContentEditable || ['INPUT', 'TEXTAREA', 'SELECT'].includes(target.tagName)
}
