/**
 * Instants and days as the desk writes them, in the project's zone.
 *
 * For: showing and for the days a filter names. Not for: judging deadlines; the server does that.
 */
import type { Label } from '../wire/types'

export const DEFAULT_ZONE = 'Asia/Shanghai'

type Parts = { year: string; month: string; day: string; hour: string; minute: string }

function partsOf(instant: number, zone: string): Parts {
  const format = new Intl.DateTimeFormat('en-CA', {
    timeZone: zone, year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', hourCycle: 'h23',
  })
  const parts: Record<string, string> = {}
  for (const { type, value } of format.formatToParts(instant)) parts[type] = value
  return parts as Parts
}

/** `2026-11-22` of the instant in the project's zone. */
export function dayOf(instant: number, zone: string): string {
  const { year, month, day } = partsOf(instant, zone)
  return `${year}-${month}-${day}`
}

export function addDays(day: string, days: number): string {
  const at = Date.parse(`${day}T00:00:00Z`)
  return new Date(at + days * 86_400_000).toISOString().slice(0, 10)
}

export function addMonths(month: string, months: number): string {
  const [year, number] = month.split('-').map(Number) as [number, number]
  const index = year * 12 + number - 1 + months
  return `${Math.floor(index / 12)}-${String((index % 12) + 1).padStart(2, '0')}`
}

/** `11-22 18:05`, with the year when it is not this one; what is no instant is shown as it is. */
export function shortInstant(iso: string, now: number, zone: string): string {
  const at = Date.parse(iso)
  if (Number.isNaN(at)) return iso
  const { year, month, day, hour, minute } = partsOf(at, zone)
  const date = year === partsOf(now, zone).year ? `${month}-${day}` : `${year}-${month}-${day}`
  return `${date} ${hour}:${minute}`
}

export function fullInstant(iso: string, zone: string): string {
  const at = Date.parse(iso)
  if (Number.isNaN(at)) return iso
  const { year, month, day, hour, minute } = partsOf(at, zone)
  return `${year}-${month}-${day} ${hour}:${minute}`
}

/** How long until `iso`, in words; negative spans say how long ago it passed. */
export function remaining(iso: string, now: number): { label: Label; tone: 'ok' | 'due' | 'overdue' } {
  const minutes = Math.floor((Date.parse(iso) - now) / 60_000)
  if (Number.isNaN(minutes)) return { label: { zh: iso, en: iso }, tone: 'due' }
  const span = spanWords(Math.abs(minutes))
  if (minutes < 0) return { label: { zh: `超时 ${span.zh}`, en: `${span.en} over` }, tone: 'overdue' }
  return { label: { zh: `剩 ${span.zh}`, en: `${span.en} left` }, tone: minutes <= 360 ? 'due' : 'ok' }
}

/** `3 小时前`; a minute that has not come yet counts as now. */
export function ago(iso: string, now: number): Label {
  const minutes = Math.max(0, Math.floor((now - Date.parse(iso)) / 60_000))
  if (Number.isNaN(minutes)) return { zh: iso, en: iso }
  if (minutes === 0) return { zh: '刚刚', en: 'just now' }
  const span = spanWords(minutes)
  return { zh: `${span.zh}前`, en: `${span.en} ago` }
}

function spanWords(minutes: number): Label {
  if (minutes < 60) return { zh: `${minutes} 分钟`, en: `${minutes} min` }
  const hours = Math.floor(minutes / 60)
  if (hours < 48) {
    const rest = minutes % 60
    const tail = hours < 6 && rest > 0
    return { zh: `${hours} 小时${tail ? ` ${rest} 分` : ''}`, en: `${hours} h${tail ? ` ${rest} min` : ''}` }
  }
  const days = Math.floor(hours / 24)
  return { zh: `${days} 天`, en: days === 1 ? '1 day' : `${days} days` }
}
