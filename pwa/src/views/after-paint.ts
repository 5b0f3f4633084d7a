/** What may wait until the screen as it is now has been drawn. A hidden page draws nothing: there it waits a moment only. */
export function afterPaint(work: () => void): void {
  if (globalThis.document?.visibilityState === 'visible') requestAnimationFrame(() => setTimeout(work))
  else setTimeout(work)
}
