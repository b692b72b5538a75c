import { LANDMARK, landmarkPoint } from '../../../server/vision/landmarks.ts';
import { distance, type Point } from '../../../server/vision/geometry.ts';
import type { RgbImage } from '../../../server/vision/image.ts';
import type { Canvas } from '../../drawing/rasterize.ts';
import { smoothStep } from '../../drawing/smooth-step.ts';
import { INNER_LIPS, LOWER_LID_POINTS, MOUTH_CORNERS } from '../../portraits/landmark-groups.ts';
import type { Lids, Portrait } from '../../portraits/portrait.ts';
import type { Shape } from '../../acting/shapes.ts';

/** Corners go out and up by these shares of the face's width, within a radius of the third. */
const SMILE = { out: 0.075, up: 0.05, reach: 0.16 };
/** The jaw drops by this share of the face's width. */
const JAW_DROP = 0.17;
/** Below the chin, skin is pushed less and less, over this many drops. */
const SKIN_FOLLOWS = 3.6;
/** Colour of the open mouth's inside. */
const GAP_RGB = [38, 18, 18] as const;
/** Lids close by this many openings, and meet this far below the lower one. */
const LIDS_OVERLAP = 1.2;
const LOWER_LID = 0.3;
/** Skin is drawn over an eye from this many openings around it. */
const LID_REACH = 3;

/** A box of pixels, its edges included. */
interface PixelBox {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** Where a pixel's colour comes from; null: the mouth's dark inside. */
type SourceOf = (x: number, y: number) => Point | null;

interface Gesture {
  readonly box: PixelBox;
  readonly sourceAt: (amount: number) => SourceOf;
}

/**
 * A face that closes its eyes, smiles and opens its mouth by moving the pixels of one photograph about: no mesh is
 * drawn.
 */
export class PixelGestures {
  readonly #photo: RgbImage;
  readonly #gestures: Readonly<Record<Shape, readonly Gesture[]>>;

  constructor(photo: RgbImage, { landmarks, lids }: Pick<Portrait, 'landmarks' | 'lids'>) {
    this.#photo = photo;
    const at = (index: number) => landmarkPoint(landmarks, index);
    const faceWidth = distance(at(LANDMARK.cheekEdgeLeft), at(LANDMARK.cheekEdgeRight));
    this.#gestures = {
      blink: [closing(lids.imageLeft), closing(lids.imageRight)],
      smile: MOUTH_CORNERS.slice(0, 2).map((corner, side) =>
        smiling(at(corner), side === 0 ? -1 : 1, faceWidth),
      ),
      openMouth: [openingMouth(at, faceWidth)],
    };
  }

  /** Draws the face into `canvas`, which holds the photograph except where an earlier call changed it. */
  draw(amounts: Readonly<Record<Shape, number>>, canvas: Canvas): void {
    const all = (Object.keys(this.#gestures) as Shape[]).flatMap((shape) =>
      this.#gestures[shape].map((gesture) => ({ gesture, amount: amounts[shape] })),
    );
    for (const { gesture } of all) copyBox(this.#photo, canvas, inside(gesture.box, canvas));
    for (const { gesture, amount } of all) {
      if (amount > 0.001) remap(canvas, inside(gesture.box, canvas), gesture.sourceAt(amount));
    }
  }
}

/** The upper lid is squeezed down over the eye onto the lower one. */
function closing(lids: Lids): Gesture {
  const lower = rightward(lids.slice(0, LOWER_LID_POINTS));
  const upper = rightward([lids[0], ...lids.slice(LOWER_LID_POINTS), lids[LOWER_LID_POINTS - 1]]);
  const lowest = Math.max(...lower.map(({ y }) => y));
  const highest = Math.min(...upper.map(({ y }) => y));
  const reach = LID_REACH * (lowest - highest);
  return {
    box: { left: lower[0].x, top: highest - reach, right: lower[lower.length - 1].x, bottom: lowest + 2 },
    sourceAt: (amount) => (x, y) => {
      const opening = Math.max(0, heightAt(lower, x) - heightAt(upper, x));
      const floor = heightAt(lower, x) + LOWER_LID * opening;
      const span = opening + reach;
      const fromTop = y - (floor - span);
      if (y > floor || fromTop <= 0) return { x, y };
      return { x, y: floor - span + (fromTop * (span - LIDS_OVERLAP * opening * amount)) / span };
    },
  };
}

const rightward = (line: readonly Point[]) => line.toSorted((a, b) => a.x - b.x);

/** The height at `x` of a polyline that runs to the right. */
function heightAt(line: readonly Point[], x: number): number {
  const next = line.findIndex((point) => x <= point.x);
  if (next <= 0) return line.at(next)?.y ?? 0;
  const [from, to] = [line[next - 1], line[next]];
  return from.y + ((x - from.x) / (to.x - from.x)) * (to.y - from.y);
}

/** A radial field about a mouth's corner pulls it outward and up. */
function smiling(corner: Point, outward: -1 | 1, faceWidth: number): Gesture {
  const reach = SMILE.reach * faceWidth;
  return {
    box: around(corner, 2 * reach),
    sourceAt: (amount) => (x, y) => {
      const pull = amount * Math.exp(-((x - corner.x) ** 2 + (y - corner.y) ** 2) / reach ** 2);
      return { x: x - outward * SMILE.out * faceWidth * pull, y: y + SMILE.up * faceWidth * pull };
    },
  };
}

/** What is below the lips' line is pushed down; between them is a dark gap. */
function openingMouth(at: (index: number) => Point, faceWidth: number): Gesture {
  const [left, right] = INNER_LIPS.corners.map(at);
  const line = INNER_LIPS.lower.map(at);
  const chin = at(LANDMARK.chin);
  const middle = { x: (left.x + right.x) / 2, y: at(LANDMARK.lipLowerInner).y };
  const half = Math.max(1, (right.x - left.x) / 2);
  const jaw = Math.max(1, chin.y - middle.y);
  const lips = rightward([left, ...line, right]);
  const wide = 0.5 * faceWidth;
  return {
    box: {
      left: middle.x - wide,
      top: Math.min(left.y, right.y) - 2,
      right: middle.x + wide,
      bottom: chin.y + SKIN_FOLLOWS * JAW_DROP * faceWidth,
    },
    sourceAt: (amount) => {
      const drop = amount * JAW_DROP * faceWidth;
      return (x, y) => {
        const across = (x - middle.x) / half;
        const below = y - heightAt(lips, x);
        if (below <= 0) return { x, y };
        const gap = Math.abs(across) < 1 ? drop * Math.sqrt(1 - across * across) : 0;
        if (below < gap) return null;
        const whole = drop * Math.exp(-(((x - middle.x) / (0.42 * faceWidth)) ** 4));
        const deep = smoothStep(0, 0.6 * jaw, below - gap);
        const fading = 1 - smoothStep(jaw + drop, jaw + SKIN_FOLLOWS * JAW_DROP * faceWidth, below);
        return { x, y: y - (gap + deep * Math.max(0, whole - gap)) * fading };
      };
    },
  };
}

function around({ x, y }: Point, reach: number): PixelBox {
  return { left: x - reach, top: y - reach, right: x + reach, bottom: y + reach };
}

function inside({ left, top, right, bottom }: PixelBox, { width, height }: RgbImage): PixelBox {
  return {
    left: Math.max(0, Math.floor(left)),
    top: Math.max(0, Math.floor(top)),
    right: Math.min(width - 2, Math.ceil(right)),
    bottom: Math.min(height - 2, Math.ceil(bottom)),
  };
}

function copyBox(from: RgbImage, to: Canvas, { left, top, right, bottom }: PixelBox): void {
  for (let y = top; y <= bottom; y++) {
    const start = 3 * (y * to.width + left);
    const end = 3 * (y * to.width + right + 1);
    to.data.set(from.data.subarray(start, end), start);
  }
}

/** Fills a box with the colours of where `sourceOf` says, bilinear, out of what the canvas holds. */
function remap(canvas: Canvas, { left, top, right, bottom }: PixelBox, sourceOf: SourceOf): void {
  const { data, width, height } = canvas;
  const before = data.slice();
  const stride = 3 * width;
  for (let y = top; y <= bottom; y++) {
    for (let x = left; x <= right; x++) {
      const out = y * stride + 3 * x;
      const source = sourceOf(x, y);
      if (source === null) {
        data.set(GAP_RGB, out);
        continue;
      }
      if (source.x === x && source.y === y) continue;
      const sx = Math.min(width - 2, Math.max(0, source.x));
      const sy = Math.min(height - 2, Math.max(0, source.y));
      const [x0, y0] = [Math.floor(sx), Math.floor(sy)];
      const [fx, fy] = [sx - x0, sy - y0];
      const at = y0 * stride + 3 * x0;
      for (let channel = 0; channel < 3; channel++) {
        const i = at + channel;
        const upper = before[i] + fx * (before[i + 3] - before[i]);
        const lower = before[i + stride] + fx * (before[i + stride + 3] - before[i + stride]);
        data[out + channel] = upper + fy * (lower - upper);
      }
    }
  }
}
