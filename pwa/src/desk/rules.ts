/**
 * Names of the rules that make something due.
 *
 * For: the due board and the duties of a record. Not for: what a rule demands; the server judges that.
 * Source: domain.md 3.1, 3.2, 3.4; an unknown rule is shown by its id.
 */
import type { Label } from '../wire/types'

export const RULES: Record<string, Label> = {
  'R-DEC-06': { zh: '装修每日巡查', en: 'Daily decoration patrol' },
  'R-DEC-11': { zh: '违规审批', en: 'Decide a violation' },
  'R-DEC-14': { zh: '违规整改复查', en: 'Re-check a violation' },
  'R-VAC-02': { zh: '空置房巡检', en: 'Vacancy check' },
  'R-VAC-03': { zh: '空置房通风', en: 'Airing' },
  'R-VAC-04': { zh: '空置房保洁', en: 'Vacant-unit cleaning' },
  'R-FEE-06': { zh: '月度催缴', en: 'Monthly fee measure' },
  'R-FEE-11': { zh: '收费跟进', en: 'Fee follow-up' },
}

/** `given` is what the server calls it, for the many rules that have no words here. */
export function ruleTitle(rule: string, given?: Label): Label {
  return RULES[rule] ?? given ?? { zh: rule, en: rule }
}
