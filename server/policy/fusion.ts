import type { Cue } from './cues.ts';

/** How the evidence of several cues becomes one probability, and what that probability must be. */
export interface FusionPolicy {
  readonly method: 'sum-llr' | 'weighted';
  /** Probability, before anything is seen, that the session is bona fide and the claim is true. */
  readonly prior: number;
  readonly accept: number;
  /**
   * What all cues but the match must reach by themselves. A picture of the subject matches too, so the match must not
   * make up for liveness.
   */
  readonly acceptLiveness: number;
  readonly reject: number;
  readonly cues: readonly Cue[];
}

/** Half of all sessions are assumed to be attacks. That is far too many, on purpose. */
export const fusion: FusionPolicy = {
  method: 'sum-llr',
  prior: 0.5,
  accept: 0.85,
  acceptLiveness: 0.85,
  reject: 0.45,
  cues: [
    'match',
    'challenge',
    'passive-pad',
    'motion',
    'continuity',
    'injection',
    'depth-parallax',
    'relief',
    'depth',
    'flash',
  ],
};

/** The weight of each group in `weighted` fusion. Starting values. */
export const FUSION_GROUPS = { identity: 0.4, depth: 0.25, liveness: 0.2, stream: 0.15 } as const;
type FusionGroup = keyof typeof FUSION_GROUPS;

/** The group that a cue belongs to in `weighted` fusion; null: it is not weighed. */
export const FUSION_GROUP_OF: Readonly<Record<Cue, FusionGroup | null>> = {
  match: 'identity',
  challenge: 'liveness',
  blink: 'liveness',
  'passive-pad': 'liveness',
  motion: 'stream',
  continuity: 'stream',
  injection: 'stream',
  'depth-parallax': 'depth',
  relief: 'depth',
  depth: 'depth',
  flash: 'liveness',
  quality: null,
};
