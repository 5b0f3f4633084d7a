/**
 * Why the office did not take a record, in plain words.
 *
 * For: the codes a person meets often, said with what to do; any other reason is shown as the server wrote it.
 * Not for: deciding anything: a code never seen before must still read well.
 */
import type { Language } from '../../words/format'
import type { Label } from '../../wire/types'

const REASONS: Record<string, Label> = {
  not_your_area: { zh: '这户已不在你的片区。记录已交给主管处理。', en: 'This unit is no longer in your area. Your supervisor has the record.' },
  performed_in_future: { zh: '记录时间在未来。请检查手机的日期和时间，改正后重新发送。', en: 'The record lies in the future. Check date and time of this phone, correct it and send again.' },
  id_taken: { zh: '同一编号已有另一份记录。请改正后重新发送。', en: 'Another record already has this number. Correct it and send again.' },
}

/** The reason in the person's language. A server reason may carry both, as `中文 / English`. */
export function sendHeldReason(code: string | undefined, reason: string | undefined, language: Language): string {
  const known = code === undefined ? undefined : REASONS[code]
  if (known) return known[language]
  const [zh = '', en = ''] = (reason ?? '').split(' / ')
  const chosen = language === 'en' && en ? en : zh
  return chosen.trim() || code || '–'
}
