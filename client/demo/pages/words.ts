import type { Words } from '../words/words.ts';

/** Only the page's own language is loaded. */
const LOAD: Readonly<Record<string, () => Promise<{ readonly words: Words }>>> = {
  ar: () => import('../words/ar.ts'),
  de: () => import('../words/de.ts'),
  en: () => import('../words/en.ts'),
  es: () => import('../words/es.ts'),
  fr: () => import('../words/fr.ts'),
  zh: () => import('../words/zh.ts'),
};

/** The page's language, as its document says. */
export const language: string = document.documentElement.lang in LOAD ? document.documentElement.lang : 'en';

const load = LOAD[language];
if (load === undefined) throw new TypeError(`no words for ${language}`);

/** What this page's scripts say. */
export const { words } = await load();
