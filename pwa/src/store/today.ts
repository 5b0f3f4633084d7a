/** Today's list, computed on the phone from statuses and facts, outbox included. */
import { writable, type Readable } from 'svelte/store'
import type { DueStatus, Label } from '../wire/types'

export type TodayRow = { key: string; kind: 'patrol' | 'recheck' | 'vacancy' | 'fee' | 'held'; rule: string; subject: string; unitNo: string; building: string; entrance: string; floor: number
  title: Label; why: Label; dueAt: string; status: DueStatus; done: boolean; doneAt?: string; link: string }
export type TodayGroup = { kind: TodayRow['kind']; title: Label; total: number; done: number; rows: TodayRow[]; doneRows: TodayRow[] }

export const today: Readable<{ day: string; groups: TodayGroup[]; total: number; done: number }> = writable({ day: '', groups: [], total: 0, done: 0 })
