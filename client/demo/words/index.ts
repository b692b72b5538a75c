import { words as ar } from './ar.ts';
import { words as de } from './de.ts';
import { words as en } from './en.ts';
import { words as es } from './es.ts';
import { words as fr } from './fr.ts';
import type { Words } from './words.ts';
import { words as zh } from './zh.ts';

export { fill, type Words } from './words.ts';

/** The demo's languages, by primary language tag. */
export const LANGUAGES = { en, de, es, fr, zh, ar } as const satisfies Record<string, Words>;
export type Language = keyof typeof LANGUAGES;

/** Whether there are words for this primary language tag. */
export function isLanguage(tag: string): tag is Language {
  return Object.hasOwn(LANGUAGES, tag);
}
