import type { RgbImage } from '../../server/vision/image.ts';
import { drawTriangle, insideTexture, type Canvas } from '../drawing/rasterize.ts';
import { triangulate } from '../../server/vision/triangulate.ts';
import type { Lids, Portrait } from '../portraits/portrait.ts';
import type { Presenter, ShownStatus } from '../presenter.ts';

/** Points along each side of the picture that do not move. */
const SIDE_POINTS = 4;

/**
 * The face that lies this share, 0..1, of the way from one portrait to another: shape and colours are both in between.
 * Both portraits have one size.
 */
export function morphPortrait(from: Portrait, to: Portrait, share: number): Portrait {
  const landmarks = from.landmarks.map((value, i) => value + share * (to.landmarks[i] - value));
  const between = (a: Lids, b: Lids): Lids =>
    a.map(({ x, y }, i) => ({ x: x + share * (b[i].x - x), y: y + share * (b[i].y - y) }));
  const { width, height } = from.image;
  const corners = triangulate(pointsOf(landmarks, width, height));
  const one = warped(from, landmarks, corners);
  const other = warped(to, landmarks, corners);
  const data = one.data.map((value, i) => Math.round(value + share * (other.data[i] - value)));
  return {
    image: { data, width, height },
    landmarks,
    lids: {
      imageLeft: between(from.lids.imageLeft, to.lids.imageLeft),
      imageRight: between(from.lids.imageRight, to.lids.imageRight),
    },
  };
}

/** The colours of one portrait in the shape of another one's face. */
export function inShapeOf(colours: Portrait, shape: Portrait): Portrait {
  const { width, height } = shape.image;
  const corners = triangulate(pointsOf(shape.landmarks, width, height));
  return { ...shape, image: warped(colours, shape.landmarks, corners) };
}

function pointsOf(landmarks: Float32Array, width: number, height: number) {
  const points = Array.from({ length: landmarks.length / 3 }, (_, i) => ({
    x: landmarks[3 * i],
    y: landmarks[3 * i + 1],
  }));
  for (let i = 0; i < SIDE_POINTS; i++) {
    const share = i / SIDE_POINTS;
    points.push(
      { x: share * width, y: 0 },
      { x: width, y: share * height },
      { x: (1 - share) * width, y: height },
      { x: 0, y: (1 - share) * height },
    );
  }
  return points;
}

/** The portrait's picture with its face moved to `landmarks`. */
function warped(
  { image, landmarks: own }: Portrait,
  landmarks: Float32Array,
  corners: Uint16Array,
): RgbImage {
  const { width, height } = image;
  const canvas: Canvas = { data: new Uint8Array(image.data), width, height };
  const xy = Float32Array.from(pointsOf(landmarks, width, height).flatMap(({ x, y }) => [x, y]));
  const uv = Float32Array.from(
    pointsOf(own, width, height).flatMap(({ x, y }) => [insideTexture(x, width), insideTexture(y, height)]),
  );
  for (let i = 0; i < corners.length; i += 3) {
    drawTriangle(canvas, image, { xy, uv }, corners[i], corners[i + 1], corners[i + 2]);
  }
  return canvas;
}

/** Time in which a drift goes from the first to the last of its faces where nothing else is said. */
export const DRIFT_MS = 2_400;

/**
 * One face that turns into another while it is looked at: `faces` are the same performance by faces ever less like the
 * first. It begins to drift `afterMs` after the first challenge is shown, and the last face stays.
 */
export class Drift implements Presenter {
  readonly #faces: readonly Presenter[];
  readonly #afterMs: number;
  readonly #driftMs: number;
  #startMs: number | null = null;

  constructor(faces: readonly Presenter[], afterMs: number, driftMs = DRIFT_MS) {
    if (faces.length === 0) throw new RangeError('There is no face.');
    this.#faces = faces;
    this.#afterMs = afterMs;
    this.#driftMs = driftMs;
  }

  /** When the last face is there for good; null until a challenge was shown. */
  get arrivesMs(): number | null {
    return this.#startMs === null ? null : this.#startMs + this.#driftMs;
  }

  onStatus(status: ShownStatus, atMs: number): void {
    if (status.challenge !== undefined) this.#startMs ??= atMs + this.#afterMs;
    for (const face of this.#faces) face.onStatus?.(status, atMs);
  }

  async frameAt(atMs: number): Promise<Buffer> {
    const share =
      this.#startMs === null ? 0 : Math.min(1, Math.max(0, (atMs - this.#startMs) / this.#driftMs));
    return await this.#faces[Math.round(share * (this.#faces.length - 1))].frameAt(atMs);
  }
}
