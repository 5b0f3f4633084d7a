/** What a sign-in that did not work tells the person: what happened, and what to do. Codes without words of our own speak for themselves. */
import type { Label } from '../../wire/types'
import type { Words } from '../../words'

export const NOTHING_TYPED: Label = { zh: '请填写用户名和密码', en: 'Please enter your user name and password' }

export function refusalText(refusal: { code: string; message: Label }, words: Words['signIn'], say: (label: Label) => string): string {
  switch (refusal.code) {
    case 'missing':
      return words.missing
    case 'wrong_credentials':
    case 'bad_credentials':
      return words.wrong
    case 'too_many_tries':
      return words.tooMany
    case 'offline':
      return words.noNetwork
    default:
      return say(refusal.message)
  }
}
