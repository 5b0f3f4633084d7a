/** Batches, rows, and where a record goes. */
import { expect, test } from 'vitest'
import type { KeptOutboxItem } from '../../src/store/kept'
import { batchesOf, MAX_BATCH_BYTES, outcomesOf, targetOf } from '../../src/sync/push'
import type { Fact, JsonObject, Me } from '../../src/wire/types'

const item = (id: string, change: Partial<KeptOutboxItem> = {}, text = ''): KeptOutboxItem => ({
  document: { _id: id, area: 'a1', body: { text } } as unknown as Fact, hash: 'h', rev: `1-${id}`, user: 'steward1', database: 'area-a1', savedAt: '2026-11-25T00:00:00Z', state: 'saved', tries: 0, ...change,
})
const sent = [item('a'), item('b'), item('c')]
const row = (id: string): JsonObject => ({ ok: true, id, rev: `1-${id}` })

test('a full list says how each went', () => {
  const rows: JsonObject[] = [row('a'), { id: 'b', rev: '1-b', error: 'forbidden', code: 'not_author', reason: '作者不符' }, { id: 'c', error: 'internal_error' }]

  expect([...outcomesOf(rows, sent)]).toEqual([
    ['a', { state: 'sent' }], ['b', { state: 'held', code: 'not_author', reason: '作者不符', onlyHere: false }], ['c', { state: 'failed', code: 'internal_error' }],
  ])
})

test('the order of the rows does not matter', () => {
  expect([...outcomesOf([row('c'), row('a'), row('b')], sent).values()]).toEqual([{ state: 'sent' }, { state: 'sent' }, { state: 'sent' }])
})

test.each([
  ['empty', []], ['short', [row('a'), row('b')]], ['doubled', [row('a'), row('a'), row('b')]], ['with a stranger', [row('a'), row('b'), row('x')]],
  ['without an id', [row('a'), row('b'), { ok: true, rev: '1-c' }]], ['of another revision', [row('a'), row('b'), { ...row('c'), rev: '2-c' }]],
  ['not a list', { ok: true }], ['of nothing', [null, null, null]],
])('a list that is %s is believed in nothing', (_name, rows) => {
  expect(() => outcomesOf(rows, sent)).toThrow(expect.objectContaining({ name: 'WrongAnswer' }))
})

test('a batch has at most 50 records and 1 MB, and what failed often goes alone at the end', () => {
  const many = Array.from({ length: 120 }, (_, place) => item(`m${place}`))
  expect(batchesOf(many).map((batch) => batch.length)).toEqual([50, 50, 20])
  const large = [item('l1', {}, 'x'.repeat(MAX_BATCH_BYTES / 2)), item('l2', {}, 'x'.repeat(MAX_BATCH_BYTES / 2)), item('l3')]
  expect(batchesOf(large).map((batch) => batch.map((one) => one.document._id))).toEqual([['l1'], ['l2', 'l3']])
  expect(batchesOf([item('bad', { tries: 3 }), item('good'), item('new', { tries: 2 })]).map((batch) => batch.map((one) => one.document._id))).toEqual([['good', 'new'], ['bad']])
})

const me = (databases: Me['databases']): Me => ({ user: 'steward1', display_name: '', roles: [], projects: [], areas: [], databases, epoch: 'e', now: '' })

test('a record goes to its own database, after a transfer to one that may still be pushed to', () => {
  const a1 = { name: 'area-a1', access: 'read_write' as const, kind: 'area' as const }
  const a2 = { name: 'area-a2', access: 'read_write' as const, kind: 'area' as const }
  const project = { name: 'project-demo', access: 'read' as const, kind: 'project' as const }

  expect(targetOf(item('a'), me([project, a2, a1]))).toBe('area-a1')
  expect(targetOf(item('a', { database: null }), me([project, a2, a1]))).toBe('area-a1')
  expect(targetOf(item('a'), me([project, a2]))).toBe('area-a2')
  expect(targetOf(item('a'), me([project]))).toBeNull()
})
