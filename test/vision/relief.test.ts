import { describe, expect, it } from 'vitest';
import { policyFor } from '../../server/policy/built-in.ts';
import { MEAN_FACE } from '../../server/vision/relief/mean-face.ts';
import { ReliefMeter } from '../../server/vision/relief/meter.ts';
import type { RgbImage } from '../../server/vision/image.ts';
import { seededDraws } from '../../simulator/seeded.ts';

/*
 * A face of known shape, painted point by point: where its skin is in a picture follows from its depth and its turn
 * alone, and where its mesh is, from the depth that the mesh claims.
 */

const WIDTH = 480;
const HEIGHT = 400;
const EYE_PX = 80;
const CENTRE = { x: 240, y: 170 };
const AXIS = 1.5;

/** Depth toward the camera in eye distances, by the place on the mean face. */
type Shape = (x: number, y: number) => number;

const bump = (x: number, y: number, cx: number, cy: number, rx: number, ry: number) =>
  Math.exp(-(((x - cx) / rx) ** 2) - ((y - cy) / ry) ** 2);
/** A skull with a nose, sockets of the eyes, cheeks and a chin. */
const egg: Shape = (x, y) => 0.9 * Math.sqrt(Math.max(0, 1 - (x / 1.35) ** 2 - ((y - 0.45) / 1.7) ** 2));
const features: Shape = (x, y) =>
  0.45 * bump(x, y, 0, 0.65, 0.25, 0.35) -
  0.16 * bump(x, y, 0.5, 0.02, 0.3, 0.18) -
  0.16 * bump(x, y, -0.5, 0.02, 0.3, 0.18) +
  0.12 * bump(x, y, 0, 1.6, 0.3, 0.2);
const head: Shape = (x, y) => egg(x, y) + features(x, y);

interface Turn {
  readonly yawDeg: number;
  /** Turns of what is around the face; 0: it stays. */
  readonly hairDeg: number;
  /** From where the light falls on the skin, in degrees from the camera; absent: the picture keeps its light. */
  readonly lightDeg?: number | undefined;
}

const REST: Turn = { yawDeg: 0, hairDeg: 0 };

function place(x: number, y: number, depth: number, yawDeg: number): { x: number; y: number; z: number } {
  const angle = (yawDeg * Math.PI) / 180;
  const z = depth + AXIS;
  return {
    x: CENTRE.x + EYE_PX * (x * Math.cos(angle) + z * Math.sin(angle)),
    y: CENTRE.y + EYE_PX * y,
    z: -EYE_PX * (z * Math.cos(angle) - x * Math.sin(angle) - AXIS),
  };
}

/** The mesh that a network lays over the face: a head, whatever the pixels are. */
function meshOf({ yawDeg }: Turn): Float32Array {
  const mesh = new Float32Array((3 * MEAN_FACE.length) / 2);
  for (let i = 0; i < MEAN_FACE.length / 2; i++) {
    const [x, y] = [MEAN_FACE[2 * i], MEAN_FACE[2 * i + 1]];
    const at = place(x, y, head(x, y), yawDeg);
    mesh.set([at.x, at.y, at.z], 3 * i);
  }
  return mesh;
}

const SPOTS = 256;
const spots = Float32Array.from({ length: SPOTS * SPOTS }, seededDraws(1));

/** Smooth spots of about this size in eye distances, 0..1. */
function spotted(x: number, y: number, size: number): number {
  const [u, v] = [x / size + SPOTS / 2, y / size + SPOTS / 2];
  const [i, j] = [Math.floor(u), Math.floor(v)];
  const [a, b] = [u - i, v - j];
  const at = SPOTS * j + i;
  const upper = spots[at] + a * (spots[at + 1] - spots[at]);
  return upper + b * (spots[at + SPOTS] + a * (spots[at + SPOTS + 1] - spots[at + SPOTS]) - upper);
}

/** Skin or hair: the same at the same place of the surface. */
const tone = (x: number, y: number) => 60 + 70 * spotted(x, y, 0.16) + 60 * spotted(x, y, 0.08);

/** Lambert's cosine law, with as much light from all sides: what a turned place of a surface gets, from 0.5 to 1. */
function lit(pixels: Shape, x: number, y: number, yawDeg: number, lightDeg: number): number {
  const step = 0.05;
  const slopeX = (pixels(x + step, y) - pixels(x - step, y)) / (2 * step);
  const slopeY = (pixels(x, y + step) - pixels(x, y - step)) / (2 * step);
  const angle = ((lightDeg - yawDeg) * Math.PI) / 180;
  const cosine = (Math.cos(angle) - slopeX * Math.sin(angle)) / Math.hypot(slopeX, slopeY, 1);
  return 0.5 + 0.5 * Math.max(0, cosine);
}

function picture(pixels: Shape, { yawDeg, hairDeg, lightDeg }: Turn): RgbImage {
  const data = new Uint8Array(3 * WIDTH * HEIGHT);
  const paint = (x: number, y: number, depth: number, turnDeg: number, light = 1) => {
    const at = place(x, y, depth, turnDeg);
    const [column, row] = [Math.floor(at.x), Math.floor(at.y)];
    if (column >= 0 && row >= 0 && column < WIDTH && row < HEIGHT)
      data.fill(light * tone(x, y), 3 * (row * WIDTH + column), 3 * (row * WIDTH + column) + 3);
  };
  const step = 1 / EYE_PX / 2;
  for (let y = -2.1; y < 2.6; y += step) for (let x = -2.6; x < 2.6; x += step) paint(x, y, 0, hairDeg);
  for (let y = -1; y < 2; y += step) {
    // From the middle outwards: near points are painted over what they hide.
    for (let x = 1.3; x >= 0; x -= step) {
      for (const side of [x, -x])
        if ((side / 1.25) ** 2 + ((y - 0.47) / 1.45) ** 2 < 1)
          paint(
            side,
            y,
            pixels(side, y),
            yawDeg,
            lightDeg === undefined ? 1 : lit(pixels, side, y, yawDeg, lightDeg),
          );
    }
  }
  return { data, width: WIDTH, height: HEIGHT };
}

function measured(pixels: Shape, turn: Turn) {
  const meter = new ReliefMeter();
  const rest = meter.texture(picture(pixels, { ...REST, lightDeg: turn.lightDeg }), meshOf(REST));
  const [shown] = meter.measure(picture(pixels, turn), meshOf(turn), [rest], 'turn');
  if (shown === undefined) throw new Error('Nothing was found again.');
  return { ...shown, relief: shown.product / shown.square };
}

describe('the relief that pixels confirm', () => {
  it.each([15, -18])('is all of it for a head that turns by %s°, and its hair goes along', (yawDeg) => {
    const { relief, keptShare, hairFlow } = measured(head, { yawDeg, hairDeg: yawDeg });
    expect(relief).toBeGreaterThan(0.8);
    expect(relief).toBeLessThan(1.2);
    expect(keptShare).toBeGreaterThan(0.5);
    expect(hairFlow).toBeGreaterThan(0.4);
  });

  it.each([15, -18])('is next to none of it for a picture bent as an egg and turned by %s°', (yawDeg) => {
    const { relief, hairFlow } = measured(egg, { yawDeg, hairDeg: 0 });
    expect(Math.abs(relief)).toBeLessThan(0.3);
    expect(Math.abs(hairFlow ?? 0)).toBeLessThan(0.05);
  });

  it.each([15, -18])('is next to none of it for a plane turned by %s°', (yawDeg) => {
    expect(Math.abs(measured(() => 0.6, { yawDeg, hairDeg: yawDeg }).relief)).toBeLessThan(0.3);
  });

  it('is the share that there is of it', () => {
    const half: Shape = (x, y) => egg(x, y) + 0.5 * features(x, y);
    const { relief } = measured(half, { yawDeg: 15, hairDeg: 15 });
    expect(relief).toBeGreaterThan(0.35);
    expect(relief).toBeLessThan(0.7);
  });

  it.each([
    [15, 30],
    [-18, 0],
  ])('is lit otherwise when it turns by %s° in a room, light from %s°', (yawDeg, lightDeg) => {
    const { minShading } = policyFor('standard').relief;
    expect(measured(head, { yawDeg, hairDeg: yawDeg, lightDeg }).shading).toBeGreaterThan(2 * minShading);
  });

  it('keeps its light when a picture is warped as a head', () => {
    const { shading } = measured(head, { yawDeg: 15, hairDeg: 15 });
    expect(shading).toBeLessThan(0.75 * policyFor('standard').relief.minShading);
  });

  it('is not told where the skin has no texture, or where the picture ends', () => {
    const meter = new ReliefMeter();
    const plain = { data: new Uint8Array(3 * WIDTH * HEIGHT).fill(120), width: WIDTH, height: HEIGHT };
    const rest = meter.texture(plain, meshOf(REST));
    const turned = meshOf({ yawDeg: 15, hairDeg: 0 });
    expect(meter.measure(plain, turned, [rest], 'turn')).toEqual([]);
    const outside = turned.map((value, i) => (i % 3 === 0 ? value + 1_000 : value));
    expect(meter.measure(plain, outside, [rest], 'turn')).toEqual([]);
    const seen = meter.texture(picture(head, REST), meshOf(REST));
    expect(meter.measure(picture(head, REST), outside, [seen], 'turn')).toEqual([]);
  });
});
