import type { Point } from '../../server/vision/geometry.ts';
import { LANDMARK, LANDMARK_COUNT } from '../../server/vision/landmarks.ts';
import { SHAPES, shapeMoves, type ShapeMoves } from '../acting/shapes.ts';
import { isInside } from '../drawing/polygon.ts';
import { triangulate } from '../../server/vision/triangulate.ts';
import { EYE_RINGS, INNER_LIPS } from '../portraits/landmark-groups.ts';
import { drawAt } from '../seeded.ts';
import { inAtlas } from './atlas-layout.ts';
import { addBody } from './body.ts';
import { addEars } from './ears.ts';
import type { FaceInSpace, Vector } from './face-in-space.ts';
import { directionOf, type Direction, type HeadSurface } from './head-surface.ts';
import { MeshBuilder, type Mesh } from './mesh.ts';

/** A person's head and shoulders. */
export interface PersonMesh extends Mesh {
  readonly moves: ShapeMoves;
  /** Vertices of the mouth's opening, which is dark when the mouth is open. */
  readonly mouth: readonly number[];
  /** Of each eyeball, the vertex in the middle of its front. */
  readonly pupils: readonly number[];
  /** Triangles that lay the head out in the atlas, each place once: with eyes and mouth as they are in the portrait. */
  readonly layout: Uint16Array;
}

const GRID_DEG = 7.5;
/** No vertex of the skull stands nearer to the face's outline than this. */
const CLEARANCE_DEG = 3;
/** What moves with jaw and cheeks lies in front of the ears. */
const MOVING_DEG = 95;
/** In face widths: how far an eyeball's front bulges, and how far behind the lids' edges it lies. */
const EYE_BULGE = 0.008;
const EYE_BEHIND = 0.02;
/** An eyeball reaches this much farther than the lids' opening, so that no gap shows from aside. */
const EYE_REACH = 1.25;

const RINGS = [EYE_RINGS.imageLeft, EYE_RINGS.imageRight] as const;
const LIP_RIM = [
  INNER_LIPS.corners[0],
  ...INNER_LIPS.upper,
  INNER_LIPS.corners[1],
  ...INNER_LIPS.lower.toReversed(),
];

/** The face's own mesh, continued by the surface around it; eyeballs, mouth, ears, neck and shoulders. */
export function buildPerson(face: FaceInSpace, surface: HeadSurface): PersonMesh {
  const builder = new MeshBuilder();
  const { faceWidth } = face;
  addFace(builder, face);
  const pupils = addPupils(builder, face);
  const grid = addSkull(builder, surface);
  const skin = builder.build();
  const at = (vertex: number): Point => ({ x: skin.rest[3 * vertex], y: skin.rest[3 * vertex + 1] });

  // With the mouth open, upper and lower lips lie apart and no triangle joins them but those of the opening.
  const { openMouth } = shapeMoves(LANDMARK_COUNT, skin.count, at, faceWidth);
  const opened = skin.rest.map((value, i) => value + openMouth[i]);
  const flat = Array.from({ length: skin.count }, (_, vertex): Point => {
    const [x, y, z] = opened.subarray(3 * vertex, 3 * vertex + 3);
    const direction = grid.directions.get(vertex) ?? directionOf(x, y, z);
    return settled(direction, vertex);
  });
  const layout = triangulate(flat);

  const eyes = addEyeballs(builder, skin, pupils);
  const mouth = new Map<number, number>();
  const rim = LIP_RIM.map((vertex) => flat[vertex]);
  for (let i = 0; i < layout.length; i += 3) {
    const corners = [layout[i], layout[i + 1], layout[i + 2]] as const;
    const eye = eyes.find((copies) => corners.every((corner) => copies.has(corner)));
    const isMouth =
      corners.every((corner) => corner < LANDMARK_COUNT) && isInside(rim, middleOf(corners, flat));
    if (isMouth) for (const corner of corners) copyTo(mouth, builder, skin, corner);
    const copies = eye ?? (isMouth ? mouth : null);
    const [a, b, c] = corners.map((corner) => copies?.get(corner) ?? corner);
    builder.triangle(a, b, c);
  }
  if (surface.showsEars) addEars(builder, face);
  addBody(builder, face);
  const mesh = builder.build();
  const moves = shapeMoves(grid.movingCount, mesh.count, at, faceWidth);
  for (const shape of SHAPES)
    for (const [from, to] of mouth) moves[shape].copyWithin(3 * to, 3 * from, 3 * from + 3);
  return {
    ...mesh,
    moves,
    mouth: [...mouth.values()],
    pupils: pupils.map((pupil, side) => eyes[side].get(pupil) ?? pupil),
    layout,
  };
}

/** Where skin is oily, it shines; in face widths about these landmarks. */
const SHINY = [
  [LANDMARK.noseTip, 0.1, 1],
  [LANDMARK.noseBridge, 0.09, 0.7],
  [LANDMARK.foreheadMiddle, 0.22, 0.7],
  [LANDMARK.cheekLeft, 0.13, 0.5],
  [LANDMARK.cheekRight, 0.13, 0.5],
  [LANDMARK.chinMiddle, 0.1, 0.4],
] as const;
const SKIN_GLOSS = 0.35;

function addFace(builder: MeshBuilder, { points, faceWidth }: FaceInSpace): void {
  const placeOf = (vertex: number): Vector => [
    points[3 * vertex],
    points[3 * vertex + 1],
    points[3 * vertex + 2],
  ];
  for (let vertex = 0; vertex < LANDMARK_COUNT; vertex++) {
    const [x, y, z] = placeOf(vertex);
    let gloss = SKIN_GLOSS;
    for (const [landmark, reach, strength] of SHINY) {
      const [sx, sy] = placeOf(landmark);
      gloss +=
        strength * Math.exp(-(((x - sx) / (reach * faceWidth)) ** 2 + ((y - sy) / (reach * faceWidth)) ** 2));
    }
    builder.add([x, y, z], { ...inAtlas(directionOf(x, y, z)), gloss: Math.min(1, gloss) });
  }
}

/** A vertex in the middle of each eye: the rings of the lids alone would make it flat. */
function addPupils(builder: MeshBuilder, { points, faceWidth }: FaceInSpace): number[] {
  return RINGS.map((ring) => {
    const mean = [0, 1, 2].map(
      (axis) => ring.reduce((sum, vertex) => sum + points[3 * vertex + axis], 0) / ring.length,
    );
    const front = Math.min(...ring.map((vertex) => points[3 * vertex + 2]));
    const place: Vector = [mean[0], mean[1], front - EYE_BULGE * faceWidth];
    return builder.add(place, inAtlas(directionOf(...place)));
  });
}

interface Grid {
  readonly directions: ReadonlyMap<number, Direction>;
  /** Vertices before this one may move with the face. */
  readonly movingCount: number;
}

/** Adds the skull's vertices outside the face: those in front of the ears first. */
function addSkull(builder: MeshBuilder, surface: HeadSurface): Grid {
  const all: Direction[] = [];
  for (let latitudeDeg = -90; latitudeDeg <= 90; latitudeDeg += GRID_DEG)
    for (let longitudeDeg = -180; longitudeDeg <= 180; longitudeDeg += GRID_DEG)
      all.push({ longitudeDeg, latitudeDeg });
  const outside = all.filter((direction) => surface.beyondFace(direction) > CLEARANCE_DEG);
  const isMoving = ({ longitudeDeg }: Direction) => Math.abs(longitudeDeg) < MOVING_DEG;
  const directions = new Map<number, Direction>();
  const firstAt = new Map<string, number>();
  const add = (direction: Direction) => {
    const { longitudeDeg, latitudeDeg } = direction;
    const isPole = Math.abs(latitudeDeg) === 90;
    const key = `${latitudeDeg} ${isPole ? 0 : longitudeDeg === 180 ? -180 : longitudeDeg}`;
    const index = builder.count;
    const twin = firstAt.get(key) ?? index;
    firstAt.set(key, twin);
    const hair = surface.hairAt(direction);
    builder.add(surface.pointAt(direction), {
      ...inAtlas(direction),
      twin,
      gloss: SKIN_GLOSS * (1 - hair) + 0.45 * hair,
    });
    directions.set(index, direction);
  };
  for (const direction of outside.filter(isMoving)) add(direction);
  const movingCount = builder.count;
  for (const direction of outside.filter((one) => !isMoving(one))) add(direction);
  return { directions, movingCount };
}

/** Vertices of a regular grid lie on common circles, which leaves a triangulation open: a hair's breadth decides. */
function settled({ longitudeDeg, latitudeDeg }: Direction, vertex: number): Point {
  return {
    x: longitudeDeg + (Math.abs(longitudeDeg) < 180 ? 0.02 * drawAt(vertex, 1) : 0),
    y: latitudeDeg + (Math.abs(latitudeDeg) < 90 ? 0.02 * drawAt(vertex, 2) : 0),
  };
}

/** Eyeballs behind the lids, which slide over them: for each, from the skin's vertices to its own. */
function addEyeballs(builder: MeshBuilder, skin: Mesh, pupils: readonly number[]): Map<number, number>[] {
  const behind = EYE_BEHIND * faceWidthOf(skin);
  return RINGS.map((ring, side) => {
    const pupil = pupils[side];
    const copies = new Map<number, number>();
    for (const vertex of [...ring, pupil]) {
      const outward = (values: Float32Array, stride: number, axis: number) => {
        const middle = values[stride * pupil + axis];
        return middle + EYE_REACH * (values[stride * vertex + axis] - middle);
      };
      copies.set(
        vertex,
        builder.add(
          [outward(skin.rest, 3, 0), outward(skin.rest, 3, 1), skin.rest[3 * vertex + 2] + behind],
          {
            u: outward(skin.uv, 2, 0),
            v: outward(skin.uv, 2, 1),
            gloss: 0.6,
          },
        ),
      );
    }
    return copies;
  });
}

/** The mouth's inside has vertices of its own, for it gets less light than the lips that it hangs between. */
function copyTo(copies: Map<number, number>, builder: MeshBuilder, { rest, uv }: Mesh, vertex: number): void {
  if (copies.has(vertex)) return;
  const place: Vector = [rest[3 * vertex], rest[3 * vertex + 1], rest[3 * vertex + 2]];
  copies.set(vertex, builder.add(place, { u: uv[2 * vertex], v: uv[2 * vertex + 1] }));
}

function faceWidthOf({ rest }: Mesh): number {
  return rest[3 * LANDMARK.cheekEdgeRight] - rest[3 * LANDMARK.cheekEdgeLeft];
}

function middleOf(corners: readonly number[], flat: readonly Point[]): Point {
  return {
    x: corners.reduce((sum, corner) => sum + flat[corner].x / 3, 0),
    y: corners.reduce((sum, corner) => sum + flat[corner].y / 3, 0),
  };
}
