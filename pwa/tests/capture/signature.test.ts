import { describe, expect, it } from 'vitest'
import { isSignature, isSigned, onPage, placing, wrapped, type Stroke } from '../../src/capture/signature'

const PAGE = { width: 300, height: 200 }
const name: Stroke = [{ x: 20, y: 100 }, { x: 60, y: 60 }, { x: 120, y: 120 }]

describe('a signature', () => {
  it('keeps its shape and its place on the page when the phone is turned in the middle of it', () => {
    const turned = placing(PAGE, { width: 700, height: 300 })
    const inBox = { x: 60 * turned.scale + turned.left, y: 60 * turned.scale + turned.top }

    expect(onPage(inBox, turned).x).toBeCloseTo(60)
    expect(onPage(inBox, turned).y).toBeCloseTo(60)
    expect(turned).toEqual({ scale: 1.5, left: 125, top: 0 })
  })

  it('is not a slip of the finger, nor a page without ink', () => {
    expect(isSigned([], PAGE)).toBe(false)
    expect(isSigned([[{ x: 5, y: 5 }]], PAGE)).toBe(false)
    expect(isSigned([[{ x: 5, y: 5 }, { x: 9, y: 9 }]], PAGE)).toBe(false)
    expect(isSigned([name], PAGE)).toBe(true)
    expect(isSigned([name], { width: 0, height: 0 })).toBe(false)
  })

  it('stands apart from other photos, with the sheet of whoever did not sign', () => {
    expect(isSignature({ kind: 'signature' })).toBe(true)
    expect(isSignature({ kind: 'document', notes: { signer: { name: '张三', role: 'owner', unsigned: 'refused', reason: '不同意' } } })).toBe(true)
    expect(isSignature({ kind: 'document', notes: {} })).toBe(false)
  })
})

describe('lines under a signature', () => {
  const width = (text: string): number => [...text].reduce((sum, one) => sum + (one.charCodeAt(0) < 0x80 ? 1 : 2), 0)

  it('break between Chinese characters, but not inside a word or a time', () => {
    expect(wrapped('不同意维修结果', 8, width)).toEqual(['不同意维', '修结果'])
    expect(wrapped('2026-11-22 10:03:05 报修', 10, width)).toEqual(['2026-11-22', '10:03:05', '报修'])
  })

  it('break a word that is longer than a line, and lose nothing', () => {
    expect(wrapped('abcdefghij', 4, width).join('')).toBe('abcdefghij')
    expect(wrapped('', 4, width)).toEqual([])
  })
})
