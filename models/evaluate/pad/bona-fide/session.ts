import type { Reason } from '../../../../server/decision/reasons.ts';
import type { InjectionIndicator } from '../../../../server/evidence/injection-indicators.ts';
import type { PolicyName } from '../../../../server/policy/shape.ts';
import type { Tier } from '../ledger.ts';
import type { Played } from '../session-player.ts';
import type { Condition } from './subject.ts';

export const MODES = ['verify', 'enrol'] as const;
type PlayedMode = (typeof MODES)[number];

/** A group of sessions that is counted together. */
export interface Cell {
  readonly condition: Condition;
  readonly tier: Tier;
  readonly policy: PolicyName;
  readonly mode: PlayedMode;
}

/** One session of a bona fide subject. */
export interface BonaFideSession extends Cell {
  readonly person: string;
  /** Name of the recording or of the drawn person. */
  readonly subject: string;
  readonly outcome: Played['outcome'];
  /** Reasons of the outcome, except the injection indicators. */
  readonly reasons: readonly Reason[];
  readonly signs: readonly InjectionIndicator[];
  readonly tookMs: number;
  readonly asked: Played['asked'];
  /** Log-likelihood ratio of each measured cue. */
  readonly llrs: Readonly<Record<string, number>>;
}

/** A string that identifies a cell. */
export const cellKey = ({ condition, policy, tier, mode }: Cell): string =>
  [condition, policy, tier, mode].join(' / ');
