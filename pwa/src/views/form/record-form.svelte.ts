/**
 * A form's life: opened (empty, from its draft, or from a refused record), filled in, saved or left as a draft.
 *
 * For: what every form shares: values and photos, the draft at each field, one save.
 * Not for: fields (values.ts, missing.ts) or drawing. Saving is local and never waits for the network.
 */
import { get } from 'svelte/store'
import { toast } from '../../parts/toasts'
import { documents } from '../../store/documents'
import { dropDraft, loadDraft, saveDraft, type Draft } from '../../store/drafts'
import { outbox, saveRecords, validateRecord, type NewRecord } from '../../store/outbox'
import { photoBlob, type CapturedPhoto } from '../../store/photos'
import { session } from '../../store/session'
import { say, words } from '../../words'
import type { Fact, PhotoRef } from '../../wire/types'
import { areaOf } from '../subjects'
import { DraftKeeper } from './draft-keeper'
import type { Values } from './values'

export const PERFORMED_AT = '_performed_at'
export type Opening = { key: string; correct: string | null; first: () => Values; fromFact: (fact: Fact) => Values }

export class RecordForm {
  values = $state.raw<Values>({})
  photos = $state.raw<CapturedPhoto[]>([])
  stage = $state<'opening' | 'open' | 'saving' | 'saved'>('opening')
  restored = $state(false)
  problem = $state<string | null>(null)
  /** What the schema found, by field name; cleared by the next change. */
  errors = $state.raw<ReadonlyMap<string, string>>(new Map())
  /** The refused record this form corrects. */
  correcting = $state.raw<Fact | null>(null)
  readonly #opening: Opening
  readonly #keeper: DraftKeeper

  constructor(opening: Opening) {
    this.#opening = opening
    this.#keeper = new DraftKeeper(opening.key, { save: saveDraft, drop: dropDraft }, (error) => {
      console.warn('draft not kept', error)
      this.problem = get(words).form.draftNotKept
    })
  }

  async open(): Promise<void> {
    const { key, correct, first } = this.#opening
    const held = correct ? get(outbox).find((item) => item.document._id === correct && item.state === 'held') : undefined
    this.correcting = held?.document ?? null
    const draft = await loadDraft(key)
    if (draft) {
      this.values = { ...first(), ...draft.values }
      this.photos = draft.photos
      this.restored = true
    } else await this.#begin()
    this.stage = 'open'
  }

  set(name: string, value: Values[string]): void {
    this.change({ ...this.values, [name]: value })
  }

  change(values: Values): void {
    this.values = values
    this.#changed()
  }

  addPhoto(photo: CapturedPhoto): void {
    if (this.photos.some((one) => one.sha256 === photo.sha256 && one.kind === photo.kind)) return
    this.photos = [...this.photos, photo]
    this.#changed()
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
    await this.#begin()
  }

  /** Write the draft now: the screen is about to go. */
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
    await this.#keeper.end()
    const saved = await saveRecords(records, { draft: this.#opening.key, ...(this.correcting ? { replaces: this.correcting._id } : {}) })
    if (!saved.ok) {
      this.stage = 'open'
      this.problem = get(say)(saved.message)
      // Not awaited: a phone that could not save may have no room for the draft either, and the form must stay usable.
      void this.#keeper.resume(() => this.#draft())
      return null
    }
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

  async #begin(): Promise<void> {
    this.values = this.correcting ? { ...this.#opening.first(), ...this.#opening.fromFact(this.correcting) } : this.#opening.first()
    this.photos = this.correcting ? await photosOf(this.correcting) : []
  }

  #changed(): void {
    this.errors = new Map()
    this.problem = null
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
    blob && blob.size === ref.bytes ? [{ blob, sha256: ref.sha256, bytes: ref.bytes, mime: ref.mime, kind: ref.kind, takenAt: ref.taken_at, source: ref.source }] : [],
  )
}

/** `items` for `/body/items/3/note`, `photos` for `/photos`. */
function fieldAt(path: string): string {
  const [, top = '', name = ''] = path.split('/')
  return top === 'body' ? name : top
}
