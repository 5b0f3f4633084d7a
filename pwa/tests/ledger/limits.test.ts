/** Periods, shares, limits and declared duties: the vectors that Python and TypeScript share, read by the phone's code. */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { dutyBookFrom } from '../../src/ledger/duty-table'
import { limitOf, type Within } from '../../src/ledger/limits'
import { periodOf, shareOf, type Every } from '../../src/ledger/periods'
import type { Surroundings } from '../../src/store/acts'
import { casesBegunHere, declaredDuties } from '../../src/store/declared-duties'
import type { Fact, Json, JsonObject, StatusDocument } from '../../src/wire/types'

type WireFact = { id: string; type: string; subject: string; performed_at: string; body: JsonObject }
type WireDue = { period?: string; opens_at: string; due_at: string; status: string; satisfied_by: string | null }
type Vectors = {
  settings: { [key: string]: Json }
  declared: { [rule: string]: JsonObject }
  periods: { day: string; every: Every; name: string; first: string; last: string }[]
  shares: { base: number; percent: number; least: number; needed: number }[]
  limits: { name: string; within: Within; settings: JsonObject; holidays?: string[]; opened: string; fields: JsonObject; opens_at: string | null; due_at: string | null }[]
  duties: { name: string; rule: string; subject: string; kind: string; state?: string; now: string; facts: WireFact[]; due: WireDue | null }[]
}

const vectors = JSON.parse(readFileSync(new URL('../../../tests/vectors/limits.json', import.meta.url), 'utf8')) as Vectors
const ZONE = 'Asia/Shanghai'
const stamp = (at: number): string => new Date(at).toISOString().replace('.000Z', 'Z')
const book = dutyBookFrom([{ duties: Object.fromEntries(Object.entries(vectors.declared).map(([rule, declared]) => [rule, { title: { zh: rule, en: rule }, forms: [], met_by: [], declared }])) }])
const factOf = ({ id, type, subject, performed_at, body }: WireFact): Fact => ({ _id: id, type, v: 1, project: 'demo', area: 'a1', subject, author: 'steward1', device: 'dev-1', performed_at, photos: [], body })
const place = { unit: '', unit_no: '', building: '', entrance: '', floor: 0 }

describe('periods', () => it.each(vectors.periods)('$day lies in $name', ({ day, every, ...period }) => expect(periodOf(day, every)).toEqual(period)))
describe('shares', () => it.each(vectors.shares)('$percent % of $base is $needed', ({ base, percent, least, needed }) => expect(shareOf(base, percent, least)).toBe(needed)))

describe('limits', () => {
  it.each(vectors.limits)('$name', ({ within, opened, fields, settings, holidays, opens_at, due_at }) => {
    const window = limitOf(within, Date.parse(opened), fields, new Map(Object.entries(settings)), { zone: ZONE, holidays: new Set(holidays), makeupDays: new Set() })

    expect(window === null ? [null, null] : [stamp(window.opensAt), stamp(window.dueAt)]).toEqual([opens_at, due_at])
  })
})

describe('declared duties', () => {
  it.each(vectors.duties)('$name', ({ rule, subject, kind, state, now, facts: wire, due }) => {
    const facts = wire.map(factOf)
    const around: Surroundings = {
      now: new Date(now), calendar: { zone: ZONE, holidays: new Set(), makeupDays: new Set() }, settings: new Map(), defaults: new Map(Object.entries(vectors.settings)), book,
      facts: (about) => facts.filter((fact) => fact.subject === about || fact._id === about), records: (type) => facts.filter((fact) => fact.type === type),
      unsent: new Set(facts.map((fact) => fact._id)), refused: new Set(),
    }
    const known: StatusDocument = { _id: `status:${subject}`, type: 'status', of: subject, kind, project: 'demo', area: 'a1', state: 'pending', fields: { ...place, rule }, due: [], history: [], held: [], updated_at: now }
    const [status = known] = casesBegunHere(facts, () => state ?? null, () => undefined, () => place)

    const found = declaredDuties(status, around).filter((duty) => duty.rule === rule)

    const acts = new Map(facts.map((fact) => [Date.parse(fact.performed_at), fact._id]))
    const shown = found.map((duty) => ({ ...(due?.period === undefined ? {} : { period: duty.period }), opens_at: stamp(duty.opensAt), due_at: stamp(duty.dueAt), status: duty.status, satisfied_by: duty.doneAt === null ? null : acts.get(duty.doneAt) }))
    expect(shown).toEqual(due === null ? [] : [due])
  })
})
