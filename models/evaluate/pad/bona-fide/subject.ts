import type { Policy } from '../../../../server/policy/shape.ts';
import type { Reference } from '../../../../server/matching/reference.ts';
import type { Footage, FootageSource } from '../footage.ts';
import type { Played, Presenter } from '../session-player.ts';

/**
 * How a subject is shown. `recorded …` is a recording, which cannot answer; the others are drawn people, who answer.
 */
export const CONDITIONS = [
  'recorded',
  'recorded, 12 fps',
  'recorded, compressed',
  'recorded, below 12 fps',
  'calm',
  'lively',
  'calm, 12 fps',
  'lively, 12 fps',
  'calm, compressed',
  'lively, compressed',
] as const;
export type Condition = (typeof CONDITIONS)[number];

/** Whether a condition shows a recording rather than a drawn person. */
export const isRecorded = (condition: Condition): boolean => condition.startsWith('recorded');

/** A subject under one condition. It can be shown any number of times. */
export interface Showing {
  readonly condition: Condition;
  readonly framesPerSecond: number;
  readonly references: readonly Reference[];
  /** The policy to play this showing by; null where the showing cannot be played by it. */
  readonly policyFor: (policy: Policy) => Policy | null;
  /** The presenter of one session, which draws from `random`, and the policy for it. */
  readonly present: (random: () => number, policy: Policy) => Shown;
}

export interface Shown {
  readonly presenter: Presenter;
  readonly policy: Policy;
  /** A second policy for the same showing, where the first one required more than the showing contains; null: none. */
  readonly policyAfter?: (ended: Played) => Policy | null;
  /** Whether the showing ended before the session could decide. Then the session is not counted. */
  readonly endsFirst?: (ended: Played) => boolean;
  /** Whether a movement was repeated exactly. People never do that, so the session is no measurement of a person. */
  readonly cameAgain?: () => boolean;
}

/** Why a subject cannot be shown. */
export interface Unusable {
  readonly unusable: string;
}

/** A bona fide subject, recorded or drawn. */
export interface Subject {
  /** Confidence bounds are by person: all subjects with the same name are one person. */
  readonly person: string;
  /** Name of the recording or of the drawn person in notices. */
  readonly name: string;
  readonly sources: readonly FootageSource[];
  /** The showings of the subject, made of its footages. */
  readonly showings: (footages: ReadonlyMap<string, Footage>) => readonly Showing[] | Unusable;
}
