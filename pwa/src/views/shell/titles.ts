/** What each screen is called in the top bar and in the browser's list of tabs. */
import { get } from 'svelte/store'
import { catalogue } from '../../store/catalogue'
import { language } from '../../store/preferences'
import { term, type Words } from '../../words'
import type { Route } from '../router'

export function titleOf(route: Route, words: Words): string {
  switch (route.name) {
    case 'today':
      return words.today.title
    case 'units':
      return words.units.title
    case 'unit':
      return words.units.card
    case 'records':
      return words.records.title
    case 'record':
      return recordTitle(route.id.slice(0, route.id.indexOf(':')))
    case 'me':
      return words.me.title
    case 'sync':
      return words.sync.title
    case 'inbox':
      return words.inbox.title
    case 'decoration':
      return recordTitle('decoration_project')
    case 'patrol':
      return words.patrol.title
    case 'violation':
      return words.violation.title
    case 'recheck':
      return words.recheck.title
    case 'new':
      return recordTitle(route.type)
    case 'unknown':
      return words.app.name
  }
}

/** The title of a record type in the language chosen now: the catalogue's own, else the phone's term. */
export function recordTitle(type: string): string {
  const known = term('record', type)
  const label = known.zh === type ? (get(catalogue).get(type)?.title ?? known) : known
  return label[get(language)] || label.zh
}
