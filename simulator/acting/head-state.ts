import type { Pose } from '../../server/vision/analysis.ts';
import type { Shape } from './shapes.ts';

/** How a head is held and what its face does. Shifts are in portrait pixels; `towardPx` > 0 comes closer. */
export interface HeadState extends Pose, Readonly<Record<Shape, number>> {
  readonly rightPx: number;
  readonly downPx: number;
  readonly towardPx: number;
}

export const HEAD_AT_REST: HeadState = {
  yawDeg: 0,
  pitchDeg: 0,
  rollDeg: 0,
  rightPx: 0,
  downPx: 0,
  towardPx: 0,
  blink: 0,
  smile: 0,
  openMouth: 0,
};
