import { LANDMARK } from '../../server/vision/landmarks.ts';
import type { HeadState } from '../acting/head-state.ts';
import type { Portrait } from '../portraits/portrait.ts';
import type { ShownStatus } from '../presenter.ts';
import type { Canvas } from './rasterize.ts';
import { ScreenColours, type ScreenOptions } from './screen-colours.ts';

/** Shoulders and wall get this share of what the face gets: they are farther from the screen. */
const BEHIND_SHARE = 0.12;
/** Encoded values go by about this power of light. */
const GAMMA = 1 / 2.2;
const LEVELS = 256;

/**
 * A screen's light on a head, simulated: the face is an ellipsoid that reflects by Lambert's cosine law, more of it when it
 * is nearer; what is behind gets a little; the camera's white balance goes along slowly. Shadows, gloss and the
 * room's own colour are left out.
 */
export class RoomLight {
  readonly #screen: ScreenColours;
  readonly #weights: Uint8Array;
  readonly #width: number;

  constructor(portrait: Portrait, options: ScreenOptions = {}) {
    this.#screen = new ScreenColours(options);
    this.#width = portrait.image.width;
    this.#weights = weightsOf(portrait);
  }

  /** The screen shows what the server says, or nothing any more. */
  onStatus(status: ShownStatus, atMs: number): void {
    this.#screen.onStatus(status, atMs);
  }

  show(hex: string | null, atMs: number): void {
    this.#screen.show(hex, atMs);
  }

  /** Lights a drawn picture of the head in `state`. */
  light({ data, width, height }: Canvas, { rightPx, downPx, towardPx }: HeadState, atMs: number): void {
    if (this.#screen.isDark) return;
    const screen = this.#screen.lightAt(atMs);
    const near = 1 / (1 - Math.min(0.5, towardPx / this.#width)) ** 2;
    const balance = this.#screen.balanceAt(atMs);
    const gains = [0, 1, 2].map((channel) =>
      Float32Array.from({ length: LEVELS }, (_, level) => {
        const lit = 1 + (near * screen[channel] * level) / (LEVELS - 1);
        return (lit / balance[channel]) ** GAMMA;
      }),
    );
    const [red, green, blue] = gains;
    const right = Math.round(rightPx);
    const down = Math.round(downPx);
    for (let y = 0; y < height; y++) {
      const row = Math.min(height - 1, Math.max(0, y - down)) * width;
      for (let x = 0; x < width; x++) {
        const level = this.#weights[row + Math.min(width - 1, Math.max(0, x - right))];
        const at = 3 * (y * width + x);
        data[at] = Math.min(255, data[at] * red[level]);
        data[at + 1] = Math.min(255, data[at + 1] * green[level]);
        data[at + 2] = Math.min(255, data[at + 2] * blue[level]);
      }
    }
  }
}

/** Each pixel's share of the screen's light for the head at rest, in 255ths: cosine on the face's ellipse. */
function weightsOf({ image: { width, height }, landmarks }: Portrait): Uint8Array {
  const at = (vertex: number) => ({ x: landmarks[3 * vertex], y: landmarks[3 * vertex + 1] });
  const [left, right] = [at(LANDMARK.cheekEdgeLeft), at(LANDMARK.cheekEdgeRight)];
  const [top, bottom] = [at(LANDMARK.foreheadTop), at(LANDMARK.chin)];
  const centre = { x: (left.x + right.x) / 2, y: (top.y + bottom.y) / 2 };
  const across = 0.62 * Math.hypot(right.x - left.x, right.y - left.y);
  const along = 0.66 * Math.hypot(bottom.x - top.x, bottom.y - top.y);
  const weights = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const out = ((x - centre.x) / across) ** 2 + ((y - centre.y) / along) ** 2;
      const cosine = out < 1 ? Math.sqrt(1 - out) : 0;
      weights[y * width + x] = Math.round(255 * Math.max(BEHIND_SHARE, cosine));
    }
  }
  return weights;
}
