import { distance, midpoint, type Point } from '../../server/vision/geometry.ts';
import { LANDMARK } from '../../server/vision/landmarks.ts';
import {
  EYE_RINGS,
  INNER_LIPS,
  LOWER_LID_POINTS,
  LOWER_LIP,
  MOUTH_CORNERS,
  UPPER_LIP,
} from '../portraits/landmark-groups.ts';

/** What a face can do besides turning, each from 0 (not at all) to 1. */
export const SHAPES = ['blink', 'smile', 'openMouth'] as const;
export type Shape = (typeof SHAPES)[number];

/** For each shape, how far (x, y, z) every vertex moves at full strength, in portrait pixels. */
export type ShapeMoves = Readonly<Record<Shape, Float32Array>>;

/** Share of the way to the lower lid that the upper one goes; the lower lid comes up the rest. */
const UPPER_LID_SHARE = 0.86;
/** How far from the lids, over the eye's width, skin is drawn along. */
const LID_REACH = 0.2;
/** The jaw drops this share of the face's width. */
const JAW_DROP = 0.17;
const SMILE_REACH = 0.17;

/**
 * How the first `count` of `total` vertices move; the others keep still. `at(i)` is where vertex i rests; the first
 * 468 are the mesh's landmarks.
 * Vertices of the surroundings follow chin and cheeks where these are near.
 */
export function shapeMoves(
  count: number,
  total: number,
  at: (vertex: number) => Point,
  faceWidth: number,
): ShapeMoves {
  const moves: ShapeMoves = {
    blink: new Float32Array(3 * total),
    smile: new Float32Array(3 * total),
    openMouth: new Float32Array(3 * total),
  };
  for (const ring of [EYE_RINGS.imageLeft, EYE_RINGS.imageRight]) closeEye(moves.blink, count, at, ring);
  smile(moves.smile, count, at, faceWidth);
  openMouth(moves.openMouth, count, at, faceWidth);
  return moves;
}

function closeEye(
  moves: Float32Array,
  count: number,
  at: (vertex: number) => Point,
  ring: readonly number[],
): void {
  const outer = at(ring[0]);
  const inner = at(ring[LOWER_LID_POINTS - 1]);
  const width = distance(outer, inner);
  const gaps: { readonly upper: Point; readonly lower: Point; readonly gap: Point }[] = [];
  for (let k = 0; k < ring.length - LOWER_LID_POINTS; k++) {
    const upper = at(ring[LOWER_LID_POINTS + k]);
    const lower = at(ring[1 + k]);
    const gap = { x: lower.x - upper.x, y: lower.y - upper.y };
    gaps.push({ upper, lower, gap });
    add(moves, ring[LOWER_LID_POINTS + k], gap.x * UPPER_LID_SHARE, gap.y * UPPER_LID_SHARE);
    add(moves, ring[1 + k], -gap.x * (1 - UPPER_LID_SHARE), -gap.y * (1 - UPPER_LID_SHARE));
  }
  const onRing = new Set(ring);
  for (let vertex = 0; vertex < count; vertex++) {
    if (onRing.has(vertex)) continue;
    const point = at(vertex);
    const toUpper = Math.min(...gaps.map(({ upper }) => distance(upper, point)));
    const toLower = Math.min(...gaps.map(({ lower }) => distance(lower, point)));
    const isUpper = toUpper < toLower;
    const nearest = gaps.reduce((best, next) => {
      const of = (gap: typeof next) => distance(isUpper ? gap.upper : gap.lower, point);
      return of(next) < of(best) ? next : best;
    });
    const share = isUpper ? UPPER_LID_SHARE : UPPER_LID_SHARE - 1;
    const strength = share * 0.75 * fade((isUpper ? toUpper : toLower) / (LID_REACH * width));
    add(moves, vertex, nearest.gap.x * strength, nearest.gap.y * strength);
  }
}

function smile(moves: Float32Array, count: number, at: (vertex: number) => Point, faceWidth: number): void {
  const corners = MOUTH_CORNERS.slice(0, 2).map(at);
  const middle = midpoint(corners[0], corners[1]);
  const eyes = [at(LANDMARK.leftEyeOuter), at(LANDMARK.rightEyeOuter)];
  for (const [side, corner] of corners.entries()) {
    const outward = Math.sign(corner.x - middle.x);
    const cheek = midpoint(corner, eyes[side]);
    for (let vertex = 0; vertex < count; vertex++) {
      const point = at(vertex);
      const pull = fade(distance(point, corner) / (SMILE_REACH * faceWidth));
      const lift = fade(distance(point, cheek) / (SMILE_REACH * faceWidth));
      add(
        moves,
        vertex,
        outward * faceWidth * 0.06 * pull,
        -faceWidth * (0.045 * pull + 0.022 * lift),
        faceWidth * (0.04 * pull - 0.02 * lift),
      );
    }
  }
}

function openMouth(
  moves: Float32Array,
  count: number,
  at: (vertex: number) => Point,
  faceWidth: number,
): void {
  const drop = JAW_DROP * faceWidth;
  const middle = midpoint(at(MOUTH_CORNERS[0]), at(MOUTH_CORNERS[1]));
  const chin = at(LANDMARK.chin);
  const jawLength = chin.y - middle.y;
  const upper = new Set<number>([...INNER_LIPS.upper, ...UPPER_LIP]);
  const lower = new Set<number>([...INNER_LIPS.lower, ...LOWER_LIP]);
  const corners = new Set<number>([...INNER_LIPS.corners, ...MOUTH_CORNERS]);
  const halfMouth = distance(at(INNER_LIPS.corners[0]), at(INNER_LIPS.corners[1])) / 2;
  for (let vertex = 0; vertex < count; vertex++) {
    const { x, y } = at(vertex);
    const below = (y - middle.y) / jawLength;
    const aside = (x - middle.x) / faceWidth;
    if (corners.has(vertex)) {
      add(moves, vertex, -aside * faceWidth * 0.08, drop * 0.3);
    } else if (lower.has(vertex)) {
      const across = Math.min(1, Math.abs(x - middle.x) / halfMouth);
      add(moves, vertex, 0, drop * (0.3 + 0.7 * Math.sqrt(1 - across * across)));
    } else if (upper.has(vertex) || below < 0) {
      add(moves, vertex, 0, -drop * 0.06 * fade(Math.hypot(aside / 0.25, below / 0.5)));
    } else {
      const across = Math.exp(-((aside / 0.42) ** 4));
      const fading = below > 1 ? fade((below - 1) / 0.8) : 1;
      add(
        moves,
        vertex,
        0,
        drop * Math.min(1, 0.3 + 1.6 * below) * across * fading,
        drop * 0.15 * across * fading,
      );
    }
  }
}

/** 1 at 0, gently down to nearly 0 at 2. */
function fade(reach: number): number {
  return Math.exp(-reach * reach);
}

function add(moves: Float32Array, vertex: number, x: number, y: number, z = 0): void {
  moves[3 * vertex] += x;
  moves[3 * vertex + 1] += y;
  moves[3 * vertex + 2] += z;
}
