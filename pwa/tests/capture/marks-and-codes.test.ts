import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import encodeQR from 'qr'
import decodeQR from 'qr/decode.js'
import { arrowHead, isMark, type Mark } from '../../src/capture/annotate'
import { placeOfCode } from '../../src/capture/code-place'
import { subjectPath } from '../../src/views/router'

const units = [{ _id: 'unit:demo-1-1-101', body: { unit_no: '1-1-101' } }]
const known = { has: (id: string) => id === 'unit:demo-1-1-101' || id === 'decoration_project:01X', units: () => units, pathOf: subjectPath }

describe('a code on a door', () => {
  it('opens the unit by its id, its number, or an address that ends in it', () => {
    for (const code of ['unit:demo-1-1-101', 'demo-1-1-101', ' 1-1-101\n', 'https://example.cn/units/unit%3Ademo-1-1-101?from=door']) {
      expect(placeOfCode(code, known)).toBe('/units/unit:demo-1-1-101')
    }
    expect(placeOfCode('decoration_project:01X', known)).toBe('/decoration/decoration_project:01X')
  })

  it('that means nothing here opens nothing, whatever address it names', () => {
    for (const code of ['', '9-9-999', 'https://evil.example/', 'https://evil.example/%E0%A4%A', 'javascript:alert(1)', '/desk']) expect(placeOfCode(code, known)).toBeNull()
  })

  it('is read by the decoder that stands in for the browser', () => {
    const rows = encodeQR('unit:demo-1-1-101', 'raw', { border: 4, scale: 6 })
    const size = rows.length
    const data = new Uint8ClampedArray(size * size * 4)
    rows.forEach((row, y) => row.forEach((dark, x) => data.set([...Array<number>(3).fill(dark ? 0 : 255), 255], (y * size + x) * 4)))

    expect(decodeQR({ width: size, height: size, data })).toBe('unit:demo-1-1-101')
  })

  it('needs no decoder before the first scan', () => {
    expect(readFileSync(new URL('../../src/capture/codes.ts', import.meta.url), 'utf8')).not.toMatch(/^import .*'qr/m)
  })
})

describe('a mark on a copy', () => {
  const mark: Mark = { tool: 'arrow', colour: 'red', from: { x: 0.1, y: 0.1 }, to: { x: 0.5, y: 0.1 }, text: '' }

  it('is more than a tap, and words are more than blanks', () => {
    expect(isMark(mark)).toBe(true)
    expect(isMark({ ...mark, to: { x: 0.11, y: 0.1 } })).toBe(false)
    expect(isMark({ ...mark, tool: 'text', text: '  ' })).toBe(false)
    expect(isMark({ ...mark, tool: 'text', text: '漏水', to: mark.from })).toBe(true)
  })

  it('points where it was drawn', () => {
    const [left, right] = arrowHead({ x: 0, y: 0 }, { x: 100, y: 0 }, 20)

    expect(left.x).toBeCloseTo(right.x)
    expect(left.x).toBeLessThan(100)
    expect(left.y).toBeCloseTo(-right.y)
  })
})
