import { describe, expect, it } from 'vitest';
import type { FaceDetector } from '../../server/vision/detect.ts';
import { FaceFinder, type Stage } from '../../server/vision/find.ts';
import type { RgbImage } from '../../server/vision/image.ts';
import { LANDMARK, LANDMARK_COUNT } from '../../server/vision/landmarks.ts';
import { MESH_SIDE } from '../../server/vision/mesh.ts';
import type { ModelRunner } from '../../server/vision/model-runner.ts';
import { Warper } from '../../server/vision/warp.ts';

/** A dark picture with bright squares: the faces of these tests. */
function picture(width: number, height: number, squares: readonly (readonly [number, number, number])[]) {
  const data = new Uint8Array(3 * width * height);
  for (const [left, top, side] of squares)
    for (let y = top; y < top + side; y++)
      data.fill(255, 3 * (y * width + left), 3 * (y * width + left + side));
  return { data, width, height } satisfies RgbImage;
}

const SIDE = 16;

/**
 * Another detector than the product's: a small input that the picture is stretched to, and one output with rows of
 * score, centre and size in input pixels.
 */
const squares: FaceDetector = {
  model: 'blazeface',
  input: {
    width: SIDE,
    height: SIDE,
    normalisation: { channelOrder: 'rgb', scale: [1 / 255, 1 / 255, 1 / 255], offset: [0, 0, 0] },
    placement: (width, height) => [width / SIDE, 0, 0, 0, height / SIDE, 0],
  },
  unmistakable: { score: 0.9, sizePx: 20 },
  decode: ([{ data }], [across, , , , down]) =>
    Array.from({ length: data.length / 4 }, (_, i) => {
      const [score, x, y, size] = data.subarray(4 * i, 4 * i + 4);
      const [width, height] = [size * across, size * down];
      const eyes = y * down - height / 4;
      return {
        score,
        box: { x: x * across - width / 2, y: y * down - height / 2, width, height },
        leftEye: { x: x * across - width / 4, y: eyes },
        rightEye: { x: x * across + width / 4, y: eyes },
      };
    }),
};

interface Call {
  readonly model: string;
  readonly dims: readonly number[];
}

/** Networks of these tests: one finds bright squares, the other confirms a face where the crop's middle is bright. */
function networks(score = 0.95): { readonly runner: ModelRunner; readonly calls: Call[] } {
  const calls: Call[] = [];
  const runner: ModelRunner = {
    has: () => true,
    async run(model, input, dims) {
      calls.push({ model, dims });
      if (model === 'facemesh') return meshOf(input);
      const rows = squaresIn(input).flatMap(([left, top, side]) => [
        score,
        left + side / 2,
        top + side / 2,
        side,
      ]);
      return [{ dims: [1, rows.length / 4, 4], data: Float32Array.from(rows) }];
    },
  };
  return { runner, calls };
}

/** Bright squares in the red plane of the detector's input, by the upper left corner and the side. */
function squaresIn(input: Float32Array): [number, number, number][] {
  const isBright = (x: number, y: number) => x >= 0 && y >= 0 && x < SIDE && input[y * SIDE + x] > 0.5;
  const found: [number, number, number][] = [];
  for (let y = 0; y < SIDE; y++)
    for (let x = 0; x < SIDE; x++) {
      if (!isBright(x, y) || isBright(x - 1, y) || isBright(x, y - 1)) continue;
      let side = 1;
      while (isBright(x + side, y)) side++;
      found.push([x, y, side]);
    }
  return found;
}

/** A mesh as large as the middle third of the crop, with the eyes level. */
function meshOf(crop: Float32Array) {
  const middle = MESH_SIDE / 2;
  const radius = MESH_SIDE / 3;
  const raw = new Float32Array(3 * LANDMARK_COUNT);
  for (let i = 0; i < LANDMARK_COUNT; i++) {
    const angle = (2 * Math.PI * i) / LANDMARK_COUNT;
    raw.set([middle + radius * Math.cos(angle), middle + radius * Math.sin(angle), 0], 3 * i);
  }
  raw.set([middle - radius / 2, middle, 0], 3 * LANDMARK.leftEyeOuter);
  raw.set([middle + radius / 2, middle, 0], 3 * LANDMARK.rightEyeOuter);
  const isBright = crop[middle * MESH_SIDE + middle] > 0.5;
  return [
    { dims: [1, raw.length], data: raw },
    { dims: [1, 1], data: Float32Array.of(isBright ? 0.99 : 0) },
  ];
}

const finderWith = (runner: ModelRunner) => new FaceFinder(runner, new Warper(), squares);
const ignore = () => {};

describe('another detector behind the port', () => {
  it('is shown the picture as its input says, and its boxes come back in image pixels', async () => {
    const { runner, calls } = networks();
    const stages: Stage[] = [];
    const image = picture(320, 160, [[100, 60, 40]]);
    const [found, ...others] = await finderWith(runner).detect(image, (stage) => stages.push(stage));
    expect(calls).toEqual([{ model: 'blazeface', dims: [1, 3, SIDE, SIDE] }]);
    expect(stages).toEqual(['detect']);
    expect(others).toEqual([]);
    expect(found.score).toBeCloseTo(0.95, 6);
    expect(found.box).toEqual({ x: 100, y: 60, width: 40, height: 20 });
  });

  it('leads to the face, which the mesh then lies on', async () => {
    const { runner, calls } = networks();
    const finder = finderWith(runner);
    const image = picture(160, 160, [[40, 60, 40]]);
    const mesh = await finder.mainFace(image, await finder.detect(image, ignore), ignore);
    expect(mesh?.presence).toBeCloseTo(0.99, 6);
    const xs = mesh?.landmarks.filter((_, i) => i % 3 === 0) ?? new Float32Array();
    expect((Math.min(...xs) + Math.max(...xs)) / 2).toBeCloseTo(60, 0);
    expect(calls.map(({ model }) => model)).toEqual(['blazeface', 'facemesh', 'facemesh']);
  });

  it('ranks its faces by score, size and place, and counts those that the mesh confirms', async () => {
    const { runner } = networks();
    const finder = finderWith(runner);
    const image = picture(320, 320, [
      [20, 20, 60],
      [120, 140, 80],
      [300, 0, 20],
    ]);
    const detections = await finder.detect(image, ignore);
    expect(detections.map(({ box }) => box.width)).toEqual([80, 60, 20]);
    expect(await finder.count(image, detections, detections[0].box, ignore)).toBe(2);
  });

  it.each([
    [0.95, 40, true],
    [0.85, 40, false],
    [0.95, 10, false],
  ])('is believed alone by its own bar: score %d, %d px: %s', async (score, side, believed) => {
    const finder = finderWith(networks(score).runner);
    const image = picture(160, 160, [[40, 60, side]]);
    expect(finder.seesFace(await finder.detect(image, ignore))).toBe(believed);
  });
});
