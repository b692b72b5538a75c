import type { FaceAnalysis, FaceRegion, FrameAnalysis } from './analysis.ts';
import type { Box } from './geometry.ts';
import type { RgbImage } from './image.ts';

/** No channel of a border's pixel is above this: black is 0, or 16 where video levels were not stretched. */
const MAX_BORDER_LEVEL = 20;
/** Borders that are narrower change nothing. */
const MIN_BORDER_PX = 8;
/** JPEG's ripples reach so far from the picture's edge into a border: a block of subsampled chroma. */
const RIPPLE_PX = 16;
/** Mean of a line of a border in which there may be ripples. */
const MAX_RIPPLED_MEAN = 24;
/** What is left must be a picture: at least this share of either side. */
const MIN_CONTENT_SHARE = 0.2;

/**
 * Where the picture lies within black borders (letterbox, pillarbox), in whole pixels; null where there are none. A
 * picture without borders costs a look at one pixel of each edge, as a rule.
 */
export function contentBox(image: RgbImage): Box | null {
  const { width, height } = image;
  const top = borderOf(height, (y) => lineOf(image, 0, y, width, 3));
  if (top === height) return null;
  const bottom = borderOf(height, (y) => lineOf(image, 0, height - 1 - y, width, 3));
  const rows = height - top - bottom;
  const column = (x: number) => lineOf(image, x, top, rows, 3 * width);
  const left = borderOf(width, column);
  const right = left === width ? 0 : borderOf(width, (x) => column(width - 1 - x));
  const box = { x: left, y: top, width: width - left - right, height: rows };
  const isPicture = box.width >= MIN_CONTENT_SHARE * width && box.height >= MIN_CONTENT_SHARE * height;
  return isPicture && (box.width < width || box.height < height) ? box : null;
}

interface Line {
  readonly data: Uint8Array;
  readonly start: number;
  readonly step: number;
  readonly count: number;
}

function lineOf({ data, width }: RgbImage, x: number, y: number, count: number, step: number): Line {
  return { data, start: 3 * (y * width + x), step, count };
}

/** How many lines from an edge are border; 0 where they are too few to matter. */
function borderOf(lines: number, at: (line: number) => Line): number {
  let border = 0;
  while (border < lines && isBlack(at(border))) border++;
  if (border < MIN_BORDER_PX || border === lines) return border === lines ? lines : 0;
  const most = Math.min(lines, border + RIPPLE_PX);
  while (border < most && meanOf(at(border)) <= MAX_RIPPLED_MEAN) border++;
  return border;
}

function isBlack({ data, start, step, count }: Line): boolean {
  for (let i = 0, at = start; i < count; i++, at += step)
    if (data[at] > MAX_BORDER_LEVEL || data[at + 1] > MAX_BORDER_LEVEL || data[at + 2] > MAX_BORDER_LEVEL)
      return false;
  return true;
}

function meanOf({ data, start, step, count }: Line): number {
  let sum = 0;
  for (let i = 0, at = start; i < count; i++, at += step) sum += data[at] + data[at + 1] + data[at + 2];
  return sum / (3 * count);
}

/** The part of a picture in `box`, whose sides are whole pixels. */
export function cropTo({ data, width }: RgbImage, box: Box): RgbImage {
  const out = new Uint8Array(3 * box.width * box.height);
  for (let y = 0; y < box.height; y++) {
    const from = 3 * ((box.y + y) * width + box.x);
    out.set(data.subarray(from, from + 3 * box.width), 3 * y * box.width);
  }
  return { data: out, width: box.width, height: box.height };
}

export function movedRegion(region: FaceRegion, x: number, y: number): FaceRegion {
  return { ...region, centreX: region.centreX + x, centreY: region.centreY + y };
}

/** The analysis of the part in `content`, as one of the whole picture. */
export function inWholePicture(analysis: FrameAnalysis, content: Box, whole: RgbImage): FrameAnalysis {
  const { face } = analysis;
  const frame = { ...analysis, width: whole.width, height: whole.height, content };
  return face.found ? { ...frame, face: { found: true, value: movedFace(face.value, content) } } : frame;
}

function movedFace(face: FaceAnalysis, { x, y }: Box): FaceAnalysis {
  const landmarks = Float32Array.from(face.landmarks, (value, at) =>
    at % 3 === 0 ? value + x : at % 3 === 1 ? value + y : value,
  );
  const box = { ...face.box, x: face.box.x + x, y: face.box.y + y };
  return { ...face, landmarks, box, region: movedRegion(face.region, x, y) };
}
