import type { Quality } from './analysis.ts';
import { FACE_CROP_PIXELS, FACE_CROP_SIDE, luma, type FaceCrop } from './face-crop.ts';
import { distance, intersectionArea, type Box } from './geometry.ts';
import { leftEyeCentre, rightEyeCentre } from './landmarks.ts';
import { occlusionHint } from './occlusion.ts';

/** Half axes of an ellipse within the outline of a frontal face, as shares of the crop's side. */
const FACE_HALF_WIDTH = 0.34;
const FACE_HALF_HEIGHT = 0.46;

/** Luma beyond which a pixel tells nothing any more. */
const BLACK_LUMA = 8;
const WHITE_LUMA = 247;

/**
 * Measures a face on its crop. `box` is the mesh's upright bounding box in a picture of `width` × `height`.
 * `lumaScratch` holds at least `FACE_CROP_PIXELS` floats.
 */
export function measureQuality(
  crop: FaceCrop,
  landmarks: Float32Array,
  presence: number,
  box: Box,
  width: number,
  height: number,
  lumaScratch: Float32Array,
): Quality {
  const { planes } = crop;
  for (let i = 0; i < FACE_CROP_PIXELS; i++) {
    lumaScratch[i] = luma(planes[i], planes[FACE_CROP_PIXELS + i], planes[2 * FACE_CROP_PIXELS + i]);
  }
  const area = box.width * box.height;
  return {
    interEyePx: distance(leftEyeCentre(landmarks), rightEyeCentre(landmarks)),
    ...lightAndSharpness(lumaScratch),
    occlusion: occlusionHint(crop, landmarks, presence),
    insideShare: area > 0 ? intersectionArea(box, { x: 0, y: 0, width, height }) / area : 0,
  };
}

/** Brightness, clipping and the variance of the four-neighbour Laplacian inside the face's ellipse. */
function lightAndSharpness(plane: Float32Array): Pick<Quality, 'brightness' | 'clippedShare' | 'sharpness'> {
  const side = FACE_CROP_SIDE;
  let count = 0;
  let sum = 0;
  let clipped = 0;
  let edges = 0;
  let edgesSquared = 0;
  for (let y = 1; y < side - 1; y++) {
    const v = ((y + 0.5) / side - 0.5) / FACE_HALF_HEIGHT;
    if (v * v >= 1) continue;
    const half = Math.sqrt(1 - v * v) * FACE_HALF_WIDTH;
    const last = Math.floor((0.5 + half) * side);
    for (let x = Math.ceil((0.5 - half) * side); x < last; x++) {
      const at = y * side + x;
      const value = plane[at];
      const laplacian = 4 * value - plane[at - 1] - plane[at + 1] - plane[at - side] - plane[at + side];
      count++;
      sum += value;
      if (value <= BLACK_LUMA || value >= WHITE_LUMA) clipped++;
      edges += laplacian;
      edgesSquared += laplacian * laplacian;
    }
  }
  return {
    brightness: sum / count,
    clippedShare: clipped / count,
    sharpness: edgesSquared / count - (edges / count) ** 2,
  };
}
