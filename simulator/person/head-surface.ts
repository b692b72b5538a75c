import { isInside } from '../drawing/polygon.ts';
import { smoothStep } from '../drawing/smooth-step.ts';
import { FACE_OVAL } from '../portraits/landmark-groups.ts';
import type { FaceInSpace, Vector } from './face-in-space.ts';

/** A direction from the head's origin: longitude 0 is the nose, 90 the image's right; latitude is positive downward. */
export interface Direction {
  readonly longitudeDeg: number;
  readonly latitudeDeg: number;
}

export type Hair = 'short' | 'long';

const DEGREES = 180 / Math.PI;

/** The direction of a point in the head's frame. */
export function directionOf(x: number, y: number, z: number): Direction {
  return {
    longitudeDeg: Math.atan2(x, -z) * DEGREES,
    latitudeDeg: Math.atan2(y, Math.hypot(x, z)) * DEGREES,
  };
}

/**
 * Semi-axes of the skull about the head's origin in face widths. Mean breadth, length and height of a grown-up's head
 * over the breadth of the face: 154, 197 and 232 mm over 140 mm (NASA Anthropometric Source Book, 1978).
 */
const SKULL = { side: 0.55, up: 0.8, down: 0.62, front: 0.55, back: 0.84 };
/** The skull keeps the face's outline near it: its departure from the ellipsoid fades over this angle. */
const FACE_FADES_OVER_DEG = 15;
/** Thickness of hair on the crown, in face widths. */
const HAIR_THICKNESS = 0.09;
/** Long hair hangs around the neck as an elliptic cylinder; in face widths. */
const CURTAIN = { side: 0.7, back: 0.9, bottom: 0.98 };

/** Distances from the face are kept by whole degrees. */
const MAP_WIDTH = 361;
const MAP_HEIGHT = 181;

interface OutlinePoint extends Direction {
  readonly radius: number;
}

/** The surface of a head around its face: a skull that closes behind it, and hair. Every ray from the origin meets it once. */
export class HeadSurface {
  readonly #unit: number;
  readonly #outline: readonly OutlinePoint[];
  readonly #hair: Hair;
  readonly #beyond = new Float32Array(MAP_WIDTH * MAP_HEIGHT);

  constructor({ points, faceWidth }: FaceInSpace, hair: Hair) {
    this.#unit = faceWidth;
    this.#hair = hair;
    this.#outline = FACE_OVAL.map((vertex) => {
      const [x, y, z] = points.subarray(3 * vertex, 3 * vertex + 3);
      return { ...directionOf(x, y, z), radius: Math.hypot(x, y, z) };
    });
    const rim = this.#outline.map(({ longitudeDeg, latitudeDeg }) => ({ x: longitudeDeg, y: latitudeDeg }));
    for (let row = 0; row < MAP_HEIGHT; row++) {
      for (let column = 0; column < MAP_WIDTH; column++) {
        const [x, y] = [column - 180, row - 90];
        const { away } = this.#nearest(x, y);
        this.#beyond[row * MAP_WIDTH + column] = isInside(rim, { x, y }) ? -away : away;
      }
    }
  }

  /** Long hair covers the ears. */
  get showsEars(): boolean {
    return this.#hair === 'short';
  }

  /** Degrees from the face's outline, negative inside the face. */
  beyondFace({ longitudeDeg, latitudeDeg }: Direction): number {
    const x = Math.min(MAP_WIDTH - 1.001, Math.max(0, longitudeDeg + 180));
    const y = Math.min(MAP_HEIGHT - 1.001, Math.max(0, latitudeDeg + 90));
    const at = Math.floor(y) * MAP_WIDTH + Math.floor(x);
    const across = x % 1;
    const map = this.#beyond;
    const upper = map[at] * (1 - across) + map[at + 1] * across;
    const lower = map[at + MAP_WIDTH] * (1 - across) + map[at + MAP_WIDTH + 1] * across;
    return upper + (lower - upper) * (y % 1);
  }

  /** How much of a place outside the face is covered by hair, 0..1. */
  hairAt(direction: Direction): number {
    const beyond = this.beyondFace(direction);
    if (beyond <= 0) return 0;
    const aside = Math.abs(direction.longitudeDeg);
    const { latitudeDeg } = direction;
    const crown = smoothStep(-4, -16, latitudeDeg) * smoothStep(0, 3, beyond);
    const back = smoothStep(100, 112, aside) * smoothStep(46, 34, latitudeDeg);
    const hanging = this.#hair === 'long' ? smoothStep(82, 86, aside) * smoothStep(-35, -20, latitudeDeg) : 0;
    return Math.max(crown, back, hanging * smoothStep(0, 2, beyond));
  }

  /** The surface's point in a direction outside the face. */
  pointAt(direction: Direction): Vector {
    const { longitudeDeg, latitudeDeg } = direction;
    const { away, point } = this.#nearest(longitudeDeg, latitudeDeg);
    const near = Math.exp(-((away / FACE_FADES_OVER_DEG) ** 2));
    const skull = this.#skullRadius(direction) + (point.radius - this.#skullRadius(point)) * near;
    const thickness =
      HAIR_THICKNESS * this.#unit * this.hairAt(direction) * smoothStep(0, 14, this.beyondFace(direction));
    const curtain = this.#hair === 'long' ? this.#curtainAt(direction) : 0;
    const covered = skull + thickness;
    const radius = covered + (Math.max(covered, this.#curtainRadius(direction)) - covered) * curtain;
    const { x, y, z } = unitVector(direction);
    return [x * radius, y * radius, z * radius];
  }

  #skullRadius(direction: Direction): number {
    const { x, y, z } = unitVector(direction);
    const down = y > 0 ? SKULL.down : SKULL.up;
    const along = z > 0 ? SKULL.back : SKULL.front;
    return this.#unit / Math.hypot(x / SKULL.side, y / down, z / along);
  }

  #curtainAt({ longitudeDeg, latitudeDeg }: Direction): number {
    return smoothStep(86, 96, Math.abs(longitudeDeg)) * smoothStep(-35, 0, latitudeDeg);
  }

  #curtainRadius({ longitudeDeg, latitudeDeg }: Direction): number {
    const longitude = longitudeDeg / DEGREES;
    const latitude = latitudeDeg / DEGREES;
    const across = 1 / Math.hypot(Math.sin(longitude) / CURTAIN.side, Math.cos(longitude) / CURTAIN.back);
    const wall = across / Math.cos(latitude);
    const floor = latitudeDeg > 5 ? CURTAIN.bottom / Math.sin(latitude) : Infinity;
    // A smooth minimum rounds the lower edge.
    return this.#unit * (wall ** -6 + floor ** -6) ** (-1 / 6);
  }

  #nearest(longitudeDeg: number, latitudeDeg: number): { away: number; point: OutlinePoint } {
    const shrink = Math.cos(latitudeDeg / DEGREES);
    let away = Infinity;
    let [point] = this.#outline;
    for (const [i, from] of this.#outline.entries()) {
      const to = this.#outline[(i + 1) % this.#outline.length];
      const ex = (to.longitudeDeg - from.longitudeDeg) * shrink;
      const ey = to.latitudeDeg - from.latitudeDeg;
      const px = (longitudeDeg - from.longitudeDeg) * shrink;
      const py = latitudeDeg - from.latitudeDeg;
      const along = Math.min(1, Math.max(0, (px * ex + py * ey) / (ex * ex + ey * ey)));
      const distance = Math.hypot(px - along * ex, py - along * ey);
      if (distance >= away) continue;
      away = distance;
      point = {
        longitudeDeg: from.longitudeDeg + along * (to.longitudeDeg - from.longitudeDeg),
        latitudeDeg: from.latitudeDeg + along * ey,
        radius: from.radius + along * (to.radius - from.radius),
      };
    }
    return { away, point };
  }
}

function unitVector({ longitudeDeg, latitudeDeg }: Direction) {
  const longitude = longitudeDeg / DEGREES;
  const latitude = latitudeDeg / DEGREES;
  const level = Math.cos(latitude);
  return { x: level * Math.sin(longitude), y: Math.sin(latitude), z: -level * Math.cos(longitude) };
}
