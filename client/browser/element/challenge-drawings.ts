import type { ChallengeKind } from '@veriframe/protocol';

/** How the ring draws a challenge. Each field is one drawing; each kind of challenge has one row in the table. */
export interface ChallengeDrawing {
  /**
   * A bead moves to this clock angle of the mirrored picture and stays there. To a side it moves along the ring, up or
   * down it moves straight from the middle.
   */
  readonly beadDeg?: 0 | 90 | 180 | 270;
  /** Two lids at the top of the ring close and open once. */
  readonly lids?: true;
  /** The ring's lower arc becomes a mouth that smiles or opens. */
  readonly mouth?: 'smile' | 'open';
  /** The oval grows by this factor, so that the face must come closer to fill it. */
  readonly grow?: number;
}

/** Directions are the subject's own (SPEC R26). In the mirrored picture the subject's left is on the left. */
export const CHALLENGE_DRAWINGS: Readonly<Record<ChallengeKind, ChallengeDrawing>> = {
  blink: { lids: true },
  'turn-left': { beadDeg: 270 },
  'turn-right': { beadDeg: 90 },
  'look-up': { beadDeg: 0 },
  'look-down': { beadDeg: 180 },
  smile: { mouth: 'smile' },
  'open-mouth': { mouth: 'open' },
  'come-closer': { grow: 1.05 },
};
