import type { RgbImage } from '../../server/vision/image.ts';
import type { Performance, Portrait } from '../index.ts';
import { EYE_RINGS, INNER_LIPS } from '../portraits/landmark-groups.ts';
import { HEAD_AT_REST } from '../acting/head-state.ts';
import { FlatHead } from '../flat-puppet/flat-head.ts';
import { headStateAt, sway } from '../acting/motion.ts';
import type { Canvas } from '../drawing/rasterize.ts';
import { drawAt, hash32, normalDraw, seededDraws } from '../seeded.ts';
import type { Surface } from './flat-performer.ts';

/** Ink on paper keeps this share of the contrast, about this grey, and its grain has this deviation. */
const INK = { contrast: 0.8, grey: 122, grain: 3 };

/** A photo as a printer puts it on paper. */
export function printed({ data, width, height }: RgbImage, seed: number): RgbImage {
  const draw = seededDraws(hash32(seed, 21));
  const grain = Float32Array.from({ length: 4096 }, () => INK.grain * normalDraw(draw));
  const out = new Uint8Array(data.length);
  for (let i = 0; i < data.length; i++) {
    const pixel = Math.floor(i / 3);
    const value = INK.grey + INK.contrast * (data[i] - INK.grey) + grain[hash32(seed, pixel) & 4095];
    out[i] = value < 0 ? 0 : value > 255 ? 255 : value;
  }
  return { data: out, width, height };
}

/** A printed photo. */
export function paper(portrait: Portrait, seed: number): Surface {
  const sheet = printed(portrait.image, seed);
  return () => sheet;
}

/** Holes reach this far beyond the eyes' corners and the lips, and are this high as a share of their width. */
const HOLE_REACH = 1.35;
const EYE_HOLE_HEIGHT = 0.62;
const MOUTH_HOLE_HEIGHT = 0.9;
/** The face behind the paper moves against it by this much. */
const BEHIND_PX = 2;

/**
 * A printed photo with holes for eyes and mouth, through which a face behind it blinks, smiles and opens its mouth.
 * The face behind is the same one, held straight: the best an attacker could do.
 */
export function cutPaper(portrait: Portrait, seed: number): Surface {
  const sheet = printed(portrait.image, seed);
  const { width, height } = sheet;
  const head = new FlatHead(portrait);
  const holes = holesOf(portrait);
  return (performances: readonly Performance[], atMs) => {
    const face = headStateAt(performances, hash32(seed, 2), atMs, width / 640);
    const behind: Canvas = { data: Buffer.alloc(sheet.data.length), width, height };
    const { blink, smile, openMouth } = face;
    head.draw({ ...HEAD_AT_REST, blink, smile, openMouth }, behind);
    const right = Math.round(sway(hash32(seed, 22), 0, atMs, BEHIND_PX));
    const down = Math.round(sway(hash32(seed, 22), 1, atMs, BEHIND_PX));
    const data = sheet.data.slice();
    for (const { x, y, radiusX, radiusY } of holes) {
      for (let row = Math.ceil(y - radiusY); row <= y + radiusY; row++) {
        const across = radiusX * Math.sqrt(Math.max(0, 1 - ((row - y) / radiusY) ** 2));
        for (let column = Math.ceil(x - across); column <= x + across; column++) {
          const from = 3 * ((row + down) * width + column + right);
          const to = 3 * (row * width + column);
          for (let channel = 0; channel < 3; channel++) data[to + channel] = behind.data[from + channel];
        }
      }
    }
    return { data, width, height };
  };
}

interface Hole {
  readonly x: number;
  readonly y: number;
  readonly radiusX: number;
  readonly radiusY: number;
}

function holesOf({ landmarks }: Portrait): Hole[] {
  const { corners, upper, lower } = INNER_LIPS;
  const rings = [
    { ring: EYE_RINGS.imageLeft, height: EYE_HOLE_HEIGHT },
    { ring: EYE_RINGS.imageRight, height: EYE_HOLE_HEIGHT },
    { ring: [...corners, ...upper, ...lower], height: MOUTH_HOLE_HEIGHT },
  ];
  return rings.map(({ ring, height }) => {
    const xs = ring.map((vertex) => landmarks[3 * vertex]);
    const ys = ring.map((vertex) => landmarks[3 * vertex + 1]);
    const radiusX = (HOLE_REACH * (Math.max(...xs) - Math.min(...xs))) / 2;
    return {
      x: (Math.max(...xs) + Math.min(...xs)) / 2,
      y: (Math.max(...ys) + Math.min(...ys)) / 2,
      radiusX,
      radiusY: height * radiusX,
    };
  });
}

/** Kinds of display that a recording is replayed on. */
export const DISPLAYS = {
  /** A monitor a little further away: fine grid, broad reflection. */
  screen: { gamma: 1.12, cool: 1.06, moire: 0.05, periodPx: 3.7, glare: 26, blur: 1 },
  /** A phone close to the camera: bright, blurred by its nearness. */
  phone: { gamma: 0.92, cool: 1.03, moire: 0.035, periodPx: 5.3, glare: 38, blur: 2 },
} as const;
export type DisplayKind = keyof typeof DISPLAYS;

/**
 * What a camera sees of a display that shows `picture`: another tone curve, bluer white, the beat of its pixels
 * against the sensor's (moiré), a reflection of the room, and a softer picture. Simulated.
 */
export function displayed(picture: RgbImage, kind: DisplayKind, seed: number, atMs: number): RgbImage {
  const { gamma, cool, moire, periodPx, glare, blur } = DISPLAYS[kind];
  const { width, height } = picture;
  const source = softened(picture, blur);
  const curves = [1, 1, cool].map((gain) =>
    Uint8Array.from({ length: 256 }, (_, value) => Math.min(255, 255 * gain * (value / 255) ** gamma)),
  );
  const tilt = 0.3 + 0.5 * drawAt(seed, 31);
  const drift = sway(hash32(seed, 32), 0, atMs, 2);
  const beat = Float32Array.from({ length: 1024 }, (_, i) => 1 + moire * Math.sin((2 * Math.PI * i) / 1024));
  const glareX = width * (0.2 + 0.6 * drawAt(seed, 33)) + sway(hash32(seed, 34), 0, atMs, 6);
  const glareY = height * (0.1 + 0.4 * drawAt(seed, 35));
  const glareAt = Float32Array.from({ length: width }, (_, x) =>
    Math.exp(-(((x - glareX) / (0.3 * width)) ** 2)),
  );
  const out = new Uint8Array(source.length);
  for (let y = 0; y < height; y++) {
    const down = glare * Math.exp(-(((y - glareY) / (0.35 * height)) ** 2));
    for (let x = 0; x < width; x++) {
      const phase = ((x + tilt * y) / periodPx + drift) * 1024;
      const grid = beat[phase & 1023];
      const light = down * glareAt[x];
      const at = 3 * (y * width + x);
      for (let channel = 0; channel < 3; channel++) {
        const value = curves[channel][source[at + channel]] * grid + light;
        out[at + channel] = value > 255 ? 255 : value;
      }
    }
  }
  return { data: out, width, height };
}

/** The mean over a square of side 2 · `radius` + 1, rows and columns in turn. */
function softened({ data, width, height }: RgbImage, radius: number): Uint8Array {
  const rows = new Uint8Array(data.length);
  const out = new Uint8Array(data.length);
  average(data, rows, height, width, 3 * width, 3, radius);
  average(rows, out, width, height, 3, 3 * width, radius);
  return out;
}

function average(
  from: Uint8Array,
  to: Uint8Array,
  lines: number,
  length: number,
  lineStep: number,
  step: number,
  radius: number,
): void {
  const window = 2 * radius + 1;
  for (let line = 0; line < lines; line++) {
    for (let channel = 0; channel < 3; channel++) {
      const start = line * lineStep + channel;
      const last = start + (length - 1) * step;
      let sum = 0;
      for (let k = -radius; k <= radius; k++) sum += from[Math.min(last, Math.max(start, start + k * step))];
      for (let at = start; at <= last; at += step) {
        to[at] = sum / window;
        sum += from[Math.min(last, at + (radius + 1) * step)] - from[Math.max(start, at - radius * step)];
      }
    }
  }
}

/** A recording of what `draw` shows, on a display. */
export function replayed(draw: Surface, kind: DisplayKind, seed: number): Surface {
  return (performances, atMs) => displayed(draw(performances, atMs), kind, seed, atMs);
}
