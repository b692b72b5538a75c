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

/** The probability of a bona fide presentation, 0..1, from the network's outputs. */
export function bonaFideProbability(outputs: readonly Tensor[]): number {
  return outputOfSize(outputs, CLASSES)[BONA_FIDE_CLASS];
}

function shiftInside(start: number, length: number, available: number): number {
  return Math.min(Math.max(0, start), Math.max(0, available - length));
}
