/** How a call to the server can fail, as the worker must tell apart.
 *
 * For: one error per way of going on: wait for a network, wait as told, sign in, or look at the answer.
 * Not for: words on screen (round.ts turns the last failure into a Label).
 * Source: promises F-13 to F-20.
 */

/** Nothing that counts as an answer of our server came: no line, a portal page, silence, a cut answer. */
export class NoNetwork extends Error {
  override name = 'NoNetwork'
  constructor(readonly why: 'unreachable' | 'silent' | 'not_our_server' | 'cut', options?: ErrorOptions) {
    super(`no network: ${why}`, options)
  }
}

/** The server is there and asks to wait. */
export class Busy extends Error {
  override name = 'Busy'
  constructor(readonly status: number, readonly retryAfterMs: number | null) {
    super(`the server is busy: ${status}`)
  }
}

/** No token is valid any more: a password is needed. */
export class SignInAgain extends Error {
  override name = 'SignInAgain'
}

/** An administrator reported this phone lost: what can be read here is to go, now. */
export class PhoneRevoked extends SignInAgain {
  override name = 'PhoneRevoked'
}

/** Our server answered, but not what was asked: nothing of the answer may be believed. */
export class WrongAnswer extends Error {
  override name = 'WrongAnswer'
}

/** The server understood and said no. */
export class Refused extends Error {
  override name = 'Refused'
  constructor(readonly status: number, readonly code: string, readonly reason: string) {
    super(`refused with ${status} ${code}`)
  }
}
