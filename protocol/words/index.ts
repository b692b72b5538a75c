/** Instructions for a person before a camera, by language. */
export type { ChallengeKind, Hint } from '../status.ts';
export type { Guidance } from './guidance.ts';
export { guidance as ar } from './ar.ts';
export { guidance as de } from './de.ts';
export { guidance as en } from './en.ts';
export { guidance as es } from './es.ts';
export { guidance as fr } from './fr.ts';
export { guidance as zh } from './zh.ts';
