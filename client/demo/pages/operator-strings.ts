import type { InstrumentWords } from '../words/operator/words.ts';
import { language } from './words.ts';

/** Only the page's own language is loaded, and only by the pages of the instrument. */
const LOAD: Readonly<Record<string, () => Promise<{ readonly instrument: InstrumentWords }>>> = {
  ar: () => import('../words/operator/ar.ts'),
  de: () => import('../words/operator/de.ts'),
  en: () => import('../words/operator/en.ts'),
  es: () => import('../words/operator/es.ts'),
  fr: () => import('../words/operator/fr.ts'),
  zh: () => import('../words/operator/zh.ts'),
};

const load = LOAD[language];
if (load === undefined) throw new TypeError(`no words for ${language}`);

/** What the instrument's scripts say in the page's language. */
export const { instrument } = await load();
