/** The page of a phone without a screen: the shipped store, a badge that is watched, and orders that come as objects.
 *
 * For: process.ts (tests/faults/bare_phone.py), and a tab beside the app's own that records visits without filling in forms
 * (tests/faults/browser_phone.py). Not for: the worker that syncs.
 */
import { get } from 'svelte/store'
import { startStore } from '../../../src/store/boot'
import { bus } from '../../../src/store/bus'
import { documents } from '../../../src/store/documents'
import { outbox, saveRecords, sendHeldAgain, type NewRecord } from '../../../src/store/outbox'
import { capturePhoto, photoStates } from '../../../src/store/photos'
import type { FromWorker } from '../../../src/store/port'
import { accessToken, signIn } from '../../../src/store/session'
import { syncState } from '../../../src/store/sync-state'
import { browserNetwork } from '../../../src/sync/network'

type Given = Omit<NewRecord, 'photos'> & { photos: string[] }
type Order =
  | { do: 'sign_in'; username: string; password: string }
  | { do: 'save'; records: Given[] }
  | { do: 'tell'; message: Parameters<ReturnType<typeof bus>['tell']>[0] }
  | { do: 'send_again'; record: string }
  | { do: 'stands' }

/** When the badge began to say that all was received. A watcher hears of every change of what the badge is drawn from. */
const saidAllReceived: number[] = []
const databases = new Set<string>()

export async function startPage(listen: (handler: (message: FromWorker) => void) => void = () => undefined): Promise<(order: Order) => Promise<unknown>> {
  await startStore(browserNetwork(), listen)
  listen((message) => {
    if (message.kind === 'documents') databases.add(message.database)
    else databases.delete(message.database)
  })
  let before = false
  syncState.subscribe(({ allReceived }) => {
    if (allReceived && !before) saidAllReceived.push(Date.now())
    before = allReceived
  })
  return obey
}

async function obey(order: Order): Promise<unknown> {
  switch (order.do) {
    case 'sign_in':
      return signIn(order.username, order.password)
    case 'save':
      return save(order.records)
    case 'tell':
      return bus().tell(order.message)
    case 'send_again':
      return sendHeldAgain(order.record)
    case 'stands':
      return stands()
  }
}

async function save(records: Given[]): Promise<unknown> {
  const complete = await Promise.all(
    records.map(async ({ photos, ...record }) => ({
      ...record,
      photos: await Promise.all(photos.map((photo) => capturePhoto(new Blob([Uint8Array.from(atob(photo), (one) => one.charCodeAt(0))], { type: 'image/jpeg' }), 'overview', 'camera'))),
    })),
  )
  const saved = await saveRecords(complete)
  if (!saved.ok) return saved
  const kept = new Map(get(outbox).map((item) => [item.document._id, item]))
  return { ok: true, records: saved.facts.map(({ _id, type }) => ({ id: _id, type, rev: kept.get(_id)?.rev })) }
}

async function stands(): Promise<unknown> {
  const state = get(syncState)
  return {
    badge: state, said_all_received: saidAllReceived, databases: [...databases].sort(), documents: get(documents).size,
    items: get(outbox).map(({ document, state, code, reason, tries }) => ({ id: document._id, state, code, reason, tries })),
    photos_waiting: [...get(photoStates).values()].filter((photo) => photo.state !== 'received').length,
    has_token: (await accessToken()) !== null,
  }
}
