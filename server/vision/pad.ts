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

/** Factors of a crop's channels. */
interface WhiteBalance {
  readonly red: number;
  readonly green: number;
  readonly blue: number;
}

/**
 * A crop is judged as it is and with a warm light taken out of it. The networks take warm light for skin: red × 1.2 and
 * blue × .6 bring printed photographs from below .01 to .5, and further with more or less contrast. A living face is
 * judged alike in both. Grey-world balancing (every channel to one mean) left attacks lower still, but refused three
 * times as many living recordings; milder cooling left attacks higher. `npm run evaluate -- pad-grid` measures it.
 */
export const PAD_WHITE_BALANCES: readonly WhiteBalance[] = [
  { red: 1, green: 1, blue: 1 },
  { red: 1 / 1.3, green: 1, blue: 1 / 0.6 },
];

/** Length of one crop: three planes. */
export const PAD_CROP_LENGTH = 3 * PAD_SIDE * PAD_SIDE;

const BRIGHTEST = 255;

/**
 * Writes the crop at the start of `input`, three planes B, G, R of 0..255, once more behind it for each further white
 * balance. What gets brighter than the sensor's range is cut off there, as a camera does.
 */
export function fillWhiteBalances(input: Float32Array): void {
  const plane = PAD_SIDE * PAD_SIDE;
  for (const [index, { red, green, blue }] of PAD_WHITE_BALANCES.entries()) {
    if (index === 0) continue;
    for (const [channel, factor] of [blue, green, red].entries()) {
      const from = channel * plane;
      const to = index * PAD_CROP_LENGTH + from;
      for (let i = 0; i < plane; i++) input[to + i] = Math.min(BRIGHTEST, factor * input[from + i]);
    }
  }
}

/** The probability of a bona fide presentation, 0..1, for each white balance, from a network's outputs. */
export function bonaFideProbabilities(outputs: readonly Tensor[]): number[] {
  const probabilities = outputOfSize(outputs, CLASSES, PAD_WHITE_BALANCES.length);
  return PAD_WHITE_BALANCES.map((_, index) => probabilities[CLASSES * index + BONA_FIDE_CLASS]);
}

/** Bounds of the log odds of one white balance: one that is sure of a living face must not outvote one that doubts. */
const BALANCE_LOG_ODDS = { min: -7, max: 3 } as const;

/**
 * One probability of a bona fide presentation from those of the networks, each with one for each white balance: the
 * mean of the networks, then the mean of the balances' log odds. 0..1; null without a network.
 */
export function pooledBonaFide(ofNetworks: readonly (readonly number[])[]): number | null {
  if (ofNetworks.length === 0) return null;
  const logOdds = PAD_WHITE_BALANCES.map((_, index) => {
    const mean = ofNetworks.reduce((sum, one) => sum + one[index], 0) / ofNetworks.length;
    const odds = Math.log(mean / (1 - mean));
    return Math.min(BALANCE_LOG_ODDS.max, Math.max(BALANCE_LOG_ODDS.min, odds));
  });
  const mean = logOdds.reduce((sum, one) => sum + one, 0) / logOdds.length;
  return 1 / (1 + Math.exp(-mean));
}

function shiftInside(start: number, length: number, available: number): number {
  return Math.min(Math.max(0, start), Math.max(0, available - length));
}
