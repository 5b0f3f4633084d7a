/** What a person is told when the user cannot change here: only where the server's key for sealed work was never seen. */
import type { Label } from '../wire/types'

export const UNSENT: Label = {
  zh: '本机还有没送达的记录或照片，而且还不能密封。请连上网络，等全部送达后再换人登录或退出。',
  en: 'This phone still holds records or photos the office has not received, and cannot seal them yet. Connect and wait until all are received.',
}
