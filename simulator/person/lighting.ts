import type { Vector } from './face-in-space.ts';
import type { Mesh } from './mesh.ts';
import { sway } from '../acting/motion.ts';
import { drawAt, hash32 } from '../seeded.ts';
import { gainOf, type Colour } from './tone.ts';

/** The light in front of a camera at one instant. Directions are the camera's: x right, y down, z away. */
export interface Lighting {
  /** Unit vector toward the lamp or window. */
  readonly toKey: Vector;
  readonly key: Colour;
  /** Light from above and from below, of walls and floor. */
  readonly sky: Colour;
  readonly ground: Colour;
  /** What the screen before the face adds where the face looks at it. */
  readonly screen: Colour;
  /** By how much the camera turns down each colour after what the screen has shown. */
  readonly balance: Colour;
}

/** Share of a face's light that comes from all around, the rest from one side. */
const AROUND_SHARE = 0.5;
/** A lamp has breadth: its light reaches this far around the edge between light and shade, as a cosine. */
const LAMP_BREADTH = 0.25;
const DRIFT_DEG = 6;
const DRIFT_SHARE = 0.05;
/** From one picture to the next, mains light and what reflects it change by up to this share. */
const FLICKER_SHARE = 0.012;
const RADIANS = Math.PI / 180;

/** The room's light: from one side, whose direction and strength drift, and from all around. */
export class RoomLighting {
  readonly #seed: number;
  readonly #azimuthDeg: number;
  readonly #elevationDeg: number;
  readonly #warmth: number;

  /** `azimuthDeg` > 0 lights from the image's right; left to the seed without it. */
  constructor(seed: number, azimuthDeg?: number) {
    this.#seed = hash32(seed, 51);
    const side = drawAt(this.#seed, 1) < 0.5 ? -1 : 1;
    this.#azimuthDeg = azimuthDeg ?? side * (18 + 22 * drawAt(this.#seed, 2));
    this.#elevationDeg = 22 + 16 * drawAt(this.#seed, 3);
    this.#warmth = 0.06 * (2 * drawAt(this.#seed, 4) - 1);
  }

  at(atMs: number): Omit<Lighting, 'screen' | 'balance'> {
    const azimuth = (this.#azimuthDeg + sway(this.#seed, 5, atMs, DRIFT_DEG)) * RADIANS;
    const elevation = (this.#elevationDeg + sway(this.#seed, 6, atMs, DRIFT_DEG / 2)) * RADIANS;
    const toKey: Vector = [
      Math.sin(azimuth) * Math.cos(elevation),
      -Math.sin(elevation),
      -Math.cos(azimuth) * Math.cos(elevation),
    ];
    const instant = Math.round(atMs * 1000);
    const chance = 2 * drawAt(this.#seed, instant, Math.floor(instant / 2 ** 32)) - 1;
    const drift = 1 + sway(this.#seed, 7, atMs, DRIFT_SHARE) + FLICKER_SHARE * chance;
    // Together with what comes from around, a face that looks into the camera gets 1.
    const straight = wrapped(Math.cos(this.#azimuthDeg * RADIANS) * Math.cos(this.#elevationDeg * RADIANS));
    const key = ((1 - AROUND_SHARE) / straight) * drift;
    const around = AROUND_SHARE * (1 + sway(this.#seed, 8, atMs, DRIFT_SHARE / 2));
    return {
      toKey,
      key: [key * (1 + this.#warmth), key, key * (1 - this.#warmth)],
      sky: [around * 1.25 * (1 - this.#warmth / 2), around * 1.25, around * 1.25 * (1 + this.#warmth / 2)],
      ground: [around * 0.75, around * 0.75, around * 0.75],
    };
  }
}

/** Sharpness of the highlight on skin: the exponent of Blinn's half-angle law. */
const GLOSS_EXPONENT = 16;
/** Value that the highlight adds at its height, of 255. */
const GLOSS_VALUE = 46;

/**
 * Lights each vertex: Lambert's cosine law for key and screen, a hemisphere for what comes from around, Blinn's
 * highlight for the key (Blinn, "Models of light reflection for computer synthesized pictures", SIGGRAPH 1977). Places
 * and normals are the camera's, which stands at z = −focal. Four values a vertex are written into `light`.
 */
export function lightVertices(
  { count, open, gloss }: Mesh,
  places: Float32Array,
  normals: Float32Array,
  focal: number,
  { toKey: [kx, ky, kz], key, sky, ground, screen, balance }: Lighting,
  light: Float32Array,
): void {
  const keyStrength = key[1] / (1 - AROUND_SHARE);
  for (let vertex = 0; vertex < count; vertex++) {
    const at = 3 * vertex;
    const nx = normals[at];
    const ny = normals[at + 1];
    const nz = normals[at + 2];
    const vx = -places[at];
    const vy = -places[at + 1];
    const vz = -focal - places[at + 2];
    const away = Math.sqrt(vx * vx + vy * vy + vz * vz);
    const facing = Math.max(0, (nx * vx + ny * vy + nz * vz) / away);
    const lit = wrapped(nx * kx + ny * ky + nz * kz) * (0.4 + 0.6 * open[vertex]);
    const up = (0.5 - 0.5 * ny) * open[vertex];
    const down = (0.5 + 0.5 * ny) * open[vertex];
    const near = (focal / away) ** 2 * facing;
    for (let channel = 0; channel < 3; channel++) {
      const sum = lit * key[channel] + up * sky[channel] + down * ground[channel] + near * screen[channel];
      light[4 * vertex + channel] = gainOf(sum / balance[channel]);
    }
    const hx = kx + vx / away;
    const hy = ky + vy / away;
    const hz = kz + vz / away;
    const half = (nx * hx + ny * hy + nz * hz) / Math.sqrt(hx * hx + hy * hy + hz * hz);
    light[4 * vertex + 3] = half > 0 ? GLOSS_VALUE * gloss[vertex] * keyStrength * half ** GLOSS_EXPONENT : 0;
  }
}

function wrapped(cosine: number): number {
  return Math.max(0, (cosine + LAMP_BREADTH) / (1 + LAMP_BREADTH));
}
