/** What a push says on the lock screen, and where a tap on it leads. Pure: no service worker here.
 *
 * For: `noticeOf`, `pathOf`; sw.ts shows and opens. The words come from the server's fixed templates, in the language the
 * person chose, without personal data (server/notify/outward.py); what cannot be read is told of in both languages.
 * Not for: deciding what is sent. Source: RFC 8291 (only our server can write what is read here); promises S-31, S-34.
 */
export type Notice = { title: string; body: string; tag: string; urgent: boolean; path: string }

const URGENT_LEVEL = 3
const LONGEST = { title: 80, body: 240, tag: 200 }
export const UNREADABLE: Notice = {
  title: '巡录有新的提醒 · New in Xunlu',
  body: '请打开巡录查看。Open Xunlu to see it.',
  tag: 'unreadable',
  urgent: false,
  path: '/inbox',
}

/** The notice of one push's text; `UNREADABLE` for anything but our server's shape. */
export function noticeOf(text: string | null): Notice {
  const message = objectIn(text)
  const title = line(message?.['title'], LONGEST.title)
  const body = line(message?.['text'], LONGEST.body)
  if (message === null || title === '' || body === '') return UNREADABLE
  return {
    title,
    body,
    tag: line(message['tag'], LONGEST.tag) || UNREADABLE.tag,
    urgent: typeof message['level'] === 'number' && message['level'] >= URGENT_LEVEL,
    path: pathOf(message['link']),
  }
}

/** A screen of this app; the inbox for anything else. */
export function pathOf(link: unknown): string {
  if (typeof link !== 'string' || !/^\/(?![/\\])[\w\-./:?=&%]*$/.test(link)) return UNREADABLE.path
  return /^\/(api|db|media)(\/|$)/.test(link) ? UNREADABLE.path : link
}

function objectIn(text: string | null): Record<string, unknown> | null {
  if (text === null) return null
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : null
  } catch (error) {
    if (error instanceof SyntaxError) return null
    throw error
  }
}

function line(value: unknown, longest: number): string {
  return typeof value === 'string' ? Array.from(value).slice(0, longest).join('') : ''
}
