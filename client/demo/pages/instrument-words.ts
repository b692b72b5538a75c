import type { InstrumentWords } from '../words/instrument/words.ts';
import { language } from './words.ts';

/** Only the page's own language is loaded, and only by the pages of the instrument. */
const LOAD: Readonly<Record<string, () => Promise<{ readonly instrument: InstrumentWords }>>> = {
  ar: () => import('../words/instrument/ar.ts'),
  de: () => import('../words/instrument/de.ts'),
  en: () => import('../words/instrument/en.ts'),
  es: () => import('../words/instrument/es.ts'),
  fr: () => import('../words/instrument/fr.ts'),
  zh: () => import('../words/instrument/zh.ts'),
};

const load = LOAD[language];
if (load === undefined) throw new TypeError(`no words for ${language}`);

/** What the instrument's scripts say in the page's language. */
export const { instrument } = await load();
