/** Windows that stand open: airings begun and not yet ended, wherever the person is in the app and after any restart.
 *
 * For: the bar that counts their minutes. The start is in the form's draft, so nothing more has to be kept.
 * Not for: how long is long enough (the setting vac.air_min_minutes), or the record itself (the form saves it).
 */
import { derived, type Readable } from 'svelte/store'
import { draftsBegun, type Begun } from './drafts'

export type RunningAiring = { unit: string; openedAt: string }

export const runningAirings: Readable<RunningAiring[]> = derived(draftsBegun, (begun) => [...begun.values()].flatMap(running))

function running({ key, values }: Begun): RunningAiring[] {
  const [type, unit = ''] = key.split('|')
  const openedAt = values['opened_at']
  return type === 'airing' && unit !== '' && typeof openedAt === 'string' && openedAt !== '' && !values['closed_at'] ? [{ unit, openedAt }] : []
}
