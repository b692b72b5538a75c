import type { RgbImage } from '../../server/vision/image.ts';
import { LANDMARK } from '../../server/vision/landmarks.ts';
import { FACE_OVAL } from '../portraits/landmark-groups.ts';
import type { FaceInSpace } from './face-in-space.ts';
import type { Hair } from './head-surface.ts';
import { encoded, linear, type Colour } from './tone.ts';

/** What a portrait tells of the parts of a person that it does not show. Colours are linear light, 0..1. */
export interface Complexion {
  readonly hair: Colour;
  /** How much hair differs from strand to strand: standard deviation of the natural logarithm of its light. */
  readonly hairSpread: number;
  readonly hairStyle: Hair;
  readonly clothes: Colour;
  /** The room behind, upper left and upper right. */
  readonly room: readonly [Colour, Colour];
}

/** Points of the outline from temple to temple. */
const BROW_POINTS = [...FACE_OVAL.slice(0, 5), ...FACE_OVAL.slice(-4)];
/** Hair is looked for this much farther out than the outline. */
const HAIR_REACH = [1.25, 1.35, 1.45, 1.55];
/** What is nearer to the skin than this is a high forehead, in the pictures' values. */
const LIKE_SKIN = 40;
const SKIN_POINTS = [LANDMARK.cheekLeft, LANDMARK.cheekRight, LANDMARK.foreheadMiddle, LANDMARK.noseBridge];
/** Hair beside the jaw looks like that above the forehead, to within this difference of the pictures' values. */
const SAME_HAIR = 42;

/** Looks at the portrait's hair, clothes and background. */
export function complexionOf(image: RgbImage, face: FaceInSpace): Complexion {
  const { points, faceWidth, inPortrait } = face;
  const colourAt = (x: number, y: number, z: number) => {
    const at = inPortrait(x, y, z);
    return patch(image, at.x, at.y, 3);
  };
  const colourNear = (vertex: number, reach: number): readonly Colour[] => {
    const [x, y, z] = points.subarray(3 * vertex, 3 * vertex + 3);
    const colour = colourAt(x * reach, y * reach, z);
    return colour === null ? [] : [colour];
  };
  const skin = medianColour(SKIN_POINTS.flatMap((vertex) => colourNear(vertex, 1)));
  const around = BROW_POINTS.flatMap((vertex) => HAIR_REACH.flatMap((reach) => colourNear(vertex, reach)));
  const unlikeSkin = around.filter((colour) => apart(colour, skin) > LIKE_SKIN);
  const samples = unlikeSkin.length > around.length / 4 ? unlikeSkin : around;
  const hair = medianColour(samples);
  const logs = samples.map((colour) => Math.log(lightOf(colour)));
  const middle = Math.log(lightOf(hair));
  const hairSpread = Math.sqrt(logs.reduce((sum, log) => sum + (log - middle) ** 2, 0) / logs.length);
  const jaw = points[3 * LANDMARK.mouthLeft + 1];
  const beside = [LANDMARK.cheekEdgeLeft, LANDMARK.cheekEdgeRight].map((vertex) => {
    const [x, , z] = points.subarray(3 * vertex, 3 * vertex + 3);
    return colourAt(x * 1.35, jaw + 0.1 * faceWidth, z);
  });
  const isHair = (colour: Colour | null) => colour !== null && apart(colour, hair) < SAME_HAIR;
  const { width, height } = image;
  const clothes = [0.3, 0.4, 0.6, 0.7].flatMap((share) => {
    const colour = patch(image, share * width, height - 14, 6);
    return colour === null ? [] : [colour];
  });
  const wall = (share: number) =>
    patch(image, share * width, 0.12 * height, 12) ?? ([0.3, 0.3, 0.3] as const);
  return {
    hair,
    hairSpread: Math.min(0.5, Math.max(0.15, hairSpread)),
    hairStyle: beside.some(isHair) ? 'long' : 'short',
    clothes: medianColour(clothes),
    room: [wall(0.05), wall(0.95)],
  };
}

/** The largest difference of two colours' values, 0..255. */
function apart(a: Colour, b: Colour): number {
  return Math.max(...[0, 1, 2].map((channel) => Math.abs(encoded(a[channel]) - encoded(b[channel]))));
}

/** The mean of a square patch in linear light; null when it lies outside the picture. */
function patch({ data, width, height }: RgbImage, x: number, y: number, radius: number): Colour | null {
  const [left, top] = [Math.round(x) - radius, Math.round(y) - radius];
  if (left < 0 || top < 0 || left + 2 * radius >= width || top + 2 * radius >= height) return null;
  const sum = [0, 0, 0];
  for (let row = top; row <= top + 2 * radius; row++)
    for (let column = left; column <= left + 2 * radius; column++)
      for (let channel = 0; channel < 3; channel++)
        sum[channel] += linear(data[3 * (row * width + column) + channel]);
  const count = (2 * radius + 1) ** 2;
  const [red, green, blue] = sum.map((value) => Math.max(0.002, value / count));
  return [red, green, blue];
}

export function medianColour(colours: readonly Colour[]): Colour {
  const of = (channel: 0 | 1 | 2) =>
    colours.map((colour) => colour[channel]).toSorted((a, b) => a - b)[colours.length >> 1] ?? 0.1;
  return [of(0), of(1), of(2)];
}

export function lightOf([red, green, blue]: readonly number[]): number {
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
