import type { Point } from './geometry.ts';
import type { RgbImage } from './image.ts';
import { landmarkPoint } from './landmarks.ts';

/** Mean colour of a patch, 0..255 each. */
export interface MeanColour {
  readonly red: number;
  readonly green: number;
  readonly blue: number;
  /** Pixels that were read. */
  readonly pixels: number;
}

/** Outlines of patches that are bare skin on most faces, by landmarks. Left and right are those of the image. */
export const SKIN_REGIONS = {
  forehead: [67, 109, 10, 338, 297, 299, 9, 69],
  cheekLeft: [117, 118, 100, 142, 203, 206, 187, 50],
  cheekRight: [346, 347, 329, 371, 423, 426, 411, 280],
} as const satisfies Record<string, readonly number[]>;
type SkinRegion = keyof typeof SKIN_REGIONS;

/** About the most pixels of a region that are read. More would change little. */
const MAX_SAMPLES = 1_024;

/** The mean colour of each region that lies at least half inside the picture. Means are those of the encoded values. */
export function skinColours(
  image: RgbImage,
  landmarks: Float32Array,
): Partial<Record<SkinRegion, MeanColour>> {
  const colours: Partial<Record<SkinRegion, MeanColour>> = {};
  for (const region of Object.keys(SKIN_REGIONS) as SkinRegion[]) {
    const colour = meanColourIn(
      image,
      SKIN_REGIONS[region].map((index) => landmarkPoint(landmarks, index)),
    );
    if (colour !== null) colours[region] = colour;
  }
  return colours;
}

/**
 * The mean colour inside a polygon, by the even-odd rule at pixel centres. In a large polygon only every n-th row and
 * column is read. Null when less than half of the polygon lies in the picture, or no pixel was read.
 */
export function meanColourIn(
  { data, width, height }: RgbImage,
  polygon: readonly Point[],
): MeanColour | null {
  const left = Math.min(...polygon.map(({ x }) => x));
  const right = Math.max(...polygon.map(({ x }) => x));
  const top = Math.min(...polygon.map(({ y }) => y));
  const bottom = Math.max(...polygon.map(({ y }) => y));
  const area = (right - left) * (bottom - top);
  if (!Number.isFinite(area)) return null;
  const step = Math.max(1, Math.floor(Math.sqrt(area / MAX_SAMPLES)));
  let red = 0;
  let green = 0;
  let blue = 0;
  let pixels = 0;
  let outside = 0;
  for (let y = Math.floor(top); y < bottom; y += step) {
    for (const [from, to] of crossings(polygon, y + 0.5)) {
      const first = Math.ceil((from - 0.5) / step) * step;
      for (let x = first; x + 0.5 < to; x += step) {
        if (x < 0 || y < 0 || x >= width || y >= height) {
          outside++;
          continue;
        }
        const at = (y * width + x) * 3;
        red += data[at];
        green += data[at + 1];
        blue += data[at + 2];
        pixels++;
      }
    }
  }
  if (pixels === 0 || outside > pixels) return null;
  return { red: red / pixels, green: green / pixels, blue: blue / pixels, pixels };
}

/** The pairs of x between which a row is inside a polygon. */
function crossings(polygon: readonly Point[], y: number): [number, number][] {
  const xs: number[] = [];
  for (const [i, a] of polygon.entries()) {
    const b = polygon[(i + 1) % polygon.length];
    if (a.y <= y === b.y <= y) continue;
    xs.push(a.x + ((y - a.y) / (b.y - a.y)) * (b.x - a.x));
  }
  xs.sort((p, q) => p - q);
  return Array.from({ length: xs.length >> 1 }, (_, i) => [xs[2 * i], xs[2 * i + 1]]);
}
