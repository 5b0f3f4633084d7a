/** What a push says on the lock screen, and where it leads. Source: docs/notifying.md; promises S-31. */
import { expect, test } from 'vitest'
import { noticeOf, pathOf, UNREADABLE } from '../../src/push-notice'

const SENT = { tag: 'alarm:R-DEC-11:violation:V1:round-1:3', level: 3, title: '违规审批超时', text: '片区a1，1 项，时限 11-23 09:00。请打开巡录查看。', link: '/inbox' }

test('a message of the server is shown in its own words, an alarm with a sound', () => {
  expect(noticeOf(JSON.stringify(SENT))).toEqual({ title: SENT.title, body: SENT.text, tag: SENT.tag, urgent: true, path: '/inbox' })
  expect(noticeOf(JSON.stringify({ ...SENT, level: 2 })).urgent).toBe(false)
})

test.each([null, '', '<html>', '[]', 'null', '{}', JSON.stringify({ ...SENT, title: 7 }), JSON.stringify({ ...SENT, text: '' })])(
  'what is no message of the server, %s, is told of in both languages',
  (text) => expect(noticeOf(text)).toEqual(UNREADABLE),
)

test('a title of any length is cut between characters', () => {
  expect(Array.from(noticeOf(JSON.stringify({ ...SENT, title: '𠮷'.repeat(500) })).title)).toHaveLength(80)
})

test.each(['https://elsewhere.example/', '//elsewhere.example', '/\\elsewhere.example', 'javascript:alert(1)', '/api/me', '/media/photos/x', '/a b', 7, null])(
  'a link to %s leads to the inbox',
  (link) => expect(pathOf(link)).toBe('/inbox'),
)

test.each(['/', '/inbox', '/violation/violation:01J', '/units/unit:demo-1-1-101?from=push'])('a link to the screen %s leads there', (link) => expect(pathOf(link)).toBe(link))
