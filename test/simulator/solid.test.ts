import { describe, expect, it } from 'vitest';
import { drawSolidTriangle, FAR, softenOutlines, type SolidMesh } from '../../simulator/drawing/solid.ts';

const SIZE = 16;
const white = { data: new Uint8Array(3 * 8 * 8).fill(255), width: 8, height: 8 };

/** Two triangles over the whole canvas: a dark one at depth 5, a light one at depth 9. */
const mesh: SolidMesh = {
  xy: Float32Array.from([-20, -20, 60, -20, -20, 60, -20, -20, 60, -20, -20, 60]),
  depth: Float32Array.from([5, 5, 5, 9, 9, 9]),
  uv: new Float32Array(12).fill(3),
  light: Float32Array.from([0.2, 0.8].flatMap((gain) => [0, 1, 2].flatMap(() => [gain, gain, gain, 0]))),
};

function scene() {
  const canvas = { data: new Uint8Array(3 * SIZE * SIZE), width: SIZE, height: SIZE };
  return { canvas, nearest: new Float32Array(SIZE * SIZE).fill(FAR) };
}

describe('a solid triangle', () => {
  it.each([
    [[0, 3]],
    [[3, 0]],
  ])('is seen where it is the nearest, in whatever order triangles come: %j', (order) => {
    const { canvas, nearest } = scene();
    for (const first of order) drawSolidTriangle(canvas, nearest, white, mesh, first, first + 1, first + 2);
    expect(new Set(canvas.data)).toEqual(new Set([51]));
    expect(new Set(nearest)).toEqual(new Set([5]));
  });

  it('is not drawn when it faces away', () => {
    const { canvas, nearest } = scene();
    drawSolidTriangle(canvas, nearest, white, mesh, 0, 2, 1);
    expect(nearest.every((depth) => depth === FAR)).toBe(true);
  });

  it('takes the pixels whose centres lie in it, so that neighbours leave no gap and meet no pixel twice', () => {
    const { canvas, nearest } = scene();
    const square: SolidMesh = {
      xy: Float32Array.from([2.3, 2.1, 11.7, 3.2, 3.4, 12.6, 12.2, 11.9]),
      depth: new Float32Array(4).fill(1),
      uv: new Float32Array(8).fill(3),
      light: new Float32Array(16).fill(1),
    };
    drawSolidTriangle(canvas, nearest, white, square, 0, 1, 2);
    const one = nearest.map((depth) => (depth < FAR ? 1 : 0));
    nearest.fill(FAR);
    drawSolidTriangle(canvas, nearest, white, square, 1, 3, 2);
    const both = one.map((drawn, i) => drawn + (nearest[i] < FAR ? 1 : 0));
    expect(Math.max(...both)).toBe(1);
    const rows = Array.from({ length: SIZE }, (_, y) =>
      [...both.subarray(y * SIZE, (y + 1) * SIZE)].join(''),
    );
    for (const row of rows) expect(row).toMatch(/^0*1*0*$/);
  });
});

describe('outlines', () => {
  it('are softened where depth makes a step, and nothing else is', () => {
    const { canvas, nearest } = scene();
    for (let i = 0; i < SIZE * SIZE; i++) {
      const isNear = i % SIZE < 8;
      if (isNear) nearest[i] = 5;
      canvas.data.fill(isNear ? 200 : 100, 3 * i, 3 * i + 3);
    }
    softenOutlines(canvas, nearest, new Uint8Array(canvas.data.length));
    const row = Array.from({ length: SIZE }, (_, x) => canvas.data[3 * (8 * SIZE + x)]);
    expect(row.slice(5, 11)).toEqual([200, 200, 175, 125, 100, 100]);
  });
});
