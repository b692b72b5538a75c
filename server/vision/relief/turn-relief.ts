import type { Pose, ReliefMove, ReliefRange } from '../analysis.ts';
import { poseFrom } from '../neutral-pose.ts';
import type { RgbImage } from '../image.ts';
import type { ReliefSums } from './confirmed-relief.ts';
import type { ReliefMeter, RestTexture } from './meter.ts';

/** What one picture of a turn, or of a nod, shows against pictures of the same face at rest. */
export interface TurnRelief extends ReliefSums {
  readonly move: ReliefMove;
  /** The same for the face without its nose. */
  readonly besideNose: ReliefSums;
  /** Share of the patches of skin that were found again, 0..1, mean over the pictures at rest. */
  readonly keptShare: number;
  /** How far the hair went, as a share of how far the face went; null: not to be told from any of them. */
  readonly hairFlow: number | null;
  /** How much the light on the skin changed, see `shadingChange`, mean; null: not to be told from any of them. */
  readonly shading: number | null;
}

/**
 * Measures a face against textures of it at rest, in the first of the ranges that it has moved by. Null without
 * textures from which it has moved so, and when no relief can be read from any of them.
 */
export function turnRelief(
  meter: ReliefMeter,
  image: RgbImage,
  landmarks: Float32Array,
  pose: Pose,
  rests: readonly RestTexture[],
  ranges: readonly ReliefRange[],
): TurnRelief | null {
  const fitting = (range: ReliefRange) => rests.filter((rest) => isWithin(poseFrom(rest.pose, pose), range));
  const range = ranges.find((one) => fitting(one).length > 0);
  if (range === undefined) return null;
  const { move } = range;
  const measured = meter.measure(image, landmarks, fitting(range), move);
  if (measured.length === 0) return null;
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  const mean = (values: readonly (number | null)[]) => {
    const told = values.filter((value) => value !== null);
    return told.length === 0 ? null : sum(told) / told.length;
  };
  const pooled = (sums: readonly (ReliefSums | null)[]): ReliefSums => ({
    product: sum(sums.map((one) => one?.product ?? 0)),
    square: sum(sums.map((one) => one?.square ?? 0)),
  });
  return {
    move,
    ...pooled(measured),
    besideNose: pooled(measured.map(({ besideNose }) => besideNose)),
    keptShare: sum(measured.map(({ keptShare }) => keptShare)) / measured.length,
    hairFlow: measured.find(({ hairFlow }) => hairFlow !== null)?.hairFlow ?? null,
    shading: mean(measured.map(({ shading }) => shading)),
  };
}

function isWithin({ yawDeg, pitchDeg }: Pose, { move, minDeg, maxDeg, maxAsideDeg }: ReliefRange): boolean {
  const [way, aside] = move === 'turn' ? [yawDeg, pitchDeg] : [pitchDeg, yawDeg];
  return (
    Math.abs(way) >= minDeg &&
    Math.abs(way) <= maxDeg &&
    (maxAsideDeg === null || Math.abs(aside) <= maxAsideDeg)
  );
}
