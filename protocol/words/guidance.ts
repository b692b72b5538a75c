import type { ChallengeKind, Hint } from '../status.ts';

/** Instructions for a person before a camera: two to five words, in the present tense. */
export interface Guidance {
  readonly hint: Readonly<Record<Hint, string>>;
  readonly challenge: Readonly<Record<ChallengeKind, string>>;
}
