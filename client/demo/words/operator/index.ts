import type { Language } from '../index.ts';
import { operatorStrings as ar } from './ar.ts';
import { operatorStrings as de } from './de.ts';
import { operatorStrings as en } from './en.ts';
import { operatorStrings as es } from './es.ts';
import { operatorStrings as fr } from './fr.ts';
import type { OperatorStrings } from './words.ts';
import { operatorStrings as zh } from './zh.ts';

export const OPERATOR_STRINGS: Readonly<Record<Language, OperatorStrings>> = { en, de, es, fr, zh, ar };
