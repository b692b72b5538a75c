import type { RgbImage } from '../../server/vision/image.ts';
import { LANDMARK_COUNT } from '../../server/vision/landmarks.ts';
import { smoothStep } from '../drawing/smooth-step.ts';
import { ATLAS, HEAD_ROWS } from './atlas-layout.ts';
import { boxBlur } from './box-blur.ts';
import type { FaceInSpace } from './face-in-space.ts';
import type { PersonMesh } from './head-mesh.ts';
import type { HeadSurface } from './head-surface.ts';
import { writeNormals } from './mesh.ts';
import { linear } from './tone.ts';

/** Places of the atlas that show the head. */
export const HEAD_PIXELS = ATLAS.width * HEAD_ROWS;

/** The portrait shows a surface well from this cosine against its view on, and not at all below the other one. */
const SEEN_WELL = 0.45;
const SEEN_BADLY = 0.1;
/** The portrait shows nothing of what lies farther round than this. */
const BEHIND_DEG = 125;
/** Normals are averaged over a square that reaches this far, in pixels of the atlas. */
const SMOOTH_PX = 5;

/** For each place of the atlas's head: what it is in space and what the portrait shows of it. */
export interface Survey {
  /** Unit normals (x, y, z) of the face. */
  readonly normals: Float32Array;
  /** The portrait's light there, three colours. */
  readonly light: Float32Array;
  /** How well the portrait shows it, 0..1. */
  readonly seen: Float32Array;
  /** How much of it is hair outside the face, 0..1. */
  readonly hair: Float32Array;
}

/** Finds every place of the atlas's head in the portrait. */
export function surveyHead(
  image: RgbImage,
  { camera, inPortrait }: FaceInSpace,
  surface: HeadSurface,
  mesh: PersonMesh,
): Survey {
  const places = new Float32Array(3 * HEAD_PIXELS);
  const normals = new Float32Array(3 * HEAD_PIXELS);
  const light = new Float32Array(3 * HEAD_PIXELS);
  const seen = new Float32Array(HEAD_PIXELS);
  const hair = new Float32Array(HEAD_PIXELS);
  const own = faceNormals(mesh);
  for (let i = 0; i < mesh.layout.length; i += 3) {
    const corners = [mesh.layout[i], mesh.layout[i + 1], mesh.layout[i + 2]] as const;
    spread(mesh.uv, corners, [mesh.rest, own], [places, normals]);
  }
  // The mesh's triangles show in normals that are interpolated over them.
  boxBlur({ data: normals, width: ATLAS.width, height: HEAD_ROWS, channels: 3 }, SMOOTH_PX);
  for (let pixel = 0; pixel < HEAD_PIXELS; pixel++) {
    const direction = {
      longitudeDeg: (((pixel % ATLAS.width) + 0.5) / ATLAS.width - 0.5) * 360,
      latitudeDeg: ((Math.floor(pixel / ATLAS.width) + 0.5) / HEAD_ROWS - 0.5) * 180,
    };
    hair[pixel] = surface.hairAt(direction);
    if (Math.abs(direction.longitudeDeg) > BEHIND_DEG) continue;
    const at = 3 * pixel;
    const length = Math.sqrt(normals[at] ** 2 + normals[at + 1] ** 2 + normals[at + 2] ** 2) || 1;
    for (let axis = 0; axis < 3; axis++) normals[at + axis] /= length;
    const vx = camera[0] - places[at];
    const vy = camera[1] - places[at + 1];
    const vz = camera[2] - places[at + 2];
    const cosine =
      (normals[at] * vx + normals[at + 1] * vy + normals[at + 2] * vz) /
      Math.sqrt(vx * vx + vy * vy + vz * vz);
    const beyond = surface.beyondFace(direction);
    const within = withinPortrait(direction.latitudeDeg, beyond);
    const share = within * smoothStep(SEEN_BADLY, SEEN_WELL, cosine);
    if (!(share > 0)) continue;
    const { x, y } = inPortrait(places[at], places[at + 1], places[at + 2]);
    if (x < 2 || y < 2 || x > image.width - 2 || y > image.height - 2) continue;
    seen[pixel] = share;
    sample(image, x - 0.5, y - 0.5, light, at);
  }
  return { normals, light, seen, hair };
}

/**
 * Normals at rest of the face alone and of the skull alone: of the chin's edge, the side that the portrait shows, not its
 * underside.
 */
function faceNormals(mesh: PersonMesh): Float32Array {
  const whole = new Float32Array(mesh.rest.length);
  writeNormals({ ...mesh, triangles: mesh.layout }, mesh.rest, whole);
  const face = new Float32Array(mesh.rest.length);
  const faceOnly: number[] = [];
  for (let i = 0; i < mesh.layout.length; i += 3) {
    const corners = mesh.layout.subarray(i, i + 3);
    if (corners.every((corner) => corner < LANDMARK_COUNT)) faceOnly.push(...corners);
  }
  writeNormals({ ...mesh, triangles: Uint16Array.from(faceOnly) }, mesh.rest, face);
  whole.set(face.subarray(0, 3 * LANDMARK_COUNT));
  return whole;
}

/** Spreads values of a triangle's corners, three each, over its part of the atlas. */
function spread(
  uv: Float32Array,
  [a, b, c]: readonly [number, number, number],
  from: readonly Float32Array[],
  to: readonly Float32Array[],
): void {
  const [ax, ay] = [uv[2 * a], uv[2 * a + 1]];
  const [bx, by] = [uv[2 * b] - ax, uv[2 * b + 1] - ay];
  const [cx, cy] = [uv[2 * c] - ax, uv[2 * c + 1] - ay];
  const area = bx * cy - cx * by;
  if (Math.abs(area) < 1e-6) return;
  const firstRow = Math.max(0, Math.floor(ay + Math.min(0, by, cy) - 1));
  const endRow = Math.min(HEAD_ROWS, Math.ceil(ay + Math.max(0, by, cy) + 1));
  const firstColumn = Math.max(0, Math.floor(ax + Math.min(0, bx, cx) - 1));
  const endColumn = Math.min(ATLAS.width, Math.ceil(ax + Math.max(0, bx, cx) + 1));
  for (let row = firstRow; row < endRow; row++) {
    for (let column = firstColumn; column < endColumn; column++) {
      const x = column + 0.5 - ax;
      const y = row + 0.5 - ay;
      const ofB = (x * cy - y * cx) / area;
      const ofC = (y * bx - x * by) / area;
      const ofA = 1 - ofB - ofC;
      // A little beyond its edges, so that the outermost places of the atlas are something too.
      if (ofA < -0.02 || ofB < -0.02 || ofC < -0.02) continue;
      const at = 3 * (row * ATLAS.width + column);
      for (const [i, values] of from.entries())
        for (let axis = 0; axis < 3; axis++)
          to[i][at + axis] =
            ofA * values[3 * a + axis] + ofB * values[3 * b + axis] + ofC * values[3 * c + axis];
    }
  }
}

/** Above the brows the portrait's hair is taken too; at the chin its edge is left out, where the neck's shadow begins. */
function withinPortrait(latitudeDeg: number, beyondFaceDeg: number): number {
  if (latitudeDeg < -12) return smoothStep(13, 4, beyondFaceDeg);
  const edge = 4 * smoothStep(20, 40, latitudeDeg);
  return smoothStep(0.5 - edge, -1.5 - 1.5 * edge, beyondFaceDeg);
}

/** Bilinear, in linear light. */
function sample({ data, width }: RgbImage, x: number, y: number, to: Float32Array, at: number): void {
  const column = Math.floor(x);
  const row = Math.floor(y);
  const across = x - column;
  const down = y - row;
  for (let channel = 0; channel < 3; channel++) {
    const from = 3 * (row * width + column) + channel;
    const below = from + 3 * width;
    const upper = linear(data[from]) * (1 - across) + linear(data[from + 3]) * across;
    const lower = linear(data[below]) * (1 - across) + linear(data[below + 3]) * across;
    to[at + channel] = upper * (1 - down) + lower * down;
  }
}
