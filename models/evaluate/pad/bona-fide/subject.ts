import type { Policy } from '../../../../server/policy/shape.ts';
import type { Reference } from '../../../../server/matching/reference.ts';
import type { Footage, FootageSource } from '../footage.ts';
import type { Played, Presenter } from '../session-player.ts';

/** How a subject is shown. `recorded …`: a recording, which hears nothing; the others are drawn and answer. */
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

export const isRecorded = (condition: Condition): boolean => condition.startsWith('recorded');

/** A subject as it can be shown again and again. */
export interface Showing {
  readonly condition: Condition;
  readonly framesPerSecond: number;
  readonly references: readonly Reference[];
  /** The policy that such a showing is judged by, null where it can show nothing to it. */
  readonly policyFor: (policy: Policy) => Policy | null;
  /** One session's presenter, by chance of its own, and the policy for what it will show. */
  readonly present: (random: () => number, policy: Policy) => Shown;
}

export interface Shown {
  readonly presenter: Presenter;
  readonly policy: Policy;
  /** The policy to judge the same showing by once more, where this one asked for more than it can show; null: none. */
  readonly policyAfter?: (ended: Played) => Policy | null;
  /** Whether what is shown was over before anything could be decided: then the session counts neither way. */
  readonly endsFirst?: (ended: Played) => boolean;
  /** Whether a movement came again exactly, as no person's does: then that it was found says nothing about people. */
  readonly cameAgain?: () => boolean;
}

/** Why nothing can be shown of a subject. */
export interface Unusable {
  readonly unusable: string;
}

/** Somebody who is there in person, recorded or drawn. */
export interface Subject {
  /** Bounds are by person: all subjects of one name are one. */
  readonly person: string;
  /** Names the recording or the drawn person in notices. */
  readonly name: string;
  readonly sources: readonly FootageSource[];
  /** What can be shown of it. */
  readonly showings: (footages: ReadonlyMap<string, Footage>) => readonly Showing[] | Unusable;
}
