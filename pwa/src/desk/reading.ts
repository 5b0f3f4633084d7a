/**
 * The reader's side of values: language, zone, time and names of areas together, as `textOf` wants them.
 *
 * For: components, with `readingOf($say, desk)`. Not for: what a value says (cells.ts).
 */
import { get } from 'svelte/store'
import { nameOf } from '../store/people'
import type { Label } from '../wire/types'
import type { Reading } from './cells'
import type { DeskState } from './desk.svelte'

export function readingOf(say: (label: Label) => string, desk: DeskState, full = false): Reading {
  return { say, now: desk.now, zone: desk.zone, areas: desk.areas, nameOf: get(nameOf), full }
}
