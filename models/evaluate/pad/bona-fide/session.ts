import type { Reason } from '../../../../server/decision/reasons.ts';
import type { InjectionIndicator } from '../../../../server/evidence/injection-indicators.ts';
import type { PolicyName } from '../../../../server/policy/shape.ts';
import type { Tier } from '../ledger.ts';
import type { Played } from '../session-player.ts';
import type { Condition } from './subject.ts';

export const MODES = ['verify', 'enrol'] as const;
export type PlayedMode = (typeof MODES)[number];

/** Sessions that are counted together. */
export interface Cell {
  readonly condition: Condition;
  readonly tier: Tier;
  readonly policy: PolicyName;
  readonly mode: PlayedMode;
}

/** One session of a bona fide subject. */
export interface BonaFideSession extends Cell {
  readonly person: string;
  /** The recording, or the drawn person. */
  readonly subject: string;
  readonly outcome: Played['outcome'];
  /** Why it ended so, without the signs of injection. */
  readonly reasons: readonly Reason[];
  readonly signs: readonly InjectionIndicator[];
  readonly tookMs: number;
  readonly asked: Played['asked'];
  /** Log-likelihood ratio of each cue that was measured. */
  readonly llrs: Readonly<Record<string, number>>;
}

/** Names a cell. */
export const cellKey = ({ condition, policy, tier, mode }: Cell): string =>
  [condition, policy, tier, mode].join(' / ');
