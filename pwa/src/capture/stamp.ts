/**
 * The stamp of a photo: when, where, who, what for. Shown live over the camera and kept beside the photo, never in its bytes.
 *
 * For: one way of writing it. Pure. Not for: stamped copies, which are made from this text.
 * Source: domain.md 4.4 `watermark_text`, R-X-27.
 */
import { localStamp } from '../ledger/days'

const CODE_LENGTH = 6

/** 2026-11-22 10:03:05, on the site's clock. */
export function stampTime(at: Date, zone: string): string {
  return localStamp(at, zone).slice(0, 19).replace('T', ' ')
}

/** What a person can read out over the phone: the beginning of the photo's hash. */
export function shortCode(sha256: string): string {
  return sha256.slice(0, CODE_LENGTH).toUpperCase()
}

/** `about`: unit, purpose and person, as the form names them. */
export function stampText(stamp: { at: Date; zone: string; project: string; about: string; sha256: string }): string {
  const { at, zone, project, about, sha256 } = stamp
  return [stampTime(at, zone), project, about, shortCode(sha256)].filter(Boolean).join(' · ')
}
