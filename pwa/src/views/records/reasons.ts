/**
 * Why the office did not take a record, and what to do about it, in the language of the person.
 *
 * For: the reason as the server wrote it, without its technical places, followed by advice for the code it carries.
 * Not for: deciding anything: a code never seen before must still read well.
 */
import type { Label } from '../../wire/types'
import type { Language } from '../../words/format'

const SUPERVISOR: Label = { zh: '主管已经看到，请等主管处理。', en: 'Your supervisor has it and decides.' }
// The reason itself says who goes on from here.
const SAID: Label = { zh: '', en: '' }
const CORRECT: Label = { zh: '请改正后重新发送。', en: 'Correct it and send again.' }
const OFFICE: Label = { zh: '请联系管理员；记录和照片都在本机。', en: 'Ask your administrator; record and photos are safe on this phone.' }
const AGAIN: Label = { zh: '请稍后原样重新发送；记录和照片都在本机。', en: 'Send it again unchanged later; record and photos are safe on this phone.' }

const ADVICE: Record<string, Label> = {
  after_transfer: SAID,
  already_decided: SUPERVISOR,
  not_your_record: SUPERVISOR,
  role_not_permitted: SUPERVISOR,
  wrong_area: SUPERVISOR,
  wrong_database: OFFICE,
  wrong_device: OFFICE,
  not_author: OFFICE,
  unknown_type: OFFICE,
  unreadable: OFFICE,
  too_large: OFFICE,
  held_full: AGAIN,
}

export function heldReason(code: string | undefined, reason: string | undefined, language: Language): string {
  const said = sideOf(reason ?? '', language).replace(/\s*\(\/[^)]*\)/g, '').trim()
  const advice = (ADVICE[code ?? ''] ?? CORRECT)[language]
  if (!said) return [code, advice].filter(Boolean).join(language === 'zh' ? '。' : '. ')
  return /[。.！!？?]$/.test(said) ? joined(said, advice, language) : joined(`${said}${language === 'zh' ? '。' : '.'}`, advice, language)
}

/** A reason carries both languages, as `中文 | English` or `中文。English.`; else it is in one, and shown as it is. */
function sideOf(reason: string, language: Language): string {
  const [zh = '', en = ''] = reason.split(' | ')
  const [, before, after] = /^([^A-Za-z]*[\u4e00-\u9fff][^A-Za-z]*。)\s*([A-Z][^\u4e00-\u9fff]*)$/.exec(zh) ?? []
  if (language === 'zh') return before ?? zh
  return after ?? (en || zh)
}

function joined(said: string, advice: string, language: Language): string {
  return language === 'zh' ? `${said}${advice}` : `${said} ${advice}`.trim()
}
