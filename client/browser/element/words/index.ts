import { ar } from './ar.ts';
import { de } from './de.ts';
import { en } from './en.ts';
import { es } from './es.ts';
import { fr } from './fr.ts';
import type { Words } from './words.ts';
import { zh } from './zh.ts';

export { replaceWords, type WordOverrides, type Words } from './words.ts';

/** The languages that the element contains, by primary language tag. */
export const LANGUAGES: Readonly<Record<string, Words>> = { en, de, es, fr, zh, ar };

/** The first of `locales` (BCP 47) for which there are words, and its words. English when there is none. */
export function chooseWords(locales: readonly string[]): { readonly locale: string; readonly words: Words } {
  for (const locale of locales) {
    const words = LANGUAGES[locale.split(/[-_]/)[0]?.toLowerCase() ?? ''];
    if (words !== undefined) return { locale, words };
  }
  return { locale: 'en', words: en };
}
