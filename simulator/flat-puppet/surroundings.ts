import type { Point } from '../../server/vision/geometry.ts';
import { smoothStep } from '../drawing/smooth-step.ts';

/** A vertex outside the face: hair, ears, neck, shoulders, background. */
export interface SurroundingVertex extends Point {
  /** Depth behind the face's outline as a share of the way to the head's axis. */
  readonly depthShare: number;
  /** The outline's vertex whose depth it starts from. */
  readonly outlineVertex: number;
  /** How far it turns with the head, 0..1. */
  readonly turns: number;
  /** How far it shifts with the head, 0..1. */
  readonly shifts: number;
}

const DIRECTIONS = 36;
const RINGS = [1.08, 1.18, 1.3, 1.45, 1.65, 1.9, 2.2, 2.6];
/** From the face's outline to here the head curves back to its axis. */
const SKULL_RING = 1.8;
const BORDER_STEP_PX = 64;

/**
 * Rings of vertices around the face's outline, and the picture's border. Hair and ears turn and shift with the head,
 * the neck turns less and less, shoulders only shift, and the background stays.
 */
export function surroundFace(
  landmarks: Float32Array,
  width: number,
  height: number,
  faceWidth: number,
): SurroundingVertex[] {
  const hull = convexHull(landmarks);
  const centre = {
    x: hull.reduce((sum, { x }) => sum + x, 0) / hull.length,
    y: hull.reduce((sum, { y }) => sum + y, 0) / hull.length,
  };
  const vertices: SurroundingVertex[] = [];
  for (let direction = 0; direction < DIRECTIONS; direction++) {
    const angle = (2 * Math.PI * direction) / DIRECTIONS;
    const dx = Math.cos(angle);
    const dy = Math.sin(angle);
    const { reach, vertex } = outlineAlong(hull, centre, dx, dy);
    const downward = smoothStep(0.35, 0.85, dy);
    for (const ring of RINGS) {
      const hair = 1 - smoothStep(1.3, 2, ring);
      const neck = 1 - smoothStep(1, 1.5, ring);
      const around = 1 - smoothStep(1.2, 2.6, ring);
      const body = 1 - 0.15 * smoothStep(1.5, 2.2, ring);
      vertices.push({
        x: centre.x + dx * reach * ring,
        y: centre.y + dy * reach * ring,
        depthShare: Math.min(1, (ring - 1) / (SKULL_RING - 1)),
        outlineVertex: vertex,
        turns: hair + (neck - hair) * downward,
        shifts: around + (body - around) * downward,
      });
    }
  }
  const inside = vertices.filter(({ x, y }) => x > 4 && y > 4 && x < width - 4 && y < height - 4);
  const nearest = outlineAlong(hull, centre, 0, 1).vertex;
  for (const { x, y } of borderPoints(width, height)) {
    const shoulders = y >= height ? 0.75 * Math.exp(-(((x - centre.x) / (1.1 * faceWidth)) ** 4)) : 0;
    inside.push({ x, y, depthShare: 1, outlineVertex: nearest, turns: 0, shifts: shoulders });
  }
  return inside;
}

interface HullPoint extends Point {
  readonly vertex: number;
}

/** Convex hull, monotone chain (Andrew 1979). */
function convexHull(landmarks: Float32Array): HullPoint[] {
  const points = Array.from({ length: landmarks.length / 3 }, (_, vertex) => ({
    x: landmarks[3 * vertex],
    y: landmarks[3 * vertex + 1],
    vertex,
  })).toSorted((a, b) => a.x - b.x || a.y - b.y);
  const half = (sorted: readonly HullPoint[]) => {
    const chain: HullPoint[] = [];
    for (const point of sorted) {
      while (chain.length >= 2 && turn(chain[chain.length - 2], chain[chain.length - 1], point) <= 0)
        chain.pop();
      chain.push(point);
    }
    return chain.slice(0, -1);
  };
  return [...half(points), ...half(points.toReversed())];
}

function turn(a: Point, b: Point, c: Point): number {
  return (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x);
}

/** How far the outline is from `centre` in a direction, and its nearest vertex there. */
function outlineAlong(
  hull: readonly HullPoint[],
  centre: Point,
  dx: number,
  dy: number,
): { readonly reach: number; readonly vertex: number } {
  for (let i = 0; i < hull.length; i++) {
    const a = hull[i];
    const b = hull[(i + 1) % hull.length];
    const ex = b.x - a.x;
    const ey = b.y - a.y;
    const across = dx * ey - dy * ex;
    if (Math.abs(across) < 1e-9) continue;
    const reach = ((a.x - centre.x) * ey - (a.y - centre.y) * ex) / across;
    const along = ((a.x - centre.x) * dy - (a.y - centre.y) * dx) / across;
    if (reach > 0 && along >= 0 && along <= 1) return { reach, vertex: along < 0.5 ? a.vertex : b.vertex };
  }
  throw new RangeError('The face has no outline.');
}

function borderPoints(width: number, height: number): Point[] {
  const points: Point[] = [];
  const columns = Math.round(width / BORDER_STEP_PX);
  const rows = Math.round(height / BORDER_STEP_PX);
  for (let i = 0; i <= columns; i++) {
    points.push({ x: (width * i) / columns, y: 0 }, { x: (width * i) / columns, y: height });
  }
  for (let j = 1; j < rows; j++) {
    points.push({ x: 0, y: (height * j) / rows }, { x: width, y: (height * j) / rows });
  }
  return points;
}
