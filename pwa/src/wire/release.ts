/** Memory of large buffers, given back at once: the collector learns late how much a small object holds.
 *
 * For: `release`, of a buffer that nobody needs any more. Afterwards it is empty. Older browsers leave it to their collector.
 * Source: ECMA-262 2024, `ArrayBuffer.prototype.transfer`; bars of memory while photos are sent.
 */
export function release(buffer: ArrayBuffer): void {
  const transferable = buffer as ArrayBuffer & { transfer?: (length: number) => ArrayBuffer }
  transferable.transfer?.(0)
}
