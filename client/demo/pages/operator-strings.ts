import type { OperatorStrings } from '../words/operator/words.ts';
import { language } from './words.ts';

/** Only the language of the page is loaded, and only by the operator's page and the view of one's own session. */
const LOAD: Readonly<Record<string, () => Promise<{ readonly operatorStrings: OperatorStrings }>>> = {
  ar: () => import('../words/operator/ar.ts'),
  de: () => import('../words/operator/de.ts'),
  en: () => import('../words/operator/en.ts'),
  es: () => import('../words/operator/es.ts'),
  fr: () => import('../words/operator/fr.ts'),
  zh: () => import('../words/operator/zh.ts'),
};

const load = LOAD[language];
if (load === undefined) throw new TypeError(`no words for ${language}`);

/** The strings of the operator's page and of the view of one's own session, in the language of the page. */
export const { operatorStrings } = await load();
