/** Language and theme of this phone. Small, not personal, needed before the first frame: kept in localStorage. */
import { writable, type Readable } from 'svelte/store'

export type Language = 'zh' | 'en'
export type Theme = 'auto' | 'light' | 'dark' | 'sunlight'
const LANGUAGES: readonly Language[] = ['zh', 'en']
const THEMES: readonly Theme[] = ['auto', 'light', 'dark', 'sunlight']

const chosenLanguage = writable<Language>(remembered('language', LANGUAGES, 'zh'))
const chosenTheme = writable<Theme>(remembered('theme', THEMES, 'auto'))
export const language: Readable<Language> = { subscribe: chosenLanguage.subscribe }
export const theme: Readable<Theme> = { subscribe: chosenTheme.subscribe }

export function setLanguage(value: Language): void {
  remember('language', value)
  chosenLanguage.set(value)
}

export function setTheme(value: Theme): void {
  remember('theme', value)
  chosenTheme.set(value)
}

function remembered<T extends string>(name: string, allowed: readonly T[], otherwise: T): T {
  try {
    const value = globalThis.localStorage?.getItem(`xunlu.${name}`)
    return allowed.find((one) => one === value) ?? otherwise
  } catch (error) {
    // A browser that forbids storage throws SecurityError here; the choice then lasts as long as the page.
    if (error instanceof DOMException) return otherwise
    throw error
  }
}

function remember(name: string, value: string): void {
  try {
    globalThis.localStorage?.setItem(`xunlu.${name}`, value)
  } catch (error) {
    if (!(error instanceof DOMException)) throw error
  }
}
