/**
 * Numbers, days, money and sizes as people read them.
 *
 * For: one way of writing each, in both languages, in the project's own time zone.
 * Not for: computing days or limits (ledger/ does), nor parsing what a person typed (views/form).
 */
export type Language = 'zh' | 'en'
export const SITE_ZONE = 'Asia/Shanghai' // R-GEN-01 default, until the session names the project's zone

const locale = { zh: 'zh-CN', en: 'en-GB' } as const

/** ¥1,234.50 from 123450 fen. */
export function yuan(fen: number): string {
  const sign = fen < 0 ? '-' : ''
  const whole = Math.floor(Math.abs(fen) / 100)
  const rest = String(Math.abs(fen) % 100).padStart(2, '0')
  return `${sign}¥${String(whole).replace(/\B(?=(\d{3})+$)/g, ',')}.${rest}`
}

/** 14:05, at the site. */
export function clock(at: string | Date, zone = SITE_ZONE): string {
  return format(at, 'zh', zone, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' })
}

/** 11月22日 14:05, at the site. */
export function moment(at: string | Date, language: Language, zone = SITE_ZONE): string {
  if (typeof at !== 'string') return written(at, language, zone)
  const key = `${at} ${language} ${zone}`
  let text = moments.get(key)
  if (text === undefined) {
    text = written(at, language, zone)
    if (moments.size > 5_000) moments.clear()
    moments.set(key, text)
  }
  return text
}

// A list of a thousand records writes the same thousand moments again with each change.
const moments = new Map<string, string>()

function written(at: string | Date, language: Language, zone: string): string {
  return `${format(at, language, zone, { month: 'short', day: 'numeric' })} ${clock(at, zone)}`
}

/** 11月22日 周日; takes a day (YYYY-MM-DD) or an instant. */
export function dayOf(at: string | Date, language: Language, zone = SITE_ZONE, weekday = false): string {
  const isDay = typeof at === 'string' && /^\d{4}-\d{2}-\d{2}$/.test(at)
  const options: Intl.DateTimeFormatOptions = weekday ? { month: 'long', day: 'numeric', weekday: 'short' } : { month: 'short', day: 'numeric' }
  return isDay ? format(`${at}T12:00:00Z`, language, 'UTC', options) : format(at, language, zone, options)
}

/** 1.4 MB, 320 KB. */
export function size(bytes: number): string {
  if (bytes >= 1e9) return `${(bytes / 1e9).toFixed(1)} GB`
  if (bytes >= 1e6) return `${(bytes / 1e6).toFixed(1)} MB`
  return `${Math.ceil(bytes / 1e3)} KB`
}

/** 138****1234: enough to recognise, not enough to call. */
export function maskedPhone(phone: string): string {
  return phone.length < 7 ? '*'.repeat(phone.length) : phone.slice(0, 3) + '*'.repeat(phone.length - 7) + phone.slice(-4)
}

function format(at: string | Date, language: Language, timeZone: string, options: Intl.DateTimeFormatOptions): string {
  const instant = typeof at === 'string' ? new Date(at) : at
  if (Number.isNaN(instant.getTime())) return '–'
  return formatOf(language, { timeZone, ...options }).format(instant)
}

// Lists write hundreds of moments in the same few ways, and making a format is slow on a cheap phone.
const formats = new Map<string, Intl.DateTimeFormat>()

function formatOf(language: Language, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = JSON.stringify([language, options])
  let known = formats.get(key)
  if (known === undefined) {
    known = new Intl.DateTimeFormat(locale[language], options)
    formats.set(key, known)
  }
  return known
}
