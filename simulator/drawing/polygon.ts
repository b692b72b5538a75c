import type { Point } from '../../server/vision/geometry.ts';

/** Whether a point lies inside a polygon: a ray from it crosses the rim an odd number of times. */
export function isInside(rim: readonly Point[], { x, y }: Point): boolean {
  let inside = false;
  for (const [i, a] of rim.entries()) {
    const b = rim[(i + 1) % rim.length];
    if (a.y > y !== b.y > y && x < a.x + ((y - a.y) / (b.y - a.y)) * (b.x - a.x)) inside = !inside;
  }
  return inside;
}
