import { policyFor } from '../../server/policy/built-in.ts';
import {
  foldDepthParallax,
  initialDepthParallax,
  depthParallaxEvidence,
} from '../../server/evidence/depth-parallax.ts';
import { movementResiduals } from '../../server/vision/movement.ts';
import { deviations, type Watched } from './watch.ts';

const policy = policyFor('standard').depthParallax;

/** Measurements of the turns in one recording. */
export interface Turns {
  /** Largest yaw from the mesh, relative to the recording's median pose. */
  readonly widestDeg: number;
  /** Score of the depth-parallax cue, 0..1; null when too few frames are turned far enough. */
  readonly depthParallax: number | null;
  /** Median over turned frames: distance of the movement from that of a plane, divided by the sine of the yaw. */
  readonly offPlane: number | null;
}

/** Measures the turns of one recording with the cue of the standard policy. */
export function measureTurns(watched: Watched): Turns {
  const moves = deviations(watched);
  const verdict = { usable: true, good: true, hint: null } as const;
  let state = initialDepthParallax;
  const offPlane: number[] = [];
  for (const [i, sample] of watched.entries()) {
    const before = state;
    state = foldDepthParallax(state, sample, verdict, moves[i], policy);
    if (state.turned.length === before.turned.length || before.atRest === null) continue;
    const residuals = movementResiduals(before.atRest, sample.face.landmarks);
    const sine = Math.sin((Math.abs(moves[i].yawDeg) * Math.PI) / 180);
    if (residuals !== null) offPlane.push(residuals.plane / sine);
  }
  const evidence = depthParallaxEvidence(state, policy);
  const sorted = offPlane.toSorted((a, b) => a - b);
  return {
    widestDeg: Math.max(...moves.map(({ yawDeg }) => Math.abs(yawDeg))),
    depthParallax: evidence.measured ? evidence.score : null,
    offPlane: sorted.length === 0 ? null : sorted[sorted.length >> 1],
  };
}

/**
 * Area under the ROC curve: share of pairs in which the first of two kinds has the larger value, with ties counted
 * half; null without pairs.
 */
export function areaUnderCurve(larger: readonly number[], smaller: readonly number[]): number | null {
  if (larger.length === 0 || smaller.length === 0) return null;
  let wins = 0;
  for (const a of larger) for (const b of smaller) wins += a > b ? 1 : a === b ? 0.5 : 0;
  return wins / (larger.length * smaller.length);
}
