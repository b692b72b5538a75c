import { MODEL_MANIFEST } from '../../models/manifest.ts';
import type { EyeOpenness, FaceRegion, Gaze } from './analysis.ts';
import { distance, midpoint } from './geometry.ts';
import { eyeLineAngleRad, LANDMARK, landmarkPoint } from './landmarks.ts';
import { outputOfSize, type Tensor } from './model-runner.ts';

/** Side of the iris network's square input in pixels. */
export const IRIS_SIDE = MODEL_MANIFEST.iris.input.width;

/** Side of the eye crop over the distance between the eye's corners. */
const EYE_REGION_SCALE = 2.3;

const VALUES_PER_EYE = 228;
/** Points of one eye in the network's output: the lower lid is 0..8, from corner to corner, the upper lid 9..15. */
const LID = { corner: 0, otherCorner: 8, lower: 1, upper: 9, pairs: 7 } as const;

const IRIS_CENTRE = 71;

/** A crop for the iris network. The network knows one side only, so the eye on the image's right is mirrored. */
interface EyeRegion {
  readonly region: FaceRegion;
  readonly mirrored: boolean;
}

/** The squares around both eyes: image left, then image right. */
export function eyeRegions(landmarks: Float32Array): readonly [EyeRegion, EyeRegion] {
  const angleRad = eyeLineAngleRad(landmarks);
  const around = (outer: number, inner: number, mirrored: boolean): EyeRegion => {
    const a = landmarkPoint(landmarks, outer);
    const b = landmarkPoint(landmarks, inner);
    const centre = midpoint(a, b);
    return {
      region: { centreX: centre.x, centreY: centre.y, size: distance(a, b) * EYE_REGION_SCALE, angleRad },
      mirrored,
    };
  };
  return [
    around(LANDMARK.leftEyeOuter, LANDMARK.leftEyeInner, false),
    around(LANDMARK.rightEyeOuter, LANDMARK.rightEyeInner, true),
  ];
}

/**
 * The eye aspect ratios, from the network's output for the batch of both crops. They are ratios of lengths within a
 * crop, so that its scale and mirroring do not matter.
 */
export function decodeEyes(outputs: readonly Tensor[]): EyeOpenness {
  const values = outputOfSize(outputs, VALUES_PER_EYE, 2);
  return {
    imageLeft: aspectRatio(values.subarray(0, VALUES_PER_EYE)),
    imageRight: aspectRatio(values.subarray(VALUES_PER_EYE)),
  };
}

/** The gaze, from the network's output for the batch of both crops. */
export function decodeGaze(outputs: readonly Tensor[]): Gaze {
  const values = outputOfSize(outputs, VALUES_PER_EYE, 2);
  const left = irisOffset(values.subarray(0, VALUES_PER_EYE));
  const right = irisOffset(values.subarray(VALUES_PER_EYE));
  // The eye on the image's right was mirrored.
  return { right: (left.along - right.along) / 2, down: (left.across + right.across) / 2 };
}

function irisOffset(eye: Float32Array): { readonly along: number; readonly across: number } {
  const outer = landmarkPoint(eye, LID.corner);
  const inner = landmarkPoint(eye, LID.otherCorner);
  const iris = landmarkPoint(eye, IRIS_CENTRE);
  const middle = midpoint(outer, inner);
  const x = inner.x - outer.x;
  const y = inner.y - outer.y;
  const square = x * x + y * y;
  if (!(square > 0)) return { along: 0, across: 0 };
  const dx = iris.x - middle.x;
  const dy = iris.y - middle.y;
  return { along: (dx * x + dy * y) / square, across: (dy * x - dx * y) / square };
}

/**
 * The mean distance of the lids over the width of the eye: Soukupová and Čech, "Real-Time Eye Blink Detection using
 * Facial Landmarks", CVWW 2016, with seven pairs of lid points instead of two.
 */
function aspectRatio(eye: Float32Array): number {
  let lids = 0;
  for (let i = 0; i < LID.pairs; i++) {
    lids += distance(landmarkPoint(eye, LID.upper + i), landmarkPoint(eye, LID.lower + i));
  }
  const width = distance(landmarkPoint(eye, LID.corner), landmarkPoint(eye, LID.otherCorner));
  return width > 0 ? lids / LID.pairs / width : 0;
}
