import type { Words } from '../words/words.ts';

/** Only the language of the page is loaded. */
const LOAD: Readonly<Record<string, () => Promise<{ readonly words: Words }>>> = {
  ar: () => import('../words/ar.ts'),
  de: () => import('../words/de.ts'),
  en: () => import('../words/en.ts'),
  es: () => import('../words/es.ts'),
  fr: () => import('../words/fr.ts'),
  zh: () => import('../words/zh.ts'),
};

/** The language of the page, from its document. */
export const language: string = document.documentElement.lang in LOAD ? document.documentElement.lang : 'en';

const load = LOAD[language];
if (load === undefined) throw new TypeError(`no words for ${language}`);

/** The texts of the page's scripts, in the language of the page. */
export const { words } = await load();
