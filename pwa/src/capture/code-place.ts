/**
 * What the code on a door or at a checkpoint means: the screen it opens.
 *
 * For: the id of anything this phone knows and has a screen for, or a unit number as it stands on the door; also inside an address.
 * Not for: reading it (codes.ts). Pure.
 */
import type { JsonObject } from '../wire/types'

type Known = { has: (id: string) => boolean; units: () => readonly JsonObject[]; pathOf: (subject: string) => string | null }

/** The path to go to; null for a code that means nothing here. */
export function placeOfCode(text: string, known: Known): string | null {
  const code = lastPart(text.trim())
  if (code === '') return null
  for (const id of [code, `unit:${code}`]) if (known.has(id)) return known.pathOf(id)
  const unit = known.units().find((document) => unitNo(document) === code)
  return unit === undefined ? null : known.pathOf(String(unit['_id']))
}

/** `https://…/units/unit:demo-1-1-101?x` → `unit:demo-1-1-101`; anything else as it is. Only the id is taken, never the address. */
function lastPart(text: string): string {
  if (!/^https?:\/\//i.test(text)) return text
  try {
    return decodeURIComponent(new URL(text).pathname.split('/').filter(Boolean).pop() ?? '')
  } catch (error) {
    console.info('a code with a broken address', error)
    return ''
  }
}

function unitNo(document: JsonObject): unknown {
  const body = document['body']
  return typeof body === 'object' && body !== null && !Array.isArray(body) ? body['unit_no'] : document['unit_no']
}
