/** What each screen is called in the top bar and in the browser's list of tabs. */
import type { Words } from '../../words'
import type { Route } from '../router'

/** `nameOf`: what records of a type are called. */
export function titleOf(route: Route, words: Words, nameOf: (type: string) => string): string {
  switch (route.name) {
    case 'today':
    case 'units':
    case 'records':
    case 'me':
    case 'sync':
    case 'inbox':
    case 'month':
    case 'help':
    case 'space':
    case 'lost':
    case 'patrol':
    case 'violation':
    case 'recheck':
      return words[route.name].title
    case 'unit':
      return words.units.card
    case 'record':
      return nameOf(route.id.slice(0, route.id.indexOf(':')))
    case 'decoration':
      return nameOf('decoration_project')
    case 'new':
      return nameOf(route.type)
    case 'unknown':
      return words.app.name
  }
}
