import type { Point } from './geometry.ts';

interface Triangle {
  readonly corners: readonly [number, number, number];
  readonly centreX: number;
  readonly centreY: number;
  readonly radiusSquared: number;
}

/**
 * Delaunay triangulation (Bowyer 1981, Watson 1981): triples of indices into `points`, all of one orientation.
 * Quadratic in the number of points, which is in the hundreds here. Points that coincide share one index.
 */
export function triangulate(points: readonly Point[]): Uint16Array {
  const span = 1 + Math.max(...points.map(({ x, y }) => Math.max(Math.abs(x), Math.abs(y))));
  const count = points.length;
  const all = [
    ...points,
    { x: -50 * span, y: -50 * span },
    { x: 50 * span, y: -50 * span },
    { x: 0, y: 80 * span },
  ];
  const first = circumscribe(all, count, count + 1, count + 2);
  if (first === null) throw new RangeError('The points have no extent.');
  let triangles: Triangle[] = [first];
  const seen = new Set<string>();
  for (let index = 0; index < count; index++) {
    const { x, y } = all[index];
    const key = `${x},${y}`;
    if (seen.has(key)) continue;
    seen.add(key);
    triangles = insert(all, triangles, index);
  }
  const inner = triangles.filter(({ corners }) => corners.every((corner) => corner < count));
  return Uint16Array.from(inner.flatMap(({ corners }) => corners));
}

function insert(points: readonly Point[], triangles: readonly Triangle[], index: number): Triangle[] {
  const { x, y } = points[index];
  const kept: Triangle[] = [];
  const rim = new Map<string, readonly [number, number]>();
  for (const triangle of triangles) {
    const distanceSquared = (x - triangle.centreX) ** 2 + (y - triangle.centreY) ** 2;
    if (distanceSquared >= triangle.radiusSquared) {
      kept.push(triangle);
      continue;
    }
    const [a, b, c] = triangle.corners;
    for (const [from, to] of [
      [a, b],
      [b, c],
      [c, a],
    ] as const) {
      if (!rim.delete(`${to},${from}`)) rim.set(`${from},${to}`, [from, to]);
    }
  }
  for (const [from, to] of rim.values()) {
    const triangle = circumscribe(points, from, to, index);
    if (triangle !== null) kept.push(triangle);
  }
  return kept;
}

/** The triangle with its circumscribed circle, or null when its corners lie on a line. */
function circumscribe(points: readonly Point[], a: number, b: number, c: number): Triangle | null {
  const { x: ax, y: ay } = points[a];
  const bx = points[b].x - ax;
  const by = points[b].y - ay;
  const cx = points[c].x - ax;
  const cy = points[c].y - ay;
  const twiceArea = 2 * (bx * cy - by * cx);
  if (twiceArea === 0) return null;
  const b2 = bx * bx + by * by;
  const c2 = cx * cx + cy * cy;
  const x = (cy * b2 - by * c2) / twiceArea;
  const y = (bx * c2 - cx * b2) / twiceArea;
  return { corners: [a, b, c], centreX: ax + x, centreY: ay + y, radiusSquared: x * x + y * y };
}
