import type { Point } from '../../server/vision/geometry.ts';
import type { RgbImage } from '../../server/vision/image.ts';
import type { HeadState } from '../acting/head-state.ts';
import { SHAPES } from '../acting/shapes.ts';
import type { Canvas } from '../drawing/rasterize.ts';
import { compose, rotationOf } from '../drawing/rotation.ts';
import { drawSolidTriangle, FAR, softenOutlines, type SolidMesh } from '../drawing/solid.ts';
import type { Portrait } from '../portraits/portrait.ts';
import { paintAtlas } from './atlas.ts';
import { complexionOf, type Complexion } from './complexion.ts';
import { liftFace, type FaceInSpace, type Vector } from './face-in-space.ts';
import { buildPerson, type PersonMesh } from './head-mesh.ts';
import { HeadSurface } from './head-surface.ts';
import { lightVertices, type Lighting } from './lighting.ts';
import { writeNormals } from './mesh.ts';

/** What a portrait is made into once, and shared by all who are drawn from it. */
export interface Body {
  readonly face: FaceInSpace;
  readonly mesh: PersonMesh;
  readonly atlas: RgbImage;
  readonly complexion: Complexion;
  readonly width: number;
  readonly height: number;
}

const bodies = new WeakMap<Portrait, Body>();

/** The body of the person in a portrait; some 0.5 s the first time. */
export function bodyOf(portrait: Portrait): Body {
  const known = bodies.get(portrait);
  if (known !== undefined) return known;
  const face = liftFace(portrait);
  const complexion = complexionOf(portrait.image, face);
  const surface = new HeadSurface(face, complexion.hairStyle);
  const mesh = buildPerson(face, surface);
  const atlas = paintAtlas(portrait, face, surface, mesh, complexion);
  const { width, height } = portrait.image;
  const body = { face, mesh, atlas, complexion, width, height };
  bodies.set(portrait, body);
  return body;
}

/** A straight look into a camera a little below the eyes, as the mesh measures it. */
const NEUTRAL_PITCH_DEG = 4;
/** The neck's joint against the head's origin, in face widths: a head turns about it. */
const JOINT = { y: 0.33, z: 0.09 };
/** Lids that close press on each other: without it a gap shows between their edges. */
const LIDS_OVERLAP = 1.25;
/** The mouth's inside at full opening is this dark. */
const MOUTH_DARKNESS = 0.85;
/** The glint of the lamp in an eye: value added of 255, and its size over the face's width. */
const GLINT_VALUE = 150;
const GLINT_SIZE = 0.011;

/** A body before a camera: poses it, lights it and draws it in front of what a canvas shows already. */
export class Figure {
  readonly #body: Body;
  readonly #places: Float32Array;
  readonly #normals: Float32Array;
  readonly #solid: SolidMesh;
  readonly #nearest: Float32Array;
  readonly #scratch: Uint8Array;

  constructor(body: Body) {
    const { count, uv } = body.mesh;
    this.#body = body;
    this.#places = new Float32Array(3 * count);
    this.#normals = new Float32Array(3 * count);
    this.#solid = {
      xy: new Float32Array(2 * count),
      depth: new Float32Array(count),
      uv,
      light: new Float32Array(4 * count),
    };
    this.#nearest = new Float32Array(body.width * body.height);
    this.#scratch = new Uint8Array(3 * body.width * body.height);
  }

  /** Draws into `canvas`, which has the portrait's size and shows what is behind. */
  draw(state: HeadState, lighting: Lighting, canvas: Canvas): void {
    const { mesh, atlas, face } = this.#body;
    this.#pose(state);
    writeNormals(mesh, this.#places, this.#normals);
    lightVertices(mesh, this.#places, this.#normals, face.focal, lighting, this.#solid.light);
    const shade = 1 - MOUTH_DARKNESS * Math.min(1, 1.5 * state.openMouth);
    for (const vertex of mesh.mouth)
      for (let channel = 0; channel < 3; channel++) this.#solid.light[4 * vertex + channel] *= shade;
    this.#nearest.fill(FAR);
    const { triangles } = mesh;
    for (let i = 0; i < triangles.length; i += 3) {
      drawSolidTriangle(
        canvas,
        this.#nearest,
        atlas,
        this.#solid,
        triangles[i],
        triangles[i + 1],
        triangles[i + 2],
      );
    }
    if (state.blink < 0.5) this.#glint(lighting, canvas);
    softenOutlines(canvas, this.#nearest, this.#scratch);
  }

  /** Where a point of the face mesh is in the newest picture. */
  pointOf(landmark: number): Point {
    return { x: this.#solid.xy[2 * landmark], y: this.#solid.xy[2 * landmark + 1] };
  }

  /** Whether a pixel of the newest picture shows the person. */
  covers(x: number, y: number): boolean {
    return this.#nearest[y * this.#body.width + x] < FAR;
  }

  #pose(state: HeadState): void {
    const { mesh, face, width, height } = this.#body;
    const { count, rest, turns, shifts, moves } = mesh;
    const { focal, place, faceWidth } = face;
    const upright = rotationOf({ yawDeg: 0, pitchDeg: NEUTRAL_PITCH_DEG, rollDeg: 0 });
    const [a, b, c, d, e, f, g, h, i] = compose(rotationOf(state), upright);
    const jointY = JOINT.y * faceWidth;
    const jointZ = JOINT.z * faceWidth;
    const active = SHAPES.filter((shape) => state[shape] !== 0);
    const { xy, depth } = this.#solid;
    for (let vertex = 0; vertex < count; vertex++) {
      const at = 3 * vertex;
      let x = rest[at];
      let y = rest[at + 1] - jointY;
      let z = rest[at + 2] - jointZ;
      for (const shape of active) {
        const amount = shape === 'blink' ? LIDS_OVERLAP * state.blink : state[shape];
        x += amount * moves[shape][at];
        y += amount * moves[shape][at + 1];
        z += amount * moves[shape][at + 2];
      }
      const turn = turns[vertex];
      const shift = shifts[vertex];
      const right = x + turn * (a * x + b * y + c * z - x) + shift * state.rightPx + place[0];
      const down = y + turn * (d * x + e * y + f * z - y) + shift * state.downPx + place[1] + jointY;
      const away = z + turn * (g * x + h * y + i * z - z) - shift * state.towardPx + place[2] + jointZ;
      this.#places[at] = right;
      this.#places[at + 1] = down;
      this.#places[at + 2] = away;
      const scale = focal / (focal + away);
      xy[2 * vertex] = right * scale + width / 2;
      xy[2 * vertex + 1] = down * scale + height / 2;
      depth[vertex] = away;
    }
  }

  /** Draws the lamp's mirror image on each cornea, where no lid is before it. */
  #glint({ toKey, key }: Lighting, { data, width, height }: Canvas): void {
    const { mesh, face } = this.#body;
    const { focal, faceWidth } = face;
    // Of a sphere, the point whose normal halves the angle between lamp and camera mirrors the lamp.
    const half: Vector = [toKey[0], toKey[1], toKey[2] - 1];
    const length = Math.hypot(...half);
    const cornea = 0.055 * faceWidth;
    for (const pupil of mesh.pupils) {
      const at = 3 * pupil;
      const nz = this.#normals[at + 2];
      if (nz > -0.3) continue;
      const away = this.#places[at + 2];
      const scale = focal / (focal + away);
      const x = this.#solid.xy[2 * pupil] + (cornea * scale * half[0]) / length;
      const y = this.#solid.xy[2 * pupil + 1] + (cornea * scale * half[1]) / length;
      const radius = GLINT_SIZE * faceWidth * scale;
      const reach = Math.ceil(2.5 * radius);
      for (let row = Math.max(0, Math.floor(y) - reach); row <= Math.min(height - 1, y + reach); row++) {
        for (
          let column = Math.max(0, Math.floor(x) - reach);
          column <= Math.min(width - 1, x + reach);
          column++
        ) {
          if (this.#nearest[row * width + column] < away - 0.5) continue;
          const off = ((column + 0.5 - x) ** 2 + (row + 0.5 - y) ** 2) / radius ** 2;
          const value = GLINT_VALUE * key[1] * Math.exp(-off);
          for (let i = 3 * (row * width + column), end = i + 3; i < end; i++)
            data[i] = Math.min(255, data[i] + value);
        }
      }
    }
  }
}
