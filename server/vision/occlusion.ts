import { FACE_CROP_PIXELS, FACE_CROP_SIDE, luma, type FaceCrop } from './face-crop.ts';
import { transform } from './geometry.ts';
import { LANDMARK, landmarkPoint } from './landmarks.ts';

/** Half side of the patch averaged around a landmark, in crop pixels. */
const PATCH_RADIUS = 2;
/** Added to every channel before a logarithm, so that noise in the dark does not count as colour. */
const DARK_OFFSET = 8;

const FOREHEAD = [LANDMARK.foreheadMiddle, LANDMARK.noseBridge];
const UPPER_CHEEKS = [LANDMARK.noseBridge, LANDMARK.cheekLeft, LANDMARK.cheekRight];
const LOWER_FACE = [LANDMARK.noseTip, LANDMARK.cheekLowerLeft, LANDMARK.cheekLowerRight, LANDMARK.chinMiddle];
const UNDER_EYES = [LANDMARK.underEyeLeft, LANDMARK.underEyeRight];
const LOWER_CHEEKS = [LANDMARK.cheekLowerLeft, LANDMARK.cheekLowerRight];

/** A ramp: 0 below `from`, 1 from `to` on. */
interface Ramp {
  readonly from: number;
  readonly to: number;
}

/**
 * The ramp of each contrast. `from` is at about the 97th to 99th percentile of uncovered faces of LFW, `to` where the
 * same faces are with drawn covers. Contrasts are differences of logarithms. `npm run bench:hints` measures how often
 * covers are found. The face flag of the mesh network says most: 1 − flag is below 1e-6 for 99 % of 226 faces of LFW
 * and all 80 of NUAA, and above 1e-5 for 95 % of drawn masks. Left and right are not compared: light from one side is
 * far more frequent than something that covers half of a face.
 */
const RAMP = {
  missingPresenceLog10: { from: -6.2, to: -4.2 },
  foreheadToLowerColour: { from: 0.22, to: 0.45 },
  cheeksToLowerColour: { from: 0.15, to: 0.35 },
  cheeksToLowerLuma: { from: 0.35, to: 0.9 },
  darkUnderEyes: { from: 0.7, to: 1.4 },
  /**
   * Missing contrast of the eye that has more. With opaque boxes of black, grey or the skin's colour over both eyes,
   * 241 of 247 faces of LFW reach .6 by it or by another ramp; the contrast is then below .045 in 95 %. Uncovered, it
   * is above .1 in 166 faces of LFW and 326 of eight groups; a man with glasses in dim light has down to .08.
   */
  missingEyeContrast: { from: -0.07, to: -0.03 },
} as const satisfies Record<string, Ramp>;

/** The corners of each eye. */
const EYES = [
  [LANDMARK.leftEyeOuter, LANDMARK.leftEyeInner],
  [LANDMARK.rightEyeInner, LANDMARK.rightEyeOuter],
] as const;
/** Half the size of the patch over an eye, as shares of the eye's width. */
const EYE_HALF_WIDTH = 0.45;
const EYE_HALF_HEIGHT = 0.22;
/** Added to the luma of eyes: the logarithm would make much of the noise on something black. */
const EYE_DARK_OFFSET = 16;

interface SkinColour {
  readonly redToGreen: number;
  readonly blueToGreen: number;
  readonly luma: number;
}

/**
 * How much of the face seems covered, 0..1. It is the highest of several values: the doubt of the mesh network, and the
 * contrasts of colour and brightness between patches that are bare skin on an uncovered face.
 */
export function occlusionHint(crop: FaceCrop, landmarks: Float32Array, presence: number): number {
  const colour = (indices: readonly number[]) => meanColour(crop, landmarks, indices);
  const forehead = colour(FOREHEAD);
  const upper = colour(UPPER_CHEEKS);
  const lower = colour(LOWER_FACE);
  const doubt = Math.log10(Math.max(1e-9, 1 - presence));
  return Math.max(
    along(RAMP.missingPresenceLog10, doubt),
    along(RAMP.foreheadToLowerColour, colourContrast(forehead, lower)),
    along(RAMP.cheeksToLowerColour, colourContrast(upper, lower)),
    along(RAMP.cheeksToLowerLuma, Math.abs(upper.luma - lower.luma)),
    along(RAMP.missingEyeContrast, -Math.max(...EYES.map((eye) => eyeContrast(crop, landmarks, eye)))),
    along(RAMP.darkUnderEyes, colour(LOWER_CHEEKS).luma - colour(UNDER_EYES).luma),
  );
}

/** The standard deviation of the logarithm of luma in a patch over an eye: lids, white and iris differ. */
function eyeContrast(
  { planes, fromImage }: FaceCrop,
  landmarks: Float32Array,
  corners: readonly [number, number],
): number {
  const [a, b] = corners.map((index) => {
    const { x, y } = landmarkPoint(landmarks, index);
    return transform(fromImage, x, y);
  });
  const width = Math.hypot(a.x - b.x, a.y - b.y);
  const [middleX, middleY] = [(a.x + b.x) / 2, (a.y + b.y) / 2];
  const range = (middle: number, half: number) => [
    Math.max(0, Math.ceil(middle - half * width)),
    Math.min(FACE_CROP_SIDE - 1, Math.floor(middle + half * width)),
  ];
  const [left, right] = range(middleX, EYE_HALF_WIDTH);
  const [top, bottom] = range(middleY, EYE_HALF_HEIGHT);
  let [count, sum, squares] = [0, 0, 0];
  for (let y = top; y <= bottom; y++)
    for (let x = left; x <= right; x++) {
      const at = y * FACE_CROP_SIDE + x;
      const grey = luma(planes[at], planes[FACE_CROP_PIXELS + at], planes[2 * FACE_CROP_PIXELS + at]);
      const value = Math.log(grey + EYE_DARK_OFFSET);
      count++;
      sum += value;
      squares += value ** 2;
    }
  // An eye outside the picture is no covered one: other rules speak of it.
  return count === 0 ? Infinity : Math.sqrt(Math.max(0, squares / count - (sum / count) ** 2));
}

function along({ from, to }: Ramp, value: number): number {
  return Math.min(1, Math.max(0, (value - from) / (to - from)));
}

function colourContrast(a: SkinColour, b: SkinColour): number {
  return Math.hypot(a.redToGreen - b.redToGreen, a.blueToGreen - b.blueToGreen);
}

function meanColour(crop: FaceCrop, landmarks: Float32Array, indices: readonly number[]): SkinColour {
  let red = 0;
  let green = 0;
  let blue = 0;
  let count = 0;
  for (const index of indices) {
    const point = landmarkPoint(landmarks, index);
    const centre = transform(crop.fromImage, point.x, point.y);
    const column = Math.floor(centre.x);
    const row = Math.floor(centre.y);
    for (
      let y = Math.max(0, row - PATCH_RADIUS);
      y <= Math.min(FACE_CROP_SIDE - 1, row + PATCH_RADIUS);
      y++
    ) {
      for (
        let x = Math.max(0, column - PATCH_RADIUS);
        x <= Math.min(FACE_CROP_SIDE - 1, column + PATCH_RADIUS);
        x++
      ) {
        const at = y * FACE_CROP_SIDE + x;
        red += crop.planes[at];
        green += crop.planes[FACE_CROP_PIXELS + at];
        blue += crop.planes[2 * FACE_CROP_PIXELS + at];
        count++;
      }
    }
  }
  const share = count > 0 ? 1 / count : 0;
  const [r, g, b] = [red * share + DARK_OFFSET, green * share + DARK_OFFSET, blue * share + DARK_OFFSET];
  return {
    redToGreen: Math.log(r / g),
    blueToGreen: Math.log(b / g),
    luma: Math.log(luma(r, g, b)),
  };
}
