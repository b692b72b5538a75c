/** A point in continuous pixel coordinates: the centre of the first pixel is (.5, .5). */
export interface Point {
  readonly x: number;
  readonly y: number;
}

/** An upright rectangle in continuous pixel coordinates. */
export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Row-major 2 × 3 matrix: x' = m0·x + m1·y + m2, y' = m3·x + m4·y + m5. */
export type Affine = readonly [number, number, number, number, number, number];

/** Where `matrix` sends the point (x, y). */
export function transform(matrix: Affine, x: number, y: number): Point {
  return {
    x: matrix[0] * x + matrix[1] * y + matrix[2],
    y: matrix[3] * x + matrix[4] * y + matrix[5],
  };
}

/** The inverse of an affine map. Throws RangeError when it is singular. */
export function invert(matrix: Affine): Affine {
  const [a, b, c, d, e, f] = matrix;
  const determinant = a * e - b * d;
  if (!(Math.abs(determinant) > Number.EPSILON)) throw new RangeError('The affine map is singular.');
  const ia = e / determinant;
  const ib = -b / determinant;
  const id = -d / determinant;
  const ie = a / determinant;
  return [ia, ib, -(ia * c + ib * f), id, ie, -(id * c + ie * f)];
}

/**
 * The least-squares similarity (rotation, uniform scale, translation, no reflection) that maps `from[i]` onto
 * `to[i]`. Closed form in two dimensions of S. Umeyama, "Least-squares estimation of transformation parameters
 * between two point patterns", IEEE TPAMI 13(4), 1991. Throws RangeError when `from` is one point only.
 */
export function fitSimilarity(from: readonly Point[], to: readonly Point[]): Affine {
  const count = from.length;
  if (count !== to.length || count < 2) throw new RangeError('Two equally long point lists are needed.');
  const centreFrom = centroid(from);
  const centreTo = centroid(to);
  let along = 0;
  let across = 0;
  let spread = 0;
  for (let i = 0; i < count; i++) {
    const source = from[i];
    const target = to[i];
    const x = source.x - centreFrom.x;
    const y = source.y - centreFrom.y;
    const u = target.x - centreTo.x;
    const v = target.y - centreTo.y;
    along += x * u + y * v;
    across += x * v - y * u;
    spread += x * x + y * y;
  }
  if (!(spread > Number.EPSILON)) throw new RangeError('The points coincide.');
  const a = along / spread;
  const b = across / spread;
  return [
    a,
    -b,
    centreTo.x - a * centreFrom.x + b * centreFrom.y,
    b,
    a,
    centreTo.y - b * centreFrom.x - a * centreFrom.y,
  ];
}

/** Mean of the points. */
function centroid(points: readonly Point[]): Point {
  let x = 0;
  let y = 0;
  for (const point of points) {
    x += point.x;
    y += point.y;
  }
  return { x: x / points.length, y: y / points.length };
}

/** Distance between two points in pixels. */
export function distance(a: Point, b: Point): number {
  return Math.hypot(a.x - b.x, a.y - b.y);
}

/** The point half-way between two points. */
export function midpoint(a: Point, b: Point): Point {
  return { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 };
}

/** Area shared by two boxes in square pixels, 0 when they are apart. */
export function intersectionArea(a: Box, b: Box): number {
  const width = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x);
  const height = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y);
  return Math.max(0, width) * Math.max(0, height);
}

/** Intersection over union of two boxes, 0..1. */
export function intersectionOverUnion(a: Box, b: Box): number {
  const shared = intersectionArea(a, b);
  const union = a.width * a.height + b.width * b.height - shared;
  return union > 0 ? shared / union : 0;
}
