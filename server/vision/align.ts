import { fitSimilarity, invert, type Affine, type Point } from './geometry.ts';
import { LANDMARK, landmarkPoint, leftEyeCentre, rightEyeCentre } from './landmarks.ts';

/**
 * Eyes, nose tip and mouth corners in a crop of 112 × 112 pixels: the template of ArcFace (arXiv:1801.07698), which
 * networks that were trained on aligned faces expect.
 */
const ARCFACE_SIDE = 112;
const ARCFACE_TEMPLATE: readonly Point[] = [
  { x: 38.2946, y: 51.6963 },
  { x: 73.5318, y: 51.5014 },
  { x: 56.0252, y: 71.7366 },
  { x: 41.5493, y: 92.3655 },
  { x: 70.7299, y: 92.2041 },
];

/**
 * Eye corners and nose base in the unit square of dlib's `get_face_chip_details` (image_transforms/interpolation.h,
 * Boost licence), the mean of its five-point model. In this order, left and right as in the image: outer and inner
 * corner of the right eye, outer and inner corner of the left eye, base of the nose.
 */
const DLIB_PADDING = 0.25;
const DLIB_TEMPLATE: readonly Point[] = [
  { x: 0.8595674595992, y: 0.2134981538014 },
  { x: 0.6460604764104, y: 0.2289674387677 },
  { x: 0.1205750620789, y: 0.2137274526848 },
  { x: 0.3340850613712, y: 0.2290642403242 },
  { x: 0.4901123135679, y: 0.6277975316475 },
];

/**
 * The map from an aligned `side` × `side` crop onto the picture, by eyes, nose and mouth. `zoom` > 1 shows more of the
 * surroundings. Throws RangeError when the landmarks coincide.
 */
export function arcFaceMatrix(landmarks: Float32Array, side: number, zoom: number): Affine {
  const half = ARCFACE_SIDE / 2;
  const place = (value: number) => ((value - half) / zoom + half) * (side / ARCFACE_SIDE);
  const template = ARCFACE_TEMPLATE.map(({ x, y }) => ({ x: place(x), y: place(y) }));
  const points = [
    leftEyeCentre(landmarks),
    rightEyeCentre(landmarks),
    landmarkPoint(landmarks, LANDMARK.noseTip),
    landmarkPoint(landmarks, LANDMARK.mouthLeft),
    landmarkPoint(landmarks, LANDMARK.mouthRight),
  ];
  return invert(fitSimilarity(points, template));
}

/** The map from dlib's `side` × `side` crop onto the picture. Throws RangeError when the landmarks coincide. */
export function dlibChipMatrix(landmarks: Float32Array, side: number): Affine {
  const place = (value: number) => ((DLIB_PADDING + value) / (2 * DLIB_PADDING + 1)) * side;
  const template = DLIB_TEMPLATE.map(({ x, y }) => ({ x: place(x), y: place(y) }));
  const points = [
    LANDMARK.rightEyeOuter,
    LANDMARK.rightEyeInner,
    LANDMARK.leftEyeOuter,
    LANDMARK.leftEyeInner,
    LANDMARK.noseBase,
  ].map((index) => landmarkPoint(landmarks, index));
  return invert(fitSimilarity(points, template));
}
