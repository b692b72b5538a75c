import type { Quality } from './analysis.ts';
import { FACE_CROP_PIXELS, FACE_CROP_SIDE, luma, type FaceCrop } from './face-crop.ts';
import { distance, intersectionArea, type Box } from './geometry.ts';
import { leftEyeCentre, rightEyeCentre } from './landmarks.ts';
import { occlusionHint } from './occlusion.ts';

/** Half axes of an ellipse inside the outline of a frontal face, as shares of the crop's side. */
const FACE_HALF_WIDTH = 0.34;
const FACE_HALF_HEIGHT = 0.46;

/** A pixel beyond this luma is clipped. */
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
    ...light(lumaScratch),
    sharpness: sharpness(lumaScratch),
    occlusion: occlusionHint(crop, landmarks, presence),
    colourSpread: colourSpread(planes),
    insideShare: area > 0 ? intersectionArea(box, { x: 0, y: 0, width, height }) / area : 0,
  };
}

/** Pixels below this level of green are left out: their colour is noise. */
const MIN_COLOURED_LEVEL = 32;
/** Added to each channel before a logarithm, for the channels that are 0. */
const COLOUR_OFFSET = 1;

/**
 * The standard deviation, inside the face's ellipse, of ln(red/green) and ln(blue/green) together. A grey or infrared
 * camera's picture has one ratio throughout, whatever its tint; lips, skin and eyes differ in colour.
 */
function colourSpread(planes: Float32Array): number {
  let [count, red, blue, squares] = [0, 0, 0, 0];
  forEllipse(FACE_CROP_SIDE, (from, to) => {
    for (let at = from; at < to; at += 3) {
      if (planes[FACE_CROP_PIXELS + at] < MIN_COLOURED_LEVEL) continue;
      const green = planes[FACE_CROP_PIXELS + at] + COLOUR_OFFSET;
      const redToGreen = Math.log((planes[at] + COLOUR_OFFSET) / green);
      const blueToGreen = Math.log((planes[2 * FACE_CROP_PIXELS + at] + COLOUR_OFFSET) / green);
      count++;
      red += redToGreen;
      blue += blueToGreen;
      squares += redToGreen ** 2 + blueToGreen ** 2;
    }
  });
  // All dark: other rules speak of it.
  if (count === 0) return Infinity;
  return Math.sqrt(Math.max(0, squares / count - (red / count) ** 2 - (blue / count) ** 2));
}

/** Brightness and clipping inside the face's ellipse. */
function light(plane: Float32Array): Pick<Quality, 'brightness' | 'clippedShare'> {
  let count = 0;
  let sum = 0;
  let clipped = 0;
  forEllipse(FACE_CROP_SIDE, (from, to) => {
    for (let at = from; at < to; at++) {
      const value = plane[at];
      count++;
      sum += value;
      if (value <= BLACK_LUMA || value >= WHITE_LUMA) clipped++;
    }
  });
  return { brightness: sum / count, clippedShare: clipped / count };
}

/**
 * 100 × the energy of second differences over that of first differences, across or down, whichever is less. Defocus,
 * and movement along either axis, lower the energy of second differences more. It is a ratio, so that light and
 * contrast have no effect. It is measured at half the crop's resolution, where a camera's noise is low.
 */
function sharpness(plane: Float32Array): number {
  const side = FACE_CROP_SIDE / 2;
  const half = new Float32Array(side * side);
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const at = 2 * y * FACE_CROP_SIDE + 2 * x;
      half[y * side + x] =
        plane[at] + plane[at + 1] + plane[at + FACE_CROP_SIDE] + plane[at + FACE_CROP_SIDE + 1];
    }
  }
  let fineX = 0;
  let fineY = 0;
  let coarseX = 0;
  let coarseY = 0;
  forEllipse(side, (from, to) => {
    for (let at = from; at < to; at++) {
      const twice = 2 * half[at];
      const left = half[at - 1];
      const right = half[at + 1];
      const above = half[at - side];
      const below = half[at + side];
      fineX += (twice - left - right) ** 2;
      fineY += (twice - above - below) ** 2;
      coarseX += (right - left) ** 2;
      coarseY += (below - above) ** 2;
    }
  });
  const share = (fine: number, coarse: number) => (coarse > 0 ? (100 * fine) / coarse : 0);
  return Math.min(share(fineX, coarseX), share(fineY, coarseY));
}

/**
 * Calls `row` for each row of a square plane, without its border, with the range of indices inside the face's ellipse.
 */
function forEllipse(side: number, row: (from: number, to: number) => void): void {
  for (let y = 1; y < side - 1; y++) {
    const v = ((y + 0.5) / side - 0.5) / FACE_HALF_HEIGHT;
    if (v * v >= 1) continue;
    const half = Math.sqrt(1 - v * v) * FACE_HALF_WIDTH;
    row(y * side + Math.ceil((0.5 - half) * side), y * side + Math.floor((0.5 + half) * side));
  }
}
