/** ULIDs: ids that sort by the time they were made, and never meet twice.
 *
 * Source: github.com/ulid/spec, Crockford base32, monotonic within one millisecond.
 */
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
const TIME_LENGTH = 10
const RANDOM_LENGTH = 16

type Randomness = (into: Uint8Array) => Uint8Array

/** Make a generator. Clock and randomness are handed in so that tests can hold them still. */
export function ulidGenerator(
  now: () => number = Date.now,
  randomness: Randomness = (into) => crypto.getRandomValues(into as Uint8Array<ArrayBuffer>),
): () => string {
  let lastTime = -1
  let digits: number[] = []
  return () => {
    // A clock set back must not make ids that sort before earlier ones of this page.
    const time = Math.max(now(), lastTime)
    if (time === lastTime) digits = increment(digits)
    else digits = Array.from(randomness(new Uint8Array(RANDOM_LENGTH)), (byte) => byte % 32)
    lastTime = time
    return encodeTime(time) + digits.map((digit) => ALPHABET.charAt(digit)).join('')
  }
}

export const ulid = ulidGenerator()

/** When an id was made; null when it is none. */
export function timeOf(id: string): Date | null {
  const digits = [...id.slice(0, TIME_LENGTH)].map((letter) => ALPHABET.indexOf(letter))
  if (id.length !== TIME_LENGTH + RANDOM_LENGTH || digits.includes(-1)) return null
  return new Date(digits.reduce((sum, digit) => sum * 32 + digit, 0))
}

function increment(digits: readonly number[]): number[] {
  const next = [...digits]
  for (let place = next.length - 1; place >= 0; place -= 1) {
    const digit = next[place] ?? 0
    if (digit < 31) {
      next[place] = digit + 1
      return next
    }
    next[place] = 0
  }
  return next
}

function encodeTime(time: number): string {
  let rest = time
  let text = ''
  for (let place = 0; place < TIME_LENGTH; place += 1) {
    text = ALPHABET.charAt(rest % 32) + text
    rest = Math.floor(rest / 32)
  }
  return text
}
