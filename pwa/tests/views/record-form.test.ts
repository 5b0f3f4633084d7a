/** A form stands before the disk has said whether it was begun before; nothing that was begun is replaced by that. */
import { beforeEach, expect, it, vi } from 'vitest'
import { loadDraft, saveDraft } from '../../src/store/drafts'
import { local } from '../../src/store/local'
import { capturePhoto } from '../../src/store/photos'
import { RecordForm } from '../../src/views/form/record-form.svelte'

const picture = (seed: number) => capturePhoto(new Blob([new Uint8Array([seed, 2, 3])], { type: 'image/jpeg' }), 'overview', 'camera')
const form = () => new RecordForm({ key: 'a form', correct: null, first: () => ({ note: '', stage: 'tiling' }), fromFact: () => ({}) })

beforeEach(async () => {
  vi.restoreAllMocks()
  await local.write(['drafts', 'photo_bytes'], async (transaction) => {
    await transaction.clear('drafts')
    await transaction.clear('photo_bytes')
  })
})

it('shows at once what it begins with, and can be filled in when the disk has answered', async () => {
  const one = form()
  const opening = one.open()

  expect([one.stage, one.values]).toEqual(['opening', { note: '', stage: 'tiling' }])
  await opening
  one.set('note', '渗水')

  expect([one.stage, one.values]).toEqual(['open', { note: '渗水', stage: 'tiling' }])
})

it('a tap before the disk has answered does not replace what was begun', async () => {
  await saveDraft('a form', { values: { note: '渗水了' }, photos: [await picture(1)] })
  const one = form()
  const opening = one.open()
  one.set('note', 'x')
  await one.leave()
  await opening

  expect(one.values).toEqual({ note: '渗水了', stage: 'tiling' })
  expect(one.restored).toBe(true)
  expect((await loadDraft('a form'))?.values).toEqual({ note: '渗水了' })
})

it('a photo taken before the disk has answered is kept beside those of the draft', async () => {
  const [old, taken] = [await picture(1), await picture(2)]
  await saveDraft('a form', { values: {}, photos: [old] })
  const one = form()
  const opening = one.open()
  one.addPhoto(taken)
  await opening
  await one.leave()

  expect(one.photos.map((photo) => photo.sha256)).toEqual([old.sha256, taken.sha256])
  expect((await loadDraft('a form'))?.photos.map((photo) => photo.sha256)).toEqual([old.sha256, taken.sha256])
})

it('a photo and its place in the values are kept in one write: there is no moment in which it belongs nowhere', async () => {
  const [first, second] = [await picture(1), await picture(2)]
  const one = form()
  const place = (sha256: string) => () => one.set('of_item', [...((one.values['of_item'] ?? []) as string[]), sha256])
  const opening = one.open()
  one.addPhoto(first, place(first.sha256))
  await opening
  one.addPhoto(second, place(second.sha256))
  const kept = await vi.waitFor(async () => {
    const draft = await loadDraft('a form')
    expect(draft?.photos).toHaveLength(2)
    return draft
  }, { interval: 1 })

  expect(kept?.photos.map((photo) => photo.sha256)).toEqual([first.sha256, second.sha256])
  expect(kept?.values['of_item']).toEqual([first.sha256, second.sha256])
})

it('a draft that cannot be read is said, and read when it can be', async () => {
  await saveDraft('a form', { values: { note: '渗水了' }, photos: [] })
  const one = form()
  vi.spyOn(console, 'warn').mockImplementation(() => undefined)
  vi.spyOn(IDBDatabase.prototype, 'transaction').mockImplementation(() => { throw new DOMException('closing', 'InvalidStateError') })

  await one.open()

  expect([one.stage, one.problem]).toEqual(['unreadable', expect.stringContaining('没能读出草稿')])
  vi.restoreAllMocks()
  await one.open()
  expect([one.stage, one.problem, one.values['note']]).toEqual(['open', null, '渗水了'])
})

it('says that it is kept when the disk has it, and not a moment before', async () => {
  const one = form()
  await one.open()
  one.set('note', '渗水')
  expect(one.isKept).toBe(false)

  await one.leave()

  expect(one.isKept).toBe(true)
  one.set('note', '渗水了')
  expect(one.isKept).toBe(false)
})
