import { get } from 'svelte/store'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { frameLimits, withinLimits } from '../../src/capture/frame'
import { MAX_BYTES, refusal } from '../../src/capture/gallery'
import { decide, lastPosition, loadConsent, positionConsent, positionNow } from '../../src/capture/position'
import { stampText } from '../../src/capture/stamp'

describe('a shot', () => {
  it('is brought to the long side and the size of the settings, by quality first', async () => {
    const asked: string[] = []
    const encode = async ({ width, height }: { width: number; height: number }, quality: number): Promise<Blob> => {
      asked.push(`${width}x${height}@${quality}`)
      return new Blob([new Uint8Array(Math.round(width * height * quality * 0.3))])
    }

    const kept = await withinLimits({ width: 4000, height: 3000 }, { longSidePx: 1600, maxBytes: 400_000 }, encode)

    expect(kept.size).toBeLessThanOrEqual(400_000)
    expect(asked).toEqual(['1600x1200@0.88', '1600x1200@0.8', '1600x1200@0.7', '1600x1200@0.6'])
  })

  it('becomes smaller when quality alone does not do, is never enlarged, and is never given up', async () => {
    const encode = async ({ width, height }: { width: number; height: number }): Promise<Blob> => new Blob([new Uint8Array(width * height)])

    expect((await withinLimits({ width: 640, height: 480 }, { longSidePx: 1600, maxBytes: 10_000_000 }, encode)).size).toBe(640 * 480)
    expect((await withinLimits({ width: 2000, height: 1000 }, { longSidePx: 1600, maxBytes: 900_000 }, encode)).size).toBe(1280 * 640)
    expect((await withinLimits({ width: 2000, height: 1000 }, { longSidePx: 1600, maxBytes: 10 }, encode)).size).toBeGreaterThan(10)
  })

  it('takes its limits from the project, else 1600 px and 400 KB', () => {
    expect(frameLimits(new Map())).toEqual({ longSidePx: 1600, maxBytes: 400_000 })
    expect(frameLimits(new Map<string, number | string>([['photo.long_side_px', 1280], ['photo.max_kb', 'much']]))).toEqual({ longSidePx: 1280, maxBytes: 400_000 })
  })

  it('carries time to the second on the clock of the site, place, person, purpose and a short code', () => {
    const text = stampText({ at: new Date('2026-11-22T02:03:05Z'), zone: 'Asia/Shanghai', project: '示范项目', about: '1-2-301 装修巡查 林晓禾', sha256: 'ab12cd34ef' })

    expect(text).toBe('2026-11-22 10:03:05 · 示范项目 · 1-2-301 装修巡查 林晓禾 · AB12CD')
  })
})

describe('a picture from the gallery', () => {
  // Only its size is asked for: 25 MB need not be made.
  const file = (size: number, type: string): Blob => ({ size, type }) as Blob
  const measured = (width: number, height: number) => async () => ({ width, height })

  it('is refused in words before saving when the office could not take it', async () => {
    expect(await refusal(file(10, 'image/heic'), measured(1, 1))).toEqual({ why: 'format' })
    expect(await refusal(file(MAX_BYTES + 1, 'image/jpeg'), measured(1, 1))).toEqual({ why: 'bytes', megabytes: 27 })
    expect(await refusal(file(10, 'image/png'), measured(10_000, 6_000))).toEqual({ why: 'pixels' })
    expect(await refusal(file(10, 'image/webp'), async () => null)).toEqual({ why: 'unreadable' })
    expect(await refusal(file(MAX_BYTES, 'image/jpeg'), measured(8_000, 6_000))).toBeNull()
  })
})

describe('a position', () => {
  const kept = new Map<string, string>()
  const here = { coords: { latitude: 31.23041649, longitude: 121.47370149, accuracy: 12.4 } } as GeolocationPosition
  const phone = { getCurrentPosition: vi.fn((found: PositionCallback) => found(here)) }

  beforeEach(() => {
    kept.clear()
    phone.getCurrentPosition.mockClear()
    vi.stubGlobal('localStorage', { getItem: (key: string) => kept.get(key) ?? null, setItem: (key: string, value: string) => kept.set(key, value) })
    loadConsent('steward1')
  })

  it('is not even asked for without consent, and not after it was withdrawn', async () => {
    expect(await positionNow(get(positionConsent), phone)).toBeNull()
    decide('steward1', 'given')
    decide('steward1', 'withheld')
    expect(await positionNow(get(positionConsent), phone)).toBeNull()

    expect(phone.getCurrentPosition).not.toHaveBeenCalled()
  })

  it('is asked for once at the shot, with its accuracy', async () => {
    decide('steward1', 'given')

    expect(await positionNow(get(positionConsent), phone)).toEqual({ lat: 31.230416, lon: 121.473701, accuracy_m: 12 })
    expect(get(lastPosition)).toEqual({ state: 'found', accuracyM: 12 })
    expect(phone.getCurrentPosition).toHaveBeenCalledTimes(1)
  })

  it('that the phone refuses costs nothing but the position', async () => {
    decide('steward1', 'given')
    const refusing = { getCurrentPosition: (_found: PositionCallback, failed?: PositionErrorCallback | null) => failed?.({ code: 1, PERMISSION_DENIED: 1 } as GeolocationPositionError) }

    expect(await positionNow('given', refusing)).toBeNull()
    expect(get(lastPosition)).toEqual({ state: 'refused' })
  })

  it('is decided by each person alone, and remembered', () => {
    decide('steward1', 'given')
    loadConsent('steward2')
    expect(get(positionConsent)).toBe('unasked')
    loadConsent('steward1')
    expect(get(positionConsent)).toBe('given')
  })
})
