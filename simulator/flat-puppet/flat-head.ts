import type { Point } from '../../server/vision/geometry.ts';
import type { RgbImage } from '../../server/vision/image.ts';
import { LANDMARK, LANDMARK_COUNT } from '../../server/vision/landmarks.ts';
import { headPose } from '../../server/vision/pose.ts';
import { EYE_RINGS, INNER_LIPS } from '../portraits/landmark-groups.ts';
import type { Portrait } from '../portraits/portrait.ts';
import { drawTriangle, insideTexture, type Canvas, type TexturedMesh } from '../drawing/rasterize.ts';
import { isInside } from '../drawing/polygon.ts';
import { compose, inverse, rotationOf, type Rotation } from '../drawing/rotation.ts';
import type { HeadState } from '../acting/head-state.ts';
import { SHAPES, shapeMoves, type ShapeMoves } from '../acting/shapes.ts';
import { surroundFace } from './surroundings.ts';
import { triangulate } from '../../server/vision/triangulate.ts';

/** Focal length over the picture's width: a webcam of about 58° across. */
const FOCAL_SHARE = 0.9;
/** The axis the head turns about lies this share of the face's width behind the cheeks' edge, at the ears. */
const AXIS_BEHIND_CHEEKS = 0.12;
/** A straight look into a camera a little below the eyes, as the mesh measures it. */
const NEUTRAL_PITCH_DEG = 4;
/**
 * The steepest a surface may run away from the camera, in depth over distance in the picture. Where it is steeper,
 * the portrait shows too little of it to be turned into view.
 */
const STEEPEST = 1.3;
/** The mouth's inside at full opening is this dark. */
const MOUTH_DARKNESS = 0.8;

type Layer = 'surroundings' | 'mouth' | 'eyes' | 'skin';

/** A portrait as a head in space, in front of its background, that can be posed and drawn. */
export class FlatHead {
  readonly #texture: RgbImage;
  readonly #count: number;
  readonly #rest: Float32Array;
  readonly #moves: ShapeMoves;
  readonly #turns: Float32Array;
  readonly #shifts: Float32Array;
  readonly #toNeutral: Rotation;
  readonly #axis: { readonly x: number; readonly y: number; readonly z: number };
  readonly #focal: number;
  readonly #mesh: TexturedMesh;
  readonly #depth: Float32Array;
  readonly #layers: Readonly<Record<Layer, Uint16Array>>;
  readonly #order: Record<'surroundings' | 'skin', { corners: Uint16Array; keys: Float64Array }>;

  constructor({ image, landmarks: measured, lids }: Portrait) {
    const { width, height } = image;
    this.#texture = image;
    this.#focal = FOCAL_SHARE * width;
    const landmarks = measured.slice();
    for (const side of ['imageLeft', 'imageRight'] as const) {
      for (const [i, vertex] of EYE_RINGS[side].entries()) {
        landmarks[3 * vertex] = lids[side][i].x;
        landmarks[3 * vertex + 1] = lids[side][i].y;
      }
    }
    const across = [0, 1, 2].map(
      (axis) => landmarks[3 * LANDMARK.cheekEdgeRight + axis] - landmarks[3 * LANDMARK.cheekEdgeLeft + axis],
    );
    const faceWidth = Math.hypot(...across);
    const middle = (axis: number) => landmarks[3 * LANDMARK.cheekEdgeLeft + axis] + across[axis] / 2;
    const axisZ = middle(2) + AXIS_BEHIND_CHEEKS * faceWidth;
    const axisY = landmarks[3 * LANDMARK.noseTip + 1] + 0.2 * faceWidth;

    const around = surroundFace(landmarks, width, height, faceWidth);
    const rings = [...EYE_RINGS.imageLeft, ...EYE_RINGS.imageRight];
    const eyeBase = LANDMARK_COUNT + around.length;
    this.#count = eyeBase + rings.length;
    const flat = new Float32Array(2 * this.#count);
    const depths = new Float32Array(this.#count);
    this.#rest = new Float32Array(3 * this.#count);
    this.#turns = new Float32Array(this.#count).fill(1);
    this.#shifts = new Float32Array(this.#count).fill(1);
    const place = (vertex: number, x: number, y: number, z: number) => {
      flat[2 * vertex] = x;
      flat[2 * vertex + 1] = y;
      depths[vertex] = z;
    };
    for (let i = 0; i < LANDMARK_COUNT; i++) {
      place(i, landmarks[3 * i], landmarks[3 * i + 1], landmarks[3 * i + 2]);
    }
    for (const [i, { x, y, depthShare, outlineVertex, turns, shifts }] of around.entries()) {
      const from = landmarks[3 * outlineVertex + 2];
      place(LANDMARK_COUNT + i, x, y, from + (axisZ - from) * depthShare);
      this.#turns[LANDMARK_COUNT + i] = turns;
      this.#shifts[LANDMARK_COUNT + i] = shifts;
    }
    flatten(flat, depths.subarray(0, eyeBase));
    for (const [i, vertex] of rings.entries()) {
      place(eyeBase + i, flat[2 * vertex], flat[2 * vertex + 1], depths[vertex]);
    }
    for (let vertex = 0; vertex < this.#count; vertex++) {
      const spread = (this.#focal + depths[vertex]) / this.#focal;
      this.#rest[3 * vertex] = (flat[2 * vertex] - width / 2) * spread;
      this.#rest[3 * vertex + 1] = (flat[2 * vertex + 1] - height / 2) * spread;
      this.#rest[3 * vertex + 2] = depths[vertex];
    }
    const at = (vertex: number) => ({ x: flat[2 * vertex], y: flat[2 * vertex + 1] });
    this.#moves = shapeMoves(eyeBase, this.#count, at, faceWidth);

    const spread = (this.#focal + axisZ) / this.#focal;
    this.#axis = { x: (middle(0) - width / 2) * spread, y: (axisY - height / 2) * spread, z: axisZ };
    const rest = headPose(measured);
    this.#toNeutral = compose(
      rotationOf({ yawDeg: 0, pitchDeg: NEUTRAL_PITCH_DEG, rollDeg: 0 }),
      inverse(rotationOf(rest)),
    );
    this.#mesh = {
      xy: new Float32Array(2 * this.#count),
      uv: flat.map((value, i) => insideTexture(value, i % 2 === 0 ? width : height)),
    };
    this.#depth = new Float32Array(this.#count);

    // With the mouth open, upper and lower lips lie apart and no triangle joins them but those of the opening.
    const layout = Array.from({ length: eyeBase }, (_, vertex) => {
      const { x, y } = at(vertex);
      const opening = this.#moves.openMouth;
      return { x: x + opening[3 * vertex], y: y + opening[3 * vertex + 1] };
    });
    const stays = (vertex: number) => this.#turns[vertex] === 0 && this.#shifts[vertex] === 0;
    this.#layers = sortIntoLayers(layout, rings, stays);
    this.#order = { surroundings: orderOf(this.#layers.surroundings), skin: orderOf(this.#layers.skin) };
  }

  /** Draws the head and its background over the whole of `canvas`, which has the portrait's size. */
  draw(state: HeadState, canvas: Canvas): void {
    this.#pose(state);
    canvas.data.set(this.#texture.data);
    this.#drawFarToNear(this.#order.surroundings, canvas, false);
    this.#drawAll(this.#layers.mouth, canvas, MOUTH_DARKNESS * Math.min(1, 1.5 * state.openMouth));
    this.#drawAll(this.#layers.eyes, canvas, 0);
    this.#drawFarToNear(this.#order.skin, canvas, true);
  }

  #pose(state: HeadState): void {
    const [a, b, c, d, e, f, g, h, i] = compose(rotationOf(state), this.#toNeutral);
    const { xy } = this.#mesh;
    const { width, height } = this.#texture;
    const active = SHAPES.filter((shape) => state[shape] !== 0);
    for (let vertex = 0; vertex < this.#count; vertex++) {
      let x = this.#rest[3 * vertex];
      let y = this.#rest[3 * vertex + 1];
      let z = this.#rest[3 * vertex + 2];
      for (const shape of active) {
        const moves = this.#moves[shape];
        x += state[shape] * moves[3 * vertex];
        y += state[shape] * moves[3 * vertex + 1];
        z += state[shape] * moves[3 * vertex + 2];
      }
      const turns = this.#turns[vertex];
      const shifts = this.#shifts[vertex];
      const dx = x - this.#axis.x;
      const dy = y - this.#axis.y;
      const dz = z - this.#axis.z;
      x += turns * (a * dx + b * dy + c * dz - dx) + shifts * state.rightPx;
      y += turns * (d * dx + e * dy + f * dz - dy) + shifts * state.downPx;
      z += turns * (g * dx + h * dy + i * dz - dz) - shifts * state.towardPx;
      const scale = this.#focal / (this.#focal + z);
      xy[2 * vertex] = x * scale + width / 2;
      xy[2 * vertex + 1] = y * scale + height / 2;
      this.#depth[vertex] = z;
    }
  }

  #drawAll(corners: Uint16Array, canvas: Canvas, darkness: number): void {
    for (let i = 0; i < corners.length; i += 3) {
      drawTriangle(canvas, this.#texture, this.#mesh, corners[i], corners[i + 1], corners[i + 2], darkness);
    }
  }

  /** Painter's order: what is nearer covers what is farther. Of the skin, what faces away is left out. */
  #drawFarToNear(
    { corners, keys }: { corners: Uint16Array; keys: Float64Array },
    canvas: Canvas,
    frontOnly: boolean,
  ): void {
    const triangles = corners.length / 3;
    const { xy } = this.#mesh;
    for (let i = 0; i < triangles; i++) {
      const depth =
        this.#depth[corners[3 * i]] + this.#depth[corners[3 * i + 1]] + this.#depth[corners[3 * i + 2]];
      // One sortable number: depth in 1/16 px before the triangle's index.
      keys[i] = -Math.round(depth * 16) * 65536 + i;
    }
    keys.sort();
    for (const key of keys) {
      const i = ((key % 65536) + 65536) % 65536;
      const p = corners[3 * i];
      const q = corners[3 * i + 1];
      const r = corners[3 * i + 2];
      if (frontOnly) {
        const area =
          (xy[2 * q] - xy[2 * p]) * (xy[2 * r + 1] - xy[2 * p + 1]) -
          (xy[2 * r] - xy[2 * p]) * (xy[2 * q + 1] - xy[2 * p + 1]);
        if (area <= 0) continue;
      }
      drawTriangle(canvas, this.#texture, this.#mesh, p, q, r);
    }
  }
}

/** Brings vertices forward until no slope between two of them is steeper than `STEEPEST`. */
function flatten(flat: Float32Array, depths: Float32Array): void {
  const original = depths.slice();
  for (let i = 0; i < depths.length; i++) {
    for (let j = 0; j < depths.length; j++) {
      const apart = Math.hypot(flat[2 * i] - flat[2 * j], flat[2 * i + 1] - flat[2 * j + 1]);
      depths[i] = Math.min(depths[i], original[j] + STEEPEST * apart);
    }
  }
}

function orderOf(corners: Uint16Array): { corners: Uint16Array; keys: Float64Array } {
  return { corners, keys: new Float64Array(corners.length / 3) };
}

/**
 * What fills an eye or the mouth is drawn beneath the skin. The eyes get corners of their own, so that lids slide
 * over them. Triangles whose corners all stay where they are need no drawing.
 */
function sortIntoLayers(
  layout: readonly Point[],
  rings: readonly number[],
  stays: (vertex: number) => boolean,
): Readonly<Record<Layer, Uint16Array>> {
  const layers: Record<Layer, number[]> = { surroundings: [], mouth: [], eyes: [], skin: [] };
  const eyeSize = rings.length / 2;
  const eyes = [new Set(rings.slice(0, eyeSize)), new Set(rings.slice(eyeSize))];
  const { corners: mouthCorners, upper, lower } = INNER_LIPS;
  const rim = [mouthCorners[0], ...upper, mouthCorners[1], ...lower.toReversed()].map((i) => layout[i]);
  const triangles = triangulate(layout);
  for (let i = 0; i < triangles.length; i += 3) {
    const corners = [...triangles.subarray(i, i + 3)];
    const middle = {
      x: corners.reduce((sum, corner) => sum + layout[corner].x / 3, 0),
      y: corners.reduce((sum, corner) => sum + layout[corner].y / 3, 0),
    };
    if (corners.every(stays)) continue;
    if (corners.some((corner) => corner >= LANDMARK_COUNT)) layers.surroundings.push(...corners);
    else if (isInside(rim, middle)) layers.mouth.push(...corners);
    else if (eyes.some((eye) => corners.every((corner) => eye.has(corner)))) {
      layers.eyes.push(...corners.map((corner) => layout.length + rings.indexOf(corner)));
    } else layers.skin.push(...corners);
  }
  return {
    surroundings: Uint16Array.from(layers.surroundings),
    mouth: Uint16Array.from(layers.mouth),
    eyes: Uint16Array.from(layers.eyes),
    skin: Uint16Array.from(layers.skin),
  };
}
