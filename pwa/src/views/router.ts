/**
 * Which screen an address names, and going from one to the next on the browser's own history.
 *
 * For: `routeOf` (address → screen), `$place` (where the person is), `go`, `back`, and links that need no reload.
 * Not for: drawing (App.svelte). `/desk` is another page and never caught here.
 */
import { readonly, writable, type Readable } from 'svelte/store'

export type Route =
  | { name: (typeof PLAIN)[keyof typeof PLAIN] | 'unknown' }
  | { name: 'unit' | 'decoration' | 'patrol' | 'violation' | 'recheck'; subject: string; correct: string | null }
  | { name: 'new'; type: string; subject: string | null; correct: string | null }
  | { name: 'record'; id: string }
export type Place = { path: string; route: Route }

/** Screens that are about nothing in particular: the path is the name. */
const PLAIN = { '': 'today', units: 'units', records: 'records', me: 'me', sync: 'sync', inbox: 'inbox', month: 'month', help: 'help', space: 'space', lost: 'lost' } as const

/** The screen of `path` (with its `?query`). A subject may stand in the path as it is or percent-encoded. */
export function routeOf(path: string): Route {
  const url = new URL(path, 'http://phone')
  const parts = url.pathname.split('/').filter(Boolean).map(decoded)
  const [first = '', second, third] = parts
  const correct = url.searchParams.get('correct')
  if (parts.length <= 1 && first in PLAIN) return { name: PLAIN[first as keyof typeof PLAIN] }
  if (second === undefined || parts.length > 3) return { name: 'unknown' }
  if (parts.length === 3) {
    if (first === 'decoration' && third === 'patrol') return { name: 'patrol', subject: second, correct }
    if (first === 'violation' && third === 'recheck') return { name: 'recheck', subject: second, correct }
    return { name: 'unknown' }
  }
  switch (first) {
    case 'units':
      return { name: 'unit', subject: second, correct: null }
    case 'decoration':
    case 'violation':
      return { name: first, subject: second, correct: null }
    case 'new':
      return { name: 'new', type: second, subject: url.searchParams.get('subject'), correct }
    case 'record':
      return { name: 'record', id: second }
    default:
      return { name: 'unknown' }
  }
}

/** The address of a form: patrol and re-check have screens of their own, every other type the generic one. */
export function formPath(type: string, subject: string | null, correct?: string): string {
  const query = new URLSearchParams()
  if (correct) query.set('correct', correct)
  if (subject && type === 'decoration_patrol') return withQuery(`/decoration/${segment(subject)}/patrol`, query)
  if (subject && type === 'violation_recheck') return withQuery(`/violation/${segment(subject)}/recheck`, query)
  if (subject) query.set('subject', subject)
  return withQuery(`/new/${type}`, query)
}

/** Where to read about a subject; null when the phone has no screen for it. */
export function subjectPath(subject: string): string | null {
  const kind = subject.slice(0, subject.indexOf(':'))
  if (kind === 'decoration_project') return `/decoration/${subject}`
  if (kind === 'violation') return `/violation/${subject}`
  return kind === 'unit' ? `/units/${subject}` : null
}

const here = writable<Place>(current())
export const place: Readable<Place> = readonly(here)

/** Go to `path`. What was scrolled here is found again on the way back. */
export function go(path: string, how: 'push' | 'replace' = 'push'): void {
  if (path === current().path) return
  if (how === 'push') {
    history.replaceState({ ...history.state, scroll: scrollY }, '')
    history.pushState({ inside: true, scroll: 0 }, '', path)
  } else history.replaceState({ ...history.state, scroll: 0 }, '', path)
  here.set(current())
}

/** One step back inside the app; to `otherwise` when the person came here directly. */
export function back(otherwise = '/'): void {
  if ((history.state as { inside?: boolean } | null)?.inside) history.back()
  else go(otherwise, 'replace')
}

/** Follow the browser's back and forward, and links inside `target`. Returns how to stop. */
export function follow(target: Document): () => void {
  history.scrollRestoration = 'manual'
  const moved = (): void => here.set(current())
  const clicked = (event: MouseEvent): void => {
    const link = (event.target as Element | null)?.closest?.('a')
    if (!link || !isOurs(event, link)) return
    event.preventDefault()
    go(link.pathname + link.search)
  }
  globalThis.addEventListener('popstate', moved)
  target.addEventListener('click', clicked)
  return () => {
    globalThis.removeEventListener('popstate', moved)
    target.removeEventListener('click', clicked)
  }
}

/** How far down this screen was when it was last left. */
export function scrollHere(): number {
  return Number((history.state as { scroll?: number } | null)?.scroll ?? 0)
}

function isOurs(event: MouseEvent, link: HTMLAnchorElement): boolean {
  if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return false
  if (link.target || link.hasAttribute('download') || link.origin !== location.origin) return false
  return link.pathname !== '/desk' && !link.pathname.startsWith('/desk/')
}

function current(): Place {
  const path = globalThis.location ? location.pathname + location.search : '/'
  return { path, route: routeOf(path) }
}

function withQuery(path: string, query: URLSearchParams): string {
  const text = query.toString().replace(/%3A/g, ':')
  return text ? `${path}?${text}` : path
}

// A colon may stand in a path; an id reads better with it.
function segment(id: string): string {
  return encodeURIComponent(id).replace(/%3A/g, ':')
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch (error) {
    if (error instanceof URIError) return part
    throw error
  }
}
