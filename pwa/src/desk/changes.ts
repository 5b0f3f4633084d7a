/** What a history entry says happened. For: History.svelte. A word this table does not know is shown as the server wrote it. */
import type { Label } from '../wire/types'
import { term } from '../words'

const CHANGES: Record<string, Label> = {
  recorded: { zh: '记录', en: 'Recorded' },
  corrected: { zh: '更正', en: 'Corrected' },
  withdrawn: { zh: '撤回', en: 'Withdrawn' },
  released: { zh: '放行', en: 'Released' },
  escalated: { zh: '升级', en: 'Escalated' },
  state: { zh: '状态', en: 'State' },
  filed: { zh: '申报', en: 'Filed' },
  opened: { zh: '建立', en: 'Opened' },
}

export function changeTitle(change: string): Label {
  const known = CHANGES[change]
  if (known !== undefined) return known
  for (const group of ['record', 'decision'] as const) {
    const named = term(group, change)
    if (named.zh !== change) return named
  }
  return { zh: change, en: change.replaceAll('_', ' ') }
}

/** Why, in words: a sentence somebody wrote, or the outcome of a visit, which is one of a list. */
export function reasonWords(reason: string): Label {
  return term('outcome', reason)
}
