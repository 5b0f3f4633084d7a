/**
 * A form's life: opened (empty, from its draft, or from a refused record), filled in, saved or left as a draft.
 *
 * For: what every form shares: values and photos, the draft at each field, one save.
 * Not for: fields (values.ts, missing.ts) or drawing. Saving is local and never waits for the network.
 */
import { get } from 'svelte/store'
import { toast } from '../../parts/toasts'
import { documents } from '../../store/documents'
import { draftEnded, dropDraft, loadDraft, saveDraft, type Draft } from '../../store/drafts'
import { StorageFull } from '../../store/local'
import { outbox, saveRecords, type NewRecord } from '../../store/outbox'
import { photoBlob, type CapturedPhoto } from '../../store/photos'
import { session } from '../../store/session'
import { validateRecord } from '../../store/validation'
import { say, words } from '../../words'
import type { Fact, Label, PhotoNotes, PhotoRef } from '../../wire/types'
import { areaOf } from '../subjects'
import { DraftKeeper } from './draft-keeper'
import type { Values } from './values'

export const PERFORMED_AT = '_performed_at'
const UNREADABLE: Label = {
  zh: '手机没能读出草稿，这张表单还不能填。以前保存的记录不受影响，请再试一次。',
  en: 'This phone could not read the draft, so this form cannot be filled in yet. What was saved before is still here; try again.',
}
export type Opening = { key: string; correct: string | null; first: () => Values; fromFact: (fact: Fact) => Values }

export class RecordForm {
  values = $state.raw<Values>({})
  photos = $state.raw<CapturedPhoto[]>([])
  stage = $state<'opening' | 'unreadable' | 'open' | 'saving' | 'saved'>('opening')
  /** The first screenful stands; what is further down follows when it has been drawn. */
  isWhole = $state(false)
  restored = $state(false)
  problem = $state<string | null>(null)
  /** Saving failed for want of room: the form stays, and room can be made without leaving it. */
  isFull = $state(false)
  /** The last try to save failed, and nothing was changed since. */
  #isRefused = false
  /** What the schema found, by field name; cleared by the next change. */
  errors = $state.raw<ReadonlyMap<string, string>>(new Map())
  /** The refused record this form corrects. */
  correcting = $state.raw<Fact | null>(null)
  /** The values of the last draft that was written. */
  #kept = $state.raw<Values | null>(null)
  /** Photos whose place is to be noted in the values when these can be changed. */
  readonly #unplaced: (() => void)[] = []
  readonly #opening: Opening
  readonly #keeper: DraftKeeper

  constructor(opening: Opening) {
    this.#opening = opening
    this.#keeper = new DraftKeeper(opening.key, { save: (key, draft) => this.#keep(key, draft), drop: dropDraft }, (error) => {
      console.warn('draft not kept', error)
      // That nothing was saved is said already, with its reason; the draft fails for the same one.
      if (this.#isRefused) return
      this.isFull = error instanceof StorageFull
      this.problem = this.isFull ? get(words).form.draftFull : get(words).form.draftNotKept
    })
  }

  /** At once with what the form begins with, to be looked at. Changes count when the disk has said whether there is a draft: earlier, they would replace it. */
  async open(): Promise<void> {
    const { key, correct, first } = this.#opening
    this.stage = 'opening'
    this.problem = null
    const held = correct ? get(outbox).find((item) => item.document._id === correct && item.state === 'held') : undefined
    this.correcting = held?.document ?? null
    this.values = this.#firstValues()
    try {
      const draft = await loadDraft(key)
      if (draft) {
        this.values = { ...first(), ...draft.values }
        this.#kept = this.values
        this.restored = true
      }
      const before = draft ? draft.photos : await this.#firstPhotos()
      const taken = this.photos
      this.photos = [...before, ...taken]
      this.stage = 'open'
      if (taken.length > 0) this.#keepPhotos()
    } catch (error) {
      console.warn('the draft of a form could not be read', error)
      this.problem = get(say)(UNREADABLE)
      this.stage = 'unreadable'
    }
  }

  set(name: string, value: Values[string]): void {
    this.change({ ...this.values, [name]: value })
  }

  change(values: Values): void {
    if (this.stage === 'opening') return
    this.values = values
    this.#changed()
  }

  /** `place`: puts it where it belongs in the values. It is kept with them in one write: a photo without its place would be seen nowhere. */
  addPhoto(photo: CapturedPhoto, place: () => void = () => undefined): void {
    const same = this.photos.findIndex((one) => one.sha256 === photo.sha256 && one.kind === photo.kind)
    // The same photo again: something became known of it since, such as where it was taken.
    if (same >= 0) this.photos = this.photos.map((one, index) => (index === same ? { ...one, notes: { ...one.notes, ...photo.notes } } : one))
    else this.photos = [...this.photos, photo]
    this.#unplaced.push(place)
    if (this.stage !== 'opening') this.#keepPhotos()
  }

  removePhoto(sha256: string, kind?: PhotoRef['kind']): void {
    this.photos = this.photos.filter((one) => one.sha256 !== sha256 || (kind !== undefined && one.kind !== kind))
    this.#changed()
  }

  /** Throw away what was restored and begin anew. */
  async discard(): Promise<void> {
    this.restored = false
    this.problem = null
    await this.#keeper.discard()
    this.values = this.#firstValues()
    this.photos = await this.#firstPhotos()
  }

  /** Whether the phone has everything that was chosen and typed here. */
  get isKept(): boolean {
    return this.values === this.#kept
  }

  /** Write the draft now: the screen is about to go, or a moment was noted that cannot be noted again. */
  leave(): Promise<void> {
    return this.#keeper.flush()
  }

  /** Save all records, or none. What the schema finds in a shown field keeps the form open and is said there. */
  async save(records: NewRecord[], shown: readonly string[]): Promise<Fact[] | null> {
    if (this.stage !== 'open') return null
    const found = records.flatMap((record) => validateRecord(record)).map((one) => ({ field: fieldAt(one.path), text: get(say)(one.message) }))
    // A finding about something this form does not show cannot be mended here: the record is kept, and the office explains.
    const here = found.filter((one) => shown.includes(one.field))
    if (here.length > 0) {
      this.errors = new Map(here.map((one) => [one.field, one.text]))
      this.problem = here.map((one) => one.text).join('；')
      return null
    }
    this.stage = 'saving'
    this.problem = null
    this.isFull = false
    this.#isRefused = false
    await this.#keeper.end()
    const saved = await saveRecords(records.map(positioned), { draft: this.#opening.key, ...(this.correcting ? { replaces: this.correcting._id } : {}) })
    if (!saved.ok) {
      this.stage = 'open'
      this.problem = get(say)(saved.message)
      this.isFull = saved.code === 'full'
      this.#isRefused = true
      // Not awaited: a phone that could not save may have no room for the draft either, and the form must stay usable.
      void this.#keeper.resume(() => this.#draft())
      return null
    }
    draftEnded(this.#opening.key)
    this.stage = 'saved'
    navigator.vibrate?.(20)
    toast(get(words).form.saved, { tone: 'ok', icon: 'device', testid: 'saved-toast' })
    return saved.facts
  }

  /** When the act was done: asked for in a correction only, where it may be what is wrong. Kept with the draft. */
  get performedAt(): string {
    const said = this.values[PERFORMED_AT]
    return typeof said === 'string' && said !== '' ? said : (this.correcting?.performed_at ?? '')
  }

  /** Where and when this record belongs: a correction keeps the moment of the act. */
  envelope(subject: string): Pick<NewRecord, 'subject' | 'area' | 'performedAt'> {
    const area = areaOf(get(documents), subject, get(session)?.me.areas[0]?.id ?? '')
    return this.correcting ? { subject, area, performedAt: this.performedAt } : { subject, area }
  }

  #firstValues(): Values {
    return this.correcting ? { ...this.#opening.first(), ...this.#opening.fromFact(this.correcting) } : this.#opening.first()
  }

  async #firstPhotos(): Promise<CapturedPhoto[]> {
    return this.correcting ? photosOf(this.correcting) : []
  }

  /** At once: the bytes are then on the disk when the record is saved, which has only lines to write. */
  #keepPhotos(): void {
    for (const place of this.#unplaced.splice(0)) place()
    this.#changed()
    void this.#keeper.flush()
  }

  async #keep(key: string, draft: Draft): Promise<void> {
    await saveDraft(key, draft)
    this.#kept = draft.values
  }

  #changed(): void {
    this.errors = new Map()
    this.problem = null
    this.#isRefused = false
    this.#keeper.note(() => this.#draft())
  }

  #draft(): Draft {
    return { values: this.values, photos: this.photos }
  }
}

/** The photos of a record that are still on this phone, ready to be listed again. */
async function photosOf(fact: Fact): Promise<CapturedPhoto[]> {
  const found = await Promise.all(fact.photos.map(async (ref) => ({ ref, blob: await photoBlob(ref.sha256) })))
  return found.flatMap(({ ref, blob }) =>
    blob && blob.size === ref.bytes ? [{ blob, sha256: ref.sha256, bytes: ref.bytes, mime: ref.mime, kind: ref.kind, takenAt: ref.taken_at, source: ref.source, notes: notesOf(ref) }] : [],
  )
}

function notesOf({ watermark_text, copy_of, signer, gps }: PhotoRef): PhotoNotes {
  // Members that are not there are dropped when the record is written.
  return JSON.parse(JSON.stringify({ watermark_text, copy_of, signer, gps })) as PhotoNotes
}

/** Where the record was made: where its first photo with a position was taken. */
function positioned(record: NewRecord): NewRecord {
  const gps = record.gps ?? record.photos.find((photo) => photo.notes?.gps)?.notes?.gps
  return gps ? { ...record, gps } : record
}

/** `items` for `/body/items/3/note`, `photos` for `/photos`. */
function fieldAt(path: string): string {
  const [, top = '', name = ''] = path.split('/')
  return top === 'body' ? name : top
}
