import type { Pose, TurnRange } from '../analysis.ts';
import { poseFrom } from '../neutral-pose.ts';
import type { RgbImage } from '../image.ts';
import type { ReliefSums } from './confirmed-relief.ts';
import type { ReliefMeter, RestTexture } from './meter.ts';

/** What one picture of a turn shows against pictures of the same face at rest. */
export interface TurnRelief extends ReliefSums {
  /** The same for the face without its nose. */
  readonly besideNose: ReliefSums;
  /** Share of the patches of skin that were found again, 0..1, mean over the pictures at rest. */
  readonly keptShare: number;
  /** How far the hair went, as a share of how far the face went, mean; null: not to be told from any of them. */
  readonly hairFlow: number | null;
  /** How much the light on the skin changed, see `shadingChange`, mean; null: not to be told from any of them. */
  readonly shading: number | null;
}

/**
 * Measures a face against textures of it at rest. Null without textures from which it is turned by an angle in the
 * range, and when no relief can be read from any of them.
 */
export function turnRelief(
  meter: ReliefMeter,
  image: RgbImage,
  landmarks: Float32Array,
  pose: Pose,
  rests: readonly RestTexture[],
  { minTurnDeg, maxTurnDeg }: TurnRange,
): TurnRelief | null {
  const measured = rests
    .filter((rest) => {
      const turnDeg = Math.abs(poseFrom(rest.pose, pose).yawDeg);
      return turnDeg >= minTurnDeg && turnDeg <= maxTurnDeg;
    })
    .map((rest) => meter.measure(image, landmarks, rest))
    .filter((one) => one !== null);
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
    ...pooled(measured),
    besideNose: pooled(measured.map(({ besideNose }) => besideNose)),
    keptShare: sum(measured.map(({ keptShare }) => keptShare)) / measured.length,
    hairFlow: mean(measured.map(({ hairFlow }) => hairFlow)),
    shading: mean(measured.map(({ shading }) => shading)),
  };
}
