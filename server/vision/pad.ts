import type { PadModelId } from '../../models/ids.ts';
import { MODEL_MANIFEST } from '../../models/manifest.ts';
import type { Affine, Box } from './geometry.ts';
import { outputOfSize, type Tensor } from './model-runner.ts';

/** Side of MiniFASNet's square input in pixels. */
export const PAD_SIDE = MODEL_MANIFEST['minifasnet-v2'].input.width;

/**
 * MiniFASNet was trained on crops that were shrunk without averaging, and it relies on their aliasing. With averaged
 * crops 80 % of NUAA's live frames are above .5, without averaging 91 %; no printed photograph is in either case.
 */
export const PAD_CROP = { antialias: false } as const;

/** How much of the face's surroundings each network was trained with (minivision-ai/Silent-Face-Anti-Spoofing). */
const CROP_SCALE: Readonly<Record<PadModelId, number>> = { 'minifasnet-v2': 2.7, 'minifasnet-v1se': 4 };

const CLASSES = 3;
const BONA_FIDE_CLASS = 1;

/**
 * The map from the network's input onto the picture. The face's box is enlarged about its centre, by no more than the
 * picture allows, shifted into the picture, and stretched to a square.
 */
export function padMatrix(model: PadModelId, face: Box, width: number, height: number): Affine {
  const scale = Math.min(CROP_SCALE[model], (width - 1) / face.width, (height - 1) / face.height);
  const cropWidth = face.width * scale;
  const cropHeight = face.height * scale;
  const x = shiftInside(face.x + face.width / 2 - cropWidth / 2, cropWidth, width);
  const y = shiftInside(face.y + face.height / 2 - cropHeight / 2, cropHeight, height);
  return [cropWidth / PAD_SIDE, 0, x, 0, cropHeight / PAD_SIDE, y];
}

/** Length of one crop: three planes. */
export const PAD_CROP_LENGTH = 3 * PAD_SIDE * PAD_SIDE;

/**
 * Number of views of a crop that are judged in place of it: one with warm light taken out, one with each channel's
 * levels stretched. The networks take warm, magenta, bright and washed-out prints for faces, and these two views
 * together for none; living recordings fail hardly more often. Grey-world balancing and the least of several views
 * refused more of the living; a third view gained nothing. `npm run evaluate -- pad-grid` measures it.
 */
export const PAD_VIEWS = 2;

/** Takes a warm light out: factors of blue, green and red. */
const COOLED = [1 / 0.6, 1, 1 / 1.3] as const;
/** These shares of a channel's values, sorted, come to lie at these levels. */
const STRETCHED = { shares: [0.02, 0.98], levels: [10, 245] } as const;
/** Fewest levels between the two shares: a plain surface is not stretched into noise. */
const LEAST_RANGE = 30;
const BRIGHTEST = 255;

/** Writes both views of `crop` (three planes B, G, R of 0..255) into `views`, one behind the other. */
export function fillPadViews(crop: Float32Array, views: Float32Array): void {
  const plane = PAD_SIDE * PAD_SIDE;
  for (const [channel, factor] of COOLED.entries()) {
    const values = crop.subarray(channel * plane, (channel + 1) * plane);
    rescale(values, 0, factor, 0, views, channel * plane);
    const [dark, bright] = valuesAt(values, STRETCHED.shares);
    const [low, high] = STRETCHED.levels;
    const gain = (high - low) / Math.max(LEAST_RANGE, bright - dark);
    rescale(values, dark, gain, low, views, PAD_CROP_LENGTH + channel * plane);
  }
}

/** (value − from) · gain + to, cut off where a sensor's range ends. */
function rescale(
  values: Float32Array,
  from: number,
  gain: number,
  to: number,
  out: Float32Array,
  start: number,
): void {
  // A plain loop: iterators cost ten times as much here.
  for (let i = 0; i < values.length; i++) {
    const value = (values[i] - from) * gain + to;
    out[start + i] = value < 0 ? 0 : value > BRIGHTEST ? BRIGHTEST : value;
  }
}

/** The levels below which these shares of the values lie, in whole levels. */
function valuesAt(values: Float32Array, [low, high]: readonly [number, number]): readonly [number, number] {
  const counts = new Uint16Array(BRIGHTEST + 1);
  for (let i = 0; i < values.length; i++) counts[Math.floor(values[i])]++;
  const levelOf = (share: number) => {
    let left = share * (values.length - 1);
    let level = 0;
    while (level < BRIGHTEST && left >= counts[level]) left -= counts[level++];
    return level;
  };
  return [levelOf(low), levelOf(high)];
}

/** The probability of a bona fide presentation, 0..1, for each view, from a network's outputs. */
export function bonaFideProbabilities(outputs: readonly Tensor[]): number[] {
  const probabilities = outputOfSize(outputs, CLASSES, PAD_VIEWS);
  return Array.from({ length: PAD_VIEWS }, (_, view) => probabilities[CLASSES * view + BONA_FIDE_CLASS]);
}

/** Bounds of a view's log odds: one that is sure of a living face must not outvote one that doubts. */
const VIEW_LOG_ODDS = { min: -7, max: 3 } as const;

/**
 * One probability of a bona fide presentation from those of the networks, each with one for each view: the mean of the
 * networks, then the mean of the views' log odds. 0..1; null without a network.
 */
export function pooledBonaFide(ofNetworks: readonly (readonly number[])[]): number | null {
  if (ofNetworks.length === 0) return null;
  let sum = 0;
  for (let view = 0; view < PAD_VIEWS; view++) {
    const mean = ofNetworks.reduce((total, one) => total + one[view], 0) / ofNetworks.length;
    sum += Math.min(VIEW_LOG_ODDS.max, Math.max(VIEW_LOG_ODDS.min, Math.log(mean / (1 - mean))));
  }
  return 1 / (1 + Math.exp(-sum / PAD_VIEWS));
}

function shiftInside(start: number, length: number, available: number): number {
  return Math.min(Math.max(0, start), Math.max(0, available - length));
}
