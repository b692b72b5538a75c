import type { ChallengeKind, Hint } from '../status.ts';

/** What people are told while they stand before a camera: two to five words, in the present tense. */
export interface Guidance {
  readonly hint: Readonly<Record<Hint, string>>;
  readonly challenge: Readonly<Record<ChallengeKind, string>>;
}
