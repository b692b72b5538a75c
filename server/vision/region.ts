import type { Affine } from './geometry.ts';
import type { FaceRegion } from './analysis.ts';

/**
 * The map from a `side` × `side` crop onto a rotated square of the picture. With `mirrored`, the crop shows the square
 * flipped from left to right.
 */
export function regionMatrix(region: FaceRegion, side: number, mirrored = false): Affine {
  const scale = region.size / side;
  const cos = Math.cos(region.angleRad) * scale;
  const sin = Math.sin(region.angleRad) * scale;
  const flip = mirrored ? -1 : 1;
  return [
    flip * cos,
    -sin,
    region.centreX - ((flip * cos - sin) * side) / 2,
    flip * sin,
    cos,
    region.centreY - ((flip * sin + cos) * side) / 2,
  ];
}

/** Whether a region has finite numbers and an extent, so that it can be cropped. */
export function isUsableRegion(region: FaceRegion): boolean {
  return (
    Number.isFinite(region.centreX) &&
    Number.isFinite(region.centreY) &&
    Number.isFinite(region.angleRad) &&
    Number.isFinite(region.size) &&
    region.size >= 1
  );
}
