/**
 * What went wrong, in words a supervisor can act on: what happened, what is safe, what to do next.
 *
 * For: turning every failure of `api.ts` into a `Problem`. Not for: drawing it (parts/ProblemNote.svelte).
 * Source: docs/architecture.md sections 4 and 6 (codes), look.md "Errors".
 */
import type { Label } from '../wire/types'
import type { ErrorBody } from './types'

export type Problem = {
  code: string
  /** HTTP status; 0 when no answer of the server was had. */
  status: number
  what: Label
  safe: Label
  next: Label
  body: ErrorBody
  /** Asking again may work without anybody changing anything. */
  canRetry: boolean
}

/** Thrown by `api.ts` and by nothing else. */
export class ApiProblem extends Error {
  readonly problem: Problem
  constructor(problem: Problem) {
    super(`${problem.code}: ${problem.what.en}`)
    this.name = 'ApiProblem'
    this.problem = problem
  }
}

type Words = { what: Label; safe: Label; next: Label; canRetry?: boolean }

const NOTHING_CHANGED: Label = { zh: '没有任何内容被更改。', en: 'Nothing was changed.' }
const INPUT_KEPT: Label = { zh: '您填写的内容还在。', en: 'What you entered is still here.' }
const RELOADED: Label = { zh: '案件已重新载入，您写的理由还在。', en: 'The case was loaded again; your reason is still here.' }

const BY_CODE: Record<string, Words> = {
  offline: {
    what: { zh: '连不上服务器。', en: 'The server cannot be reached.' },
    safe: INPUT_KEPT,
    next: { zh: '请检查网络，然后重试。', en: 'Check the network, then try again.' },
    canRetry: true,
  },
  timeout: {
    what: { zh: '服务器没有在规定时间内答复。', en: 'The server did not answer in time.' },
    safe: { zh: '请求可能已到达；重试不会重复记录。', en: 'The request may have arrived; trying again records nothing twice.' },
    next: { zh: '请稍后重试。', en: 'Try again in a moment.' },
    canRetry: true,
  },
  not_our_server: {
    what: { zh: '答复不是来自巡录服务器，可能是上网登录页。', en: 'The answer did not come from the Xunlu server; it may be a network sign-in page.' },
    safe: NOTHING_CHANGED,
    next: { zh: '请先登录网络，再重试。', en: 'Sign in to the network first, then try again.' },
    canRetry: true,
  },
  signed_out: {
    what: { zh: '登录已过期。', en: 'Your sign-in has ended.' },
    safe: INPUT_KEPT,
    next: { zh: '请重新登录。', en: 'Please sign in again.' },
  },
  forbidden: {
    what: { zh: '您的岗位不能做这一步。', en: 'Your role may not do this.' },
    safe: NOTHING_CHANGED,
    next: { zh: '如需权限，请联系管理员。', en: 'Ask an administrator if you need it.' },
  },
  own_report: {
    what: { zh: '这条记录由您本人提交，不能由您自己审批或放行。', en: 'You made this record yourself, so you cannot decide on it or release it.' },
    safe: NOTHING_CHANGED,
    next: { zh: '请由其他主管或项目经理处理。', en: 'Another supervisor or the project manager does it.' },
  },
  not_found: {
    what: { zh: '找不到这条记录，或您无权查看。', en: 'There is no such record, or it is not yours to see.' },
    safe: NOTHING_CHANGED,
    next: { zh: '请返回列表，重新选择。', en: 'Go back to the list and choose again.' },
  },
  evidence_changed: {
    what: { zh: '您查看之后，证据有变化，决定没有生效。', en: 'The evidence changed after you looked at it. Your decision was not taken.' },
    safe: RELOADED,
    next: { zh: '请看过新的证据，再做决定。', en: 'Look at the new evidence, then decide again.' },
  },
  evidence_missing: {
    what: { zh: '还有照片没有送达，暂不能确认。', en: 'Photos are still missing, so this cannot be confirmed yet.' },
    safe: RELOADED,
    next: { zh: '照片送达后再确认；也可以退回，请管家补拍。', en: 'Confirm when they have arrived, or return it and ask for new photos.' },
  },
  already_decided: {
    what: { zh: '这条违规已经有人决定了。', en: 'Someone has already decided this violation.' },
    safe: { zh: '先前的决定有效，您的决定没有记录。', en: 'The earlier decision stands; yours was not recorded.' },
    next: { zh: '案件已重新载入，请核对结果。', en: 'The case was loaded again; please check the result.' },
  },
  wrong_state: {
    what: { zh: '案件的状态已经变了，这一步现在不能做。', en: 'The case is in another state now; this step cannot be taken.' },
    safe: RELOADED,
    next: { zh: '请看清当前状态，再做决定。', en: 'Look at where it stands, then decide.' },
  },
  not_caught_up: {
    what: { zh: '服务器还在读入刚收到的记录，暂时不能回答。', en: 'The server is still reading what it just received and cannot answer yet.' },
    safe: INPUT_KEPT,
    next: { zh: '请过几秒再试。', en: 'Try again in a few seconds.' },
    canRetry: true,
  },
  busy: {
    what: { zh: '服务器正忙，这次没有处理。', en: 'The server is busy and did not handle this.' },
    safe: INPUT_KEPT,
    next: { zh: '请稍等片刻再试。', en: 'Wait a moment and try again.' },
    canRetry: true,
  },
  server_error: {
    what: { zh: '服务器出错了。', en: 'The server met an error.' },
    safe: INPUT_KEPT,
    next: { zh: '请稍后重试；多次出现请告诉管理员。', en: 'Try again later; if it keeps happening tell an administrator.' },
    canRetry: true,
  },
  bad_request: {
    what: { zh: '服务器不接受这次请求。', en: 'The server did not accept the request.' },
    safe: INPUT_KEPT,
    next: { zh: '请按提示修改后再试。', en: 'Change what it names and try again.' },
  },
}

/** The words for an answer that is not a success. The server's own reason is added where it says more than the code. */
export function problemOf(status: number, body: ErrorBody): Problem {
  const code = typeof body.code === 'string' ? body.code : ''
  const known = BY_CODE[code]
  if (known !== undefined) return assemble(code, status, known, body)
  const words = BY_CODE[codeForStatus(status)] as Words
  const problem = assemble(code === '' ? codeForStatus(status) : code, status, words, body)
  const reason = typeof body.reason === 'string' ? body.reason.trim() : ''
  if (reason === '' || status >= 500) return problem
  return { ...problem, what: { zh: `${words.what.zh}（${reason}）`, en: `${words.what.en} (${reason})` } }
}

/** A failure before any answer: `offline`, `timeout`, `not_our_server` or `signed_out`. */
export function localProblem(code: 'offline' | 'timeout' | 'not_our_server' | 'signed_out'): Problem {
  return assemble(code, code === 'signed_out' ? 401 : 0, BY_CODE[code] as Words, {})
}

/** Any thrown thing as a Problem; a fault of our own is said as one and not hidden. */
export function problemFrom(thrown: unknown): Problem {
  if (thrown instanceof ApiProblem) return thrown.problem
  const detail = thrown instanceof Error ? thrown.message : String(thrown)
  return {
    code: 'page_fault',
    status: 0,
    what: { zh: `页面出错了（${detail}）。`, en: `This page met an error (${detail}).` },
    safe: { zh: '已发送的内容都在服务器上。', en: 'Everything already sent is on the server.' },
    next: { zh: '请刷新页面；多次出现请告诉管理员。', en: 'Reload the page; if it keeps happening tell an administrator.' },
    body: {},
    canRetry: true,
  }
}

export function isAbort(thrown: unknown): boolean {
  return thrown instanceof DOMException && thrown.name === 'AbortError'
}

function assemble(code: string, status: number, words: Words, body: ErrorBody): Problem {
  return { code, status, what: words.what, safe: words.safe, next: words.next, body, canRetry: words.canRetry ?? false }
}

function codeForStatus(status: number): string {
  if (status === 401) return 'signed_out'
  if (status === 403) return 'forbidden'
  if (status === 404) return 'not_found'
  if (status === 429 || status === 503) return 'busy'
  if (status >= 500) return 'server_error'
  return 'bad_request'
}
