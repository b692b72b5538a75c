import type { RgbImage } from '../../server/vision/image.ts';
import { sway } from '../acting/motion.ts';
import { smoothStep } from '../drawing/smooth-step.ts';
import type { Canvas } from '../drawing/rasterize.ts';
import { drawAt, hash32 } from '../seeded.ts';
import { noiseAt } from './noise.ts';
import { encoded, type Colour } from './tone.ts';

/** The room reaches this far beyond the picture on each side. */
const MARGIN = 16;
/** Light of the wall that a room shows, on the whole. */
const WALL_LIGHT = { least: 0.1, most: 0.5 };

/** What stands against the wall, out of focus: in shares of the picture, and by what factor it is lighter. */
interface Panel {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
  readonly factor: number;
}

/** A room behind a person: a wall in uneven light, a door, shelves and pictures, as blurred as what is far. */
export class Scenery {
  readonly #image: RgbImage;
  readonly #seed: number;

  constructor(width: number, height: number, [left, right]: readonly [Colour, Colour], seed: number) {
    this.#seed = hash32(seed, 61);
    this.#image = paintRoom(width + 2 * MARGIN, height + 2 * MARGIN, left, right, this.#seed);
  }

  /**
   * Draws the room over the whole of `canvas`. `swayPx` is how far the camera's own trembling moves it: nothing before a
   * fixed camera. `gains` are what light and camera do to its colours.
   */
  draw({ data, width, height }: Canvas, atMs: number, swayPx: number, gains: readonly number[]): void {
    const [red, green, blue] = gains.map((gain) =>
      Uint8Array.from({ length: 256 }, (_, value) => Math.min(255, gain * value)),
    );
    const x = MARGIN + sway(this.#seed, 1, atMs, Math.min(MARGIN - 2, swayPx));
    const y = MARGIN + sway(this.#seed, 2, atMs, Math.min(MARGIN - 2, 0.7 * swayPx));
    const column = Math.floor(x);
    const row = Math.floor(y);
    // Bilinear in 256ths; the weights' sum is 256.
    const across = Math.round(256 * (x - column));
    const down = Math.round(256 * (y - row));
    const w11 = (across * down) >> 8;
    const w10 = across - w11;
    const w01 = down - w11;
    const w00 = 256 - across - down + w11;
    const { data: source, width: sourceWidth } = this.#image;
    const stride = 3 * sourceWidth;
    for (let line = 0; line < height; line++) {
      let from = (row + line) * stride + 3 * column;
      let to = 3 * line * width;
      const end = to + 3 * width;
      if (w00 === 256) {
        for (; to < end; to += 3, from += 3) {
          data[to] = red[source[from]];
          data[to + 1] = green[source[from + 1]];
          data[to + 2] = blue[source[from + 2]];
        }
        continue;
      }
      for (; to < end; to += 3, from += 3) {
        const i = from + stride;
        data[to] =
          red[(w00 * source[from] + w10 * source[from + 3] + w01 * source[i] + w11 * source[i + 3]) >> 8];
        data[to + 1] =
          green[
            (w00 * source[from + 1] + w10 * source[from + 4] + w01 * source[i + 1] + w11 * source[i + 4]) >> 8
          ];
        data[to + 2] =
          blue[
            (w00 * source[from + 2] + w10 * source[from + 5] + w01 * source[i + 2] + w11 * source[i + 5]) >> 8
          ];
      }
    }
  }
}

function paintRoom(width: number, height: number, left: Colour, right: Colour, seed: number): RgbImage {
  const data = new Uint8Array(3 * width * height);
  const panels = furnish(seed);
  const lightest = Math.max(...left, ...right);
  const scale = Math.min(WALL_LIGHT.most, Math.max(WALL_LIGHT.least, lightest)) / lightest;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [u, v] = [x / width, y / height];
      let factor =
        1.1 - 0.35 * v + 0.08 * noiseAt(x / 90, y / 90, seed) + 0.02 * noiseAt(x / 7, y / 7, seed + 1);
      for (const panel of panels) {
        const inside =
          smoothStep(panel.left - 0.008, panel.left + 0.008, u) *
          smoothStep(panel.right + 0.008, panel.right - 0.008, u) *
          smoothStep(panel.top - 0.01, panel.top + 0.01, v) *
          smoothStep(panel.bottom + 0.01, panel.bottom - 0.01, v);
        factor *= 1 + (panel.factor - 1) * inside;
      }
      for (let channel = 0; channel < 3; channel++) {
        const wall = left[channel] + (right[channel] - left[channel]) * smoothStep(0.2, 0.8, u);
        data[3 * (y * width + x) + channel] = encoded(Math.min(0.95, scale * wall * factor));
      }
    }
  }
  return { data, width, height };
}

function furnish(seed: number): Panel[] {
  const draw = (index: number, least: number, most: number) =>
    least + (most - least) * drawAt(seed, 3, index);
  const door = draw(0, 0.02, 0.12);
  const shelf = draw(1, 0.7, 0.78);
  const picture = draw(2, 0.3, 0.5);
  return [
    { left: door, right: door + 0.2, top: 0.12, bottom: 1.2, factor: draw(3, 0.5, 0.75) },
    { left: door + 0.02, right: door + 0.18, top: 0.17, bottom: 0.6, factor: draw(4, 1.15, 1.4) },
    {
      left: shelf,
      right: shelf + 0.24,
      top: draw(5, 0.3, 0.4),
      bottom: draw(6, 0.45, 0.5),
      factor: draw(7, 0.4, 0.7),
    },
    { left: shelf + 0.03, right: shelf + 0.1, top: 0.2, bottom: 0.45, factor: draw(8, 0.6, 1.5) },
    {
      left: picture,
      right: picture + 0.2,
      top: -0.1,
      bottom: draw(9, 0.08, 0.16),
      factor: draw(10, 0.6, 1.4),
    },
  ];
}
