import type { ChallengeKind } from '@veriframe/protocol';

/** How a challenge is shown. Every field is one thing the ring can do; a kind of challenge is one row. */
export interface Cue {
  /**
   * A bead slides to this clock angle of the mirrored picture and waits there: along the ring to a side, straight
   * from the middle up or down.
   */
  readonly beadDeg?: 0 | 90 | 180 | 270;
  /** Two lids at the top of the ring close and open once. */
  readonly lids?: true;
  /** The ring's lower arc becomes a mouth that does it. */
  readonly mouth?: 'smile' | 'open';
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
  smile: { mouth: 'smile' },
  'open-mouth': { mouth: 'open' },
  'come-closer': { grow: 1.05 },
};
