/** Which subjects a record can be about, for kinds of case that only the catalogue knows. */
import { describe, expect, it } from 'vitest'
import { candidates } from '../../src/views/candidates'
import { areaOf } from '../../src/views/subjects'
import type { CatalogueDocument, JsonObject } from '../../src/wire/types'

const title = (en: string) => ({ zh: en, en })
function type(record_type: string, subject_kind: string, more: Partial<CatalogueDocument> = {}): CatalogueDocument {
  return { _id: `catalogue:${record_type}`, type: 'catalogue', record_type, title: title(record_type), system: 's', subject_kind, offline: true, roles: [], photos: { min: 0, kinds: [] }, form: [], schema: {}, rules: [], ...more }
}
const STATES = [{ value: 'received', title: title('Received') }, { value: 'closed', title: title('Closed') }]
const complaint = type('complaint', 'complaint', { subject_kinds: ['household', 'unit', 'area', 'complaint'], states: STATES, ends: ['closed'] })
const step = type('complaint_step', 'complaint', { subject_kinds: ['complaint'] })
const catalogue = new Map([complaint, step].map((one) => [one.record_type, one]))
const places = { areas: [{ id: 'a1', name: '一片区' }], projects: [{ id: 'demo', name: '示范' }] }

function status(id: string, state: string, text: string): JsonObject {
  return { _id: `status:complaint:${id}`, type: 'status', of: `complaint:${id}`, kind: 'complaint', project: 'demo', area: 'a1', state, fields: { unit_no: '3-1-502', text }, due: [], history: [], held: [], updated_at: '' }
}
const documents: JsonObject[] = [
  { _id: 'unit:demo-3-1-502', type: 'unit', body: { unit_no: '3-1-502', status: 'occupied' } },
  { _id: 'household:demo-3-1-502-owner', type: 'household', body: { unit_id: 'unit:demo-3-1-502', role: 'owner', name: '王海' } },
  status('A', 'received', '楼上装修太吵，中午也不停，希望管家到场处理一下这件事情'),
  status('B', 'closed', '已结束'),
]
const docs = new Map(documents.map((one) => [String(one['_id']), one]))
const byType = (wanted: string): JsonObject[] => documents.filter((one) => one['type'] === wanted)
const subjects = (of: CatalogueDocument): string[] => candidates(of, docs, byType, catalogue, places).map((one) => one.subject)

describe('subjects of a declared kind', () => {
  it('offers what a case can be about, and not the case itself', () => {
    expect(new Set(subjects(complaint))).toEqual(new Set(['unit:demo-3-1-502', 'household:demo-3-1-502-owner', 'area:a1']))
  })

  it('offers the open cases to a step, by their words and the name of their state', () => {
    const found = candidates(step, docs, byType, catalogue, places)
    expect(found.map((one) => one.subject)).toEqual(['complaint:A'])
    expect(found[0]?.state?.en).toBe('Received')
    expect(found[0]?.name).toMatch(/^楼上装修太吵.{16,19}…$/)
  })

  it('offers own areas and projects', () => {
    expect(subjects(type('public_area_patrol', 'area', { subject_kinds: ['area'] }))).toEqual(['area:a1'])
    expect(subjects(type('meeting', 'meeting', { subject_kinds: ['project', 'meeting'], states: STATES }))).toEqual(['project:demo'])
  })

  it('leaves the first screens as they were', () => {
    expect(subjects(type('fee_visit', 'household', { subject_kinds: ['household', 'unit', 'fee_account'] }))).toEqual(['household:demo-3-1-502-owner'])
  })

  it('puts a record about an area into that area', () => {
    expect(areaOf(docs, 'area:a2', 'a1')).toBe('a2')
    expect(areaOf(docs, 'project:demo', 'a1')).toBe('a1')
  })
})
