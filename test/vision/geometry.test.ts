import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  fitSimilarity,
  intersectionOverUnion,
  invert,
  transform,
  type Affine,
} from '../../server/vision/geometry.ts';
import { regionMatrix } from '../../server/vision/region.ts';

const coordinate = fc.double({ min: -500, max: 500, noNaN: true });
const angle = fc.double({ min: -Math.PI, max: Math.PI, noNaN: true });
const scale = fc.double({ min: 0.1, max: 10, noNaN: true });

const SHAPE = [
  { x: 38, y: 51 },
  { x: 73, y: 51 },
  { x: 56, y: 71 },
  { x: 41, y: 92 },
  { x: 70, y: 92 },
];

describe('geometry', () => {
  it('finds any similarity from points before and after', () => {
    fc.assert(
      fc.property(angle, scale, coordinate, coordinate, (turn, size, dx, dy) => {
        const cos = Math.cos(turn) * size;
        const sin = Math.sin(turn) * size;
        const truth: Affine = [cos, -sin, dx, sin, cos, dy];
        const moved = SHAPE.map(({ x, y }) => transform(truth, x, y));
        const fitted = fitSimilarity(SHAPE, moved);
        for (const [i, value] of fitted.entries()) expect(value).toBeCloseTo(truth[i], 6);
      }),
      { seed: 7 },
    );
  });

  it('fits a rotation, never a reflection, to mirrored points', () => {
    const mirrored = SHAPE.map(({ x, y }) => ({ x: -x, y }));
    const [a, b, , d, e] = fitSimilarity(SHAPE, mirrored);
    expect(a * e - b * d).toBeGreaterThanOrEqual(0);
  });

  it('refuses points that coincide, and maps that cannot be inverted', () => {
    const point = { x: 3, y: 4 };
    expect(() => fitSimilarity([point, point], [point, point])).toThrow(RangeError);
    expect(() => invert([1, 2, 0, 2, 4, 0])).toThrow(RangeError);
  });

  it('undoes a map with its inverse', () => {
    const matrix: Affine = [2, 0.5, -7, -0.25, 1.5, 3];
    const there = transform(matrix, 12, -5);
    const back = transform(invert(matrix), there.x, there.y);
    expect(back.x).toBeCloseTo(12, 9);
    expect(back.y).toBeCloseTo(-5, 9);
  });

  it('has an overlap of 1 for a box with itself, and of 0 for boxes side by side', () => {
    const box = { x: 10, y: 10, width: 20, height: 10 };
    expect(intersectionOverUnion(box, box)).toBe(1);
    expect(intersectionOverUnion(box, { ...box, x: 30 })).toBe(0);
    expect(intersectionOverUnion(box, { ...box, x: 20 })).toBeCloseTo(1 / 3, 9);
  });

  it('puts the middle of a crop on the centre of its region, mirrored or not', () => {
    const region = { centreX: 100, centreY: 60, size: 50, angleRad: 0.7 };
    for (const mirrored of [false, true]) {
      const matrix = regionMatrix(region, 64, mirrored);
      const middle = transform(matrix, 32, 32);
      expect(middle.x).toBeCloseTo(100, 9);
      expect(middle.y).toBeCloseTo(60, 9);
      const edge = transform(matrix, 64, 32);
      const sign = mirrored ? -1 : 1;
      expect(edge.x).toBeCloseTo(100 + sign * 25 * Math.cos(0.7), 9);
      expect(edge.y).toBeCloseTo(60 + sign * 25 * Math.sin(0.7), 9);
    }
  });
});
