/** The only addresses that may become code: this build's own scripts.
 *
 * For: `scriptAddress`, which main.ts (the sync worker) and shell.ts (the service worker) hand to the browser. With Trusted Types
 * enforced (server/pwa.py), a plain text given to such a place is refused.
 * Not for: markup. Svelte's own policy is the other one the server allows; nothing else of ours writes HTML.
 * Source: promises S-17, D15; W3C Trusted Types.
 */
const POLICY = 'xunlu-scripts'
const OURS = /^\/(assets\/[A-Za-z0-9_.-]+\.js|sw\.js)$/

type Policy = { createScriptURL(address: string): unknown }
type Factory = { createPolicy(name: string, rules: { createScriptURL(address: string): string }): Policy }

let policy: Policy | null | undefined

/** `address` as the browser accepts it for code. Throws TypeError for any that is not a script of this build. */
export function scriptAddress(address: string): string {
  policy ??= (globalThis as { trustedTypes?: Factory }).trustedTypes?.createPolicy(POLICY, { createScriptURL: checked }) ?? null
  // Browsers without Trusted Types (before Chrome 83) take the text; it is checked all the same.
  return policy === null ? checked(address) : (policy.createScriptURL(address) as string)
}

function checked(address: string): string {
  const url = new URL(address, location.href)
  const isOurs = url.origin === location.origin && url.search === '' && (OURS.test(url.pathname) || import.meta.env.DEV)
  if (!isOurs) throw new TypeError(`not a script of this build: ${address}`)
  return url.href
}
