import type { Affine, Box } from '../../../server/vision/geometry.ts';
import type { RgbImage } from '../../../server/vision/image.ts';
import { Warper } from '../../../server/vision/warp.ts';
import { radialSpectrum, SPECTRUM_BANDS } from './spectrum.ts';

/** Side of each crop in pixels: a power of two, for the spectrum. */
const SIDE = 64;
const PIXELS = SIDE * SIDE;
const AS_IT_IS = { channelOrder: 'rgb', scale: [1, 1, 1], offset: [0, 0, 0] } as const;

/** Crops that are measured: the face, the face with its surroundings, and pixels of the picture as they are. */
const CROPS = ['face', 'surroundings', 'pixels'] as const;
/** As MiniFASNet's smaller crop: the edge of a sheet or of a display is often in it. */
const SURROUNDINGS_SCALE = 2.7;

const LEVELS = 3;
/** Patterns of eight neighbours that do not change with rotation, and one for all others (Ojala et al., PAMI 2002). */
const PATTERNS = 10;
const MAPS = ['luma', 'redness', 'blueness'] as const;
const TONES = [0.05, 0.25, 0.75, 0.95] as const;

/** Names of the features, in the order of `padFeatures`. */
export const PAD_FEATURES: readonly string[] = CROPS.flatMap((crop) =>
  [
    ...MAPS.flatMap((map) => [
      ...Array.from({ length: LEVELS }, (_, level) => `${map} detail ${level}`),
      ...Array.from({ length: LEVELS }, (_, level) => `${map} peakedness ${level}`),
      ...Array.from({ length: PATTERNS }, (_, pattern) => `${map} pattern ${pattern}`),
    ]),
    ...Array.from({ length: SPECTRUM_BANDS }, (_, band) => `spectrum ${band}`),
    'spectrum peak',
    ...TONES.map((share) => `tone ${share}`),
    'dark share',
    'bright share',
    'redness with luma',
    'blueness with luma',
  ].map((name) => `${crop}: ${name}`),
);

/**
 * Measures texture, colour and frequency of a face for presentation attack detection. Each channel is divided by its
 * mean first, so that a light's colour and brightness alone change nothing. Needs one instance for each thread.
 */
export class PadFeatureMeter {
  readonly #warper = new Warper();
  readonly #planes = new Float32Array(3 * PIXELS);

  /** One number for each of `PAD_FEATURES`. `face` is the tight box of the mesh in pixels of the picture. */
  measure(image: RgbImage, face: Box): Float32Array {
    const side = Math.max(face.width, face.height);
    const extents = { face: side, surroundings: SURROUNDINGS_SCALE * side, pixels: SIDE };
    const values = CROPS.flatMap((crop) => {
      const step = extents[crop] / SIDE;
      const x = face.x + face.width / 2 - extents[crop] / 2;
      const y = face.y + face.height / 2 - extents[crop] / 2;
      // Whole pixels, so that nothing is interpolated between pixels as they are.
      const matrix: Affine =
        crop === 'pixels' ? [1, 0, Math.round(x), 0, 1, Math.round(y)] : [step, 0, x, 0, step, y];
      this.#warper.crop(image, matrix, SIDE, SIDE, AS_IT_IS, this.#planes);
      return measureCrop(this.#planes);
    });
    return Float32Array.from(values);
  }
}

function measureCrop(planes: Float32Array): number[] {
  const [red, green, blue] = [0, 1, 2].map((channel) => overMean(planes, channel * PIXELS));
  const raw = Float32Array.from(
    { length: PIXELS },
    (_, i) => (planes[i] + planes[PIXELS + i] + planes[2 * PIXELS + i]) / 3,
  );
  const maps = {
    luma: red.map((value, i) => (value + green[i] + blue[i]) / 3),
    redness: red.map((value, i) => value - green[i]),
    blueness: blue.map((value, i) => value - green[i]),
  };
  return [
    ...MAPS.flatMap((map) => [...details(maps[map], maps.luma), ...patterns(maps[map])]),
    ...radialSpectrum(maps.luma, SIDE),
    ...tones(maps.luma),
    raw.filter((value) => value < 12).length / PIXELS,
    raw.filter((value) => value > 243).length / PIXELS,
    correlation(maps.redness, maps.luma),
    correlation(maps.blueness, maps.luma),
  ];
}

const TINY = 1e-4;

function overMean(planes: Float32Array, start: number): Float32Array {
  const plane = planes.slice(start, start + PIXELS);
  const mean = plane.reduce((sum, value) => sum + value, 0) / PIXELS + 1;
  return plane.map((value) => value / mean);
}

/** Detail of three octaves over the luma's contrast, as logarithms, and how peaked its distribution is. */
function details(map: Float32Array, luma: Float32Array): number[] {
  const contrast = deviation(luma) + TINY;
  const [amounts, peaks]: [number[], number[]] = [[], []];
  let level = map;
  let side = SIDE;
  for (let i = 0; i < LEVELS; i++) {
    const half = halved(level, side);
    let [sum, squares] = [0, 0];
    for (let y = 0; y < side; y++) {
      for (let x = 0; x < side; x++) {
        const detail = level[y * side + x] - half[(y >> 1) * (side >> 1) + (x >> 1)];
        sum += Math.abs(detail);
        squares += detail * detail;
      }
    }
    const count = side * side;
    amounts.push(Math.log(sum / count / contrast + TINY));
    peaks.push((sum / count + TINY) / (Math.sqrt(squares / count) + TINY));
    level = half;
    side >>= 1;
  }
  return [...amounts, ...peaks];
}

function halved(map: Float32Array, side: number): Float32Array {
  const half = side >> 1;
  return Float32Array.from({ length: half * half }, (_, i) => {
    const at = 2 * Math.floor(i / half) * side + 2 * (i % half);
    return (map[at] + map[at + 1] + map[at + side] + map[at + side + 1]) / 4;
  });
}

/** Shares of the local binary patterns, rotation-invariant and uniform. */
function patterns(map: Float32Array): number[] {
  const counts = Array.from({ length: PATTERNS }, () => 0);
  const offsets = [-SIDE - 1, -SIDE, -SIDE + 1, 1, SIDE + 1, SIDE, SIDE - 1, -1];
  for (let y = 1; y < SIDE - 1; y++) {
    for (let x = 1; x < SIDE - 1; x++) {
      const at = y * SIDE + x;
      let [ones, changes] = [0, 0];
      let before = map[at + offsets[7]] > map[at];
      for (const offset of offsets) {
        const isAbove = map[at + offset] > map[at];
        if (isAbove) ones++;
        if (isAbove !== before) changes++;
        before = isAbove;
      }
      counts[changes <= 2 ? ones : PATTERNS - 1]++;
    }
  }
  return counts.map((count) => count / (SIDE - 2) ** 2);
}

function tones(luma: Float32Array): number[] {
  const sorted = luma.toSorted();
  return TONES.map((share) => sorted[Math.floor(share * (PIXELS - 1))] - sorted[PIXELS >> 1]);
}

function deviation(map: Float32Array): number {
  const mean = map.reduce((sum, value) => sum + value, 0) / map.length;
  return Math.sqrt(map.reduce((sum, value) => sum + (value - mean) ** 2, 0) / map.length);
}

function correlation(a: Float32Array, b: Float32Array): number {
  const mean = (map: Float32Array) => map.reduce((sum, value) => sum + value, 0) / map.length;
  const [meanA, meanB] = [mean(a), mean(b)];
  const product = a.reduce((sum, value, i) => sum + (value - meanA) * (b[i] - meanB), 0) / a.length;
  return product / (deviation(a) * deviation(b) + TINY);
}
