/**
 * Photos of the server as object URLs: fetched once, shared by all who show them, given back when nobody does.
 *
 * For: Photo.svelte and Viewer.svelte. A photo needs the Authorization header, so an <img> cannot fetch it itself.
 * Not for: photos still on a phone (store/photos.ts).
 */
import type { PhotoView } from './api'

export type PhotoCacheNeeds = {
  fetch: (sha256: string, view: PhotoView) => Promise<Blob>
  createUrl: (blob: Blob) => string
  revokeUrl: (url: string) => void
  /** How many photos nobody shows are kept, so that going back to a case is instant. */
  spare: number
}

type Entry = { key: string; users: number; url: string | null; asked: Promise<string> }
export type HeldPhoto = { url: Promise<string>; release: () => void }

export function createPhotoCache(needs: PhotoCacheNeeds) {
  // In order of last use: the first unused one goes first.
  const entries = new Map<string, Entry>()

  function ask(key: string, sha256: string, view: PhotoView): Entry {
    const entry: Entry = { key, users: 0, url: null, asked: Promise.resolve('') }
    entry.asked = needs.fetch(sha256, view).then(
      (blob) => {
        entry.url = needs.createUrl(blob)
        // Forgotten while it travelled: nobody else would ever revoke it.
        if (entries.get(key) !== entry && entry.users === 0) needs.revokeUrl(entry.url)
        return entry.url
      },
      (thrown: unknown) => {
        if (entries.get(key) === entry) entries.delete(key) // the next one to show it asks again
        throw thrown
      },
    )
    entries.set(key, entry)
    return entry
  }

  function drop(entry: Entry): void {
    entries.delete(entry.key)
    if (entry.url !== null) needs.revokeUrl(entry.url)
  }

  function trim(): void {
    const unused = [...entries.values()].filter((entry) => entry.users === 0)
    for (const entry of unused.slice(0, Math.max(0, unused.length - needs.spare))) drop(entry)
  }

  function hold(sha256: string, view: PhotoView): HeldPhoto {
    const key = `${view}:${sha256}`
    const entry = entries.get(key) ?? ask(key, sha256, view)
    entries.delete(key)
    entries.set(key, entry)
    entry.users += 1
    let held = true
    return {
      url: entry.asked,
      release: () => {
        if (!held) return
        held = false
        entry.users -= 1
        if (entry.users > 0) return
        if (entries.get(key) === entry) trim()
        else if (entry.url !== null) needs.revokeUrl(entry.url)
      },
    }
  }

  return {
    hold,
    /** Fetches ahead, for the case that comes next. A failure is not told: showing it will ask again. */
    prefetch(sha256: string, view: PhotoView): void {
      const photo = hold(sha256, view)
      photo.url.then(photo.release, photo.release)
    },
    clear(): void {
      for (const entry of [...entries.values()]) drop(entry)
    },
  }
}

export type PhotoCache = ReturnType<typeof createPhotoCache>
