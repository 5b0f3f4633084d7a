/** What people are called. Records name users; screens show the names that colleagues read.
 *
 * For: `$nameOf(user)`, on the phone and on the desk, without a network. Not for: rights (the server's).
 */
import { derived, type Readable } from 'svelte/store'
import { session } from './session'

/** The display name of a user; a user nobody here knows (from another project) keeps the user name. */
export const nameOf: Readable<(user: string) => string> = derived(session, (who) => {
  const names = who?.me.colleagues ?? {}
  return (user: string) => names[user] ?? user
})
