/**
 * The approvals queue as long as the desk is open: cases, what was typed about each, decisions waiting to be sent.
 *
 * For: Approvals.svelte and the strip of waiting decisions, which stays while other boards are open.
 * A case is pinned as it was first looked at: what a decision answers is what was on screen (promises F-50).
 * Not for: what a decision may be (decision.ts), the ten seconds (undo-queue.ts), drawing.
 */
import { everyPage } from '../api'
import type { DeskState } from '../desk.svelte'
import { Loader } from '../load.svelte'
import { problemFrom, type Problem } from '../problems'
import type { ApprovalItem, DecisionBody, Page } from '../types'
import { createUndoQueue, type Outcome, type UndoQueue, type Waiting } from '../undo-queue'
import { decisionBody, differenceOf, emptyForm, missingIn, nextAfter, queueOrder, withArrivals, type Difference, type Form } from './decision'
import { dropForm, keepForm, keptForm, rememberClause, usualClause } from './drafts'

const MOST_CASES = 500
export type Note = { key: number; item: ApprovalItem; decision: DecisionBody; problem: Problem }
/** How the evidence differs from the one looked at before, and which photos are new. */
export type Change = { difference: Difference; newPhotos: ReadonlySet<string> }

export type QueueNeeds = {
  storage: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>
  after: (ms: number, act: () => void) => () => void
  escalatedFirst: boolean
  /** Names the contract where neither the report nor this machine knows the clause. */
  generalClause: () => string
  sent: (item: ApprovalItem, decision: DecisionBody) => void
}

export class ApprovalsQueue {
  readonly list: Loader<Page<ApprovalItem>>
  waiting = $state.raw<readonly Waiting[]>([])
  /** Decisions that were refused or did not arrive; each stays until somebody has read it. */
  notes = $state.raw<readonly Note[]>([])
  #seen = $state.raw<ReadonlyMap<string, ApprovalItem>>(new Map())
  #changes = $state.raw<ReadonlyMap<string, Change>>(new Map())
  #forms = $state.raw<ReadonlyMap<string, Form>>(new Map())
  readonly #undo: UndoQueue
  #notes = 0

  constructor(
    private readonly desk: DeskState,
    private readonly needs: QueueNeeds,
  ) {
    this.list = new Loader(desk)
    this.#undo = createUndoQueue({
      now: () => desk.api.serverNow(),
      after: needs.after,
      send: async (item, decision) => void (await desk.api.decide(item.id, decision)),
      problemFrom,
      changed: (waiting) => (this.waiting = waiting),
      finished: (outcome) => void this.#finished(outcome),
    })
  }

  items: readonly ApprovalItem[] = $derived.by(() => queueOrder(this.list.data?.items ?? [], this.needs.escalatedFirst))
  /** Cases still to decide, without those already on their way. */
  open: number = $derived.by(() => {
    const total = Math.max(this.list.data?.total ?? 0, this.items.length)
    return Math.max(0, total - this.waiting.filter((entry) => this.items.some((item) => item.id === entry.item.id)).length)
  })

  load(): Promise<void> {
    return this.list.load((signal) => everyPage((cursor) => this.desk.api.approvals({ limit: 100, cursor }, signal), MOST_CASES))
  }

  isWaiting(id: string): boolean {
    return this.waiting.some((entry) => entry.item.id === id)
  }

  /** Pins the case as it stands, unless it was looked at before in this round. */
  look(id: string): void {
    const current = this.#current(id)
    if (current === undefined) return
    const seen = this.#seen.get(id)
    if (seen === undefined || seen.round !== current.round || seen.state !== current.state) this.#pin(current)
  }

  /** The case as it was looked at, with photos that have arrived since where the evidence is the same. */
  caseOf(id: string): ApprovalItem | null {
    const current = this.#current(id)
    if (current === undefined) return null
    const seen = this.#seen.get(id)
    return seen === undefined || seen.round !== current.round ? current : withArrivals(seen, current)
  }

  /** What changed since the case was looked at; null while what is on screen is what there is. */
  pendingDifference(id: string): Difference | null {
    const current = this.#current(id)
    const seen = this.#seen.get(id)
    if (current === undefined || seen === undefined || seen.round !== current.round) return null
    return seen.evidence_hash === current.evidence_hash ? null : differenceOf(seen, current)
  }

  /** Puts the new evidence on screen and remembers how it differs. What was typed stays. */
  loadEvidence(id: string): void {
    const current = this.#current(id)
    const seen = this.#seen.get(id)
    if (current === undefined || seen === undefined || seen.evidence_hash === current.evidence_hash) return
    const before = new Set(seen.photos.map((photo) => photo.sha256))
    const newPhotos = new Set(current.photos.map((photo) => photo.sha256).filter((sha256) => !before.has(sha256)))
    this.#changes = new Map(this.#changes).set(id, { difference: differenceOf(seen, current), newPhotos })
    this.#pin(current)
  }

  changeOf(id: string): Change | null {
    return this.#changes.get(id) ?? null
  }

  formOf(item: ApprovalItem): Form {
    const known = this.#forms.get(roundOf(item)) ?? keptForm(this.needs.storage, this.desk.me.user, roundOf(item))
    if (known !== null) return known
    const form = emptyForm(item, this.desk.today)
    if (form.clause !== '') return form
    return { ...form, clause: usualClause(this.needs.storage, categoryOf(item)) ?? this.needs.generalClause() }
  }

  write(item: ApprovalItem, form: Form): void {
    this.#forms = new Map(this.#forms).set(roundOf(item), form)
    keepForm(this.needs.storage, this.desk.me.user, roundOf(item), form)
  }

  /** Starts the ten seconds, or sends at once. Returns the case to show next; the same one when nothing could be submitted. */
  submit(item: ApprovalItem, how: { atOnce: boolean }): string | null {
    const form = this.formOf(item)
    if (missingIn(form, this.desk.today).length > 0) return item.id
    const next = nextAfter(this.items, item.id, (id) => this.isWaiting(id))
    if (!this.#undo.submit(item, decisionBody(form, item))) return item.id
    if (form.decision === 'confirm') rememberClause(this.needs.storage, categoryOf(item), form.clause.trim())
    if (how.atOnce) void this.#undo.sendNow(item.id)
    return next
  }

  /** Takes a decision back: the case to show again, or null when it is already on its way. */
  undo(id: string): string | null {
    return this.#undo.undo(id)?.item.id ?? null
  }

  /** Takes back the decision submitted last. */
  undoLast(): string | null {
    const last = [...this.waiting].reverse().find((entry) => entry.state === 'waiting')
    return last === undefined ? null : this.undo(last.item.id)
  }

  sendNow(id: string): Promise<void> {
    return this.#undo.sendNow(id)
  }

  sendAll(): Promise<void> {
    return this.#undo.sendAll()
  }

  /** Sends a decision again that did not arrive, without a second wait. */
  retry(note: Note): void {
    this.dismiss(note.key)
    if (this.#undo.submit(note.item, note.decision)) void this.#undo.sendNow(note.item.id)
  }

  dismiss(key: number): void {
    this.notes = this.notes.filter((note) => note.key !== key)
  }

  /** The page goes away: what waits is sent without waiting for an answer. */
  leave(): void {
    for (const { item, decision } of this.#undo.drain()) this.desk.api.decideOnLeaving(item.id, decision)
  }

  async #finished(outcome: Outcome): Promise<void> {
    const { item, decision, problem } = outcome
    if (problem === null) {
      this.#forget(item)
      this.needs.sent(item, decision)
    } else {
      if (problem.status === 401) this.desk.signInAgain = true
      this.#notes += 1
      this.notes = [...this.notes.filter((note) => note.item.id !== item.id), { key: this.#notes, item, decision, problem }]
      if (problem.code === 'already_decided') this.#forget(item)
    }
    await this.load()
    if (problem?.code === 'evidence_changed') this.loadEvidence(item.id)
  }

  #current(id: string): ApprovalItem | undefined {
    return this.items.find((item) => item.id === id)
  }

  #pin(item: ApprovalItem): void {
    this.#seen = new Map(this.#seen).set(item.id, item)
  }

  #forget(item: ApprovalItem): void {
    const forms = new Map(this.#forms)
    forms.delete(roundOf(item))
    this.#forms = forms
    dropForm(this.needs.storage, this.desk.me.user, roundOf(item))
    const seen = new Map(this.#seen)
    seen.delete(item.id)
    this.#seen = seen
    const changes = new Map(this.#changes)
    changes.delete(item.id)
    this.#changes = changes
  }
}

function roundOf(item: ApprovalItem): string {
  return `${item.id}#${item.round}.${item.state}`
}

function categoryOf(item: ApprovalItem): string {
  const category = item.fields['category']
  return typeof category === 'string' ? category : 'other'
}
