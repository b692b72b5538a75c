import type { Language } from '../index.ts';
import { instrument as ar } from './ar.ts';
import { instrument as de } from './de.ts';
import { instrument as en } from './en.ts';
import { instrument as es } from './es.ts';
import { instrument as fr } from './fr.ts';
import type { InstrumentWords } from './words.ts';
import { instrument as zh } from './zh.ts';

export const INSTRUMENT_WORDS: Readonly<Record<Language, InstrumentWords>> = { en, de, es, fr, zh, ar };
