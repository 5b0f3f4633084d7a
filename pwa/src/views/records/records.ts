/**
 * What this person recorded, where each record is on its way, and what it says in one line. Pure.
 *
 * For: the list of records and every history line. Not for: the states themselves (store/outbox).
 */
import type { SendState } from '../../parts/tone'
import type { OutboxItem } from '../../store/outbox'
import type { Fact, JsonObject, Label } from '../../wire/types'
import { term, type Words } from '../../words'
import { moment, yuan, type Language } from '../../words/format'
import { isObject, list, text, unitNoOf, type Docs } from '../subjects'

export type RecordRow = { fact: Fact; state: SendState }
/** A row as it is read. */
export type RecordLine = { id: string; state: SendState; unitNo: string; title: string; detail: string }
export type RowReader = { docs: Docs; titleOf: (type: string) => Label; say: (label: Label) => string; words: Words; language: Language }

/** One's own records, newest first: what waits or was refused by the outbox, all else has been received. */
export function recordRows(documents: Iterable<JsonObject>, outbox: readonly OutboxItem[], author: string): RecordRow[] {
  const waiting = new Map(outbox.map((item) => [item.document._id, item]))
  const rows: RecordRow[] = []
  for (const document of documents) {
    if (document['author'] !== author || typeof document['performed_at'] !== 'string') continue
    const fact = document as unknown as Fact
    rows.push({ fact, state: waiting.get(fact._id)?.state ?? 'received' })
    waiting.delete(fact._id)
  }
  for (const item of waiting.values()) rows.push({ fact: item.document, state: item.state })
  const at = new Map(rows.map((row) => [row, Date.parse(row.fact.performed_at)]))
  return rows.sort((one, other) => (at.get(other) ?? 0) - (at.get(one) ?? 0) || (one.fact._id < other.fact._id ? 1 : -1))
}

/** The rows in words. A line of `before` that says the same is given again, so that a thousand rows are not drawn anew for one. */
export function recordLines(rows: readonly RecordRow[], { docs, titleOf, say, words, language }: RowReader, before: readonly RecordLine[]): RecordLine[] {
  const known = new Map(before.map((line) => [line.id, line]))
  return rows.map(({ fact, state }) => {
    const [unitNo, title] = [unitNoOf(docs, fact.subject) || '–', say(titleOf(fact.type))]
    const detail = [moment(fact.performed_at, language), summaryOf(fact, words, say)].filter(Boolean).join(' · ')
    const old = known.get(fact._id)
    const isSame = old !== undefined && old.state === state && old.unitNo === unitNo && old.title === title && old.detail === detail
    return isSame ? old : { id: fact._id, state, unitNo, title, detail }
  })
}

export function countBy(rows: readonly RecordRow[]): Record<SendState, number> {
  const counts: Record<SendState, number> = { saved: 0, sent: 0, received: 0, held: 0 }
  for (const row of rows) counts[row.state] += 1
  return counts
}

/** The gist of a record: what was found, decided or promised. Empty when there is nothing to add to its title. */
export function summaryOf(fact: Fact, words: Words, say: (label: Label) => string): string {
  const body = fact.body
  switch (fact.type) {
    case 'decoration_patrol':
    case 'vacancy_check': {
      const abnormal = list(body['items']).filter((item) => isObject(item) && item['result'] === 'abnormal').length
      return abnormal > 0 ? words.decoration.abnormal(abnormal) : words.decoration.allNormal
    }
    case 'violation':
      return [say(term('violationCategory', text(body['category']))), text(body['place_in_unit'])].filter(Boolean).join(' · ')
    case 'violation_recheck':
      return say(term('recheckResult', text(body['recheck_result'])))
    case 'violation_decision':
      return say(term('decision', text(body['decision'])))
    case 'fee_visit': {
      const paid = body['paid_amount']
      const promised = body['promise_amount']
      const sum = typeof paid === 'number' ? yuan(paid) : typeof promised === 'number' ? yuan(promised) : ''
      return [say(term('measure', text(body['measure']))), say(term('outcome', text(body['outcome']))), sum].filter(Boolean).join(' · ')
    }
    case 'violation_progress':
      return text(body['text'])
    default:
      return ''
  }
}

/** Facts that took this one's place or withdrew it. */
export function successorOf(fact: Fact, about: readonly Fact[]): 'amended' | 'voided' | null {
  if (about.some((one) => one.voids === fact._id)) return 'voided'
  return about.some((one) => one.amends === fact._id) ? 'amended' : null
}
