/**
 * The address bar under /desk: which board, which record, which filters.
 *
 * For: reading and changing the address so that back, forward and links work. Not for: what a board shows.
 */
export const BASE = '/desk'

export type Place = { board: string; rest: string[]; query: URLSearchParams }

/** `/desk/registers/violation:01K…?state=closed` → board, the parts after it, the query. */
export function placeOf(pathname: string, search: string): Place {
  const parts = pathname.startsWith(BASE) ? pathname.slice(BASE.length).split('/').filter((part) => part !== '') : []
  const [board = '', ...rest] = parts.map(decoded)
  return { board, rest, query: new URLSearchParams(search) }
}

export function addressOf(board: string, rest: string[] = [], query: URLSearchParams | Record<string, string> = {}): string {
  const path = [BASE, ...[board, ...rest].filter((part) => part !== '').map(encoded)].join('/')
  const parameters = new URLSearchParams(query)
  for (const [name, value] of [...parameters]) if (value === '') parameters.delete(name)
  const text = parameters.toString().replaceAll('%3A', ':')
  return text === '' ? path : `${path}?${text}`
}

export class Router {
  place = $state.raw<Place>({ board: '', rest: [], query: new URLSearchParams() })

  constructor(private readonly view: Window) {
    this.read()
  }

  /** Follows the address until the returned function is called. */
  start(): () => void {
    const read = () => this.read()
    const click = (event: MouseEvent) => this.follow(event)
    this.view.addEventListener('popstate', read)
    this.view.document.addEventListener('click', click)
    return () => {
      this.view.removeEventListener('popstate', read)
      this.view.document.removeEventListener('click', click)
    }
  }

  /** `replace` for a step nobody wants to go back to: a filter typed letter by letter, the next case. */
  go(address: string, how: 'push' | 'replace' = 'push'): void {
    const current = this.view.location.pathname + this.view.location.search
    if (address === current) return
    if (how === 'push') this.view.history.pushState(null, '', address)
    else this.view.history.replaceState(null, '', address)
    this.read()
  }

  private read(): void {
    this.place = placeOf(this.view.location.pathname, this.view.location.search)
  }

  private follow(event: MouseEvent): void {
    if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return
    const link = (event.target as Element | null)?.closest?.('a[href]')
    if (!(link instanceof HTMLAnchorElement) || link.target !== '' || link.hasAttribute('download')) return
    const url = new URL(link.href, this.view.location.href)
    if (url.origin !== this.view.location.origin || !(url.pathname === BASE || url.pathname.startsWith(`${BASE}/`)) || url.hash !== '') return
    event.preventDefault()
    this.go(url.pathname + url.search)
  }
}

function encoded(part: string): string {
  // A colon is allowed in a path and makes `violation:01K…` readable.
  return encodeURIComponent(part).replaceAll('%3A', ':')
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch (thrown) {
    if (thrown instanceof URIError) return part
    throw thrown
  }
}
