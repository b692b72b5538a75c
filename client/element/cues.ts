import type { ChallengeKind } from '../../protocol/status.ts';

/** How a challenge is shown. Every field is one thing the ring can do; a kind of challenge is one row. */
export interface Cue {
  /** A bead slides along the ring to this clock angle of the mirrored picture and waits there. */
  readonly beadDeg?: number;
  /** Two lids at the top of the ring close and open once. */
  readonly lids?: true;
  /** The lower arc of the ring bends: 1 as the corners of a smiling mouth rise, −1 as a jaw drops. */
  readonly lowerArc?: number;
  /** The oval grows to this size for the face to fill. */
  readonly grow?: number;
}

/** Directions are the subject's own (SPEC R26); in a mirror the own left is the picture's left. */
export const CUES: Readonly<Record<ChallengeKind, Cue>> = {
  blink: { lids: true },
  'turn-left': { beadDeg: 270 },
  'turn-right': { beadDeg: 90 },
  'look-up': { beadDeg: 0 },
  'look-down': { beadDeg: 180 },
  smile: { lowerArc: 1 },
  'open-mouth': { lowerArc: -1 },
  'come-closer': { grow: 1.18 },
};

/**
 * How far a tick moves up for a bent lower arc, in ring units: most at the arc's ends for a smile, most in its
 * middle for a dropping jaw, nothing in the upper half.
 */
export function lowerArcShift(angleDeg: number, bend: number): number {
  const fromBottom = Math.abs(angleDeg - 180);
  if (bend === 0 || fromBottom > 90) return 0;
  const wave = Math.cos((fromBottom / 90) * Math.PI);
  return bend > 0 ? -bend * 7 * wave : bend * 7 * (1 + wave);
}
