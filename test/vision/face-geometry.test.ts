import { beforeAll, describe, expect, it } from 'vitest';
import type { Pose } from '../../server/vision/analysis.ts';
import { FrameAnalyzerCore } from '../../server/vision/analyze.ts';
import { measureMouth } from '../../server/vision/mouth.ts';
import { movementResiduals } from '../../server/vision/movement.ts';
import { neutralPose, poseFrom } from '../../server/vision/neutral-pose.ts';
import { headPose } from '../../server/vision/pose.ts';
import { meanColourIn, skinColours } from '../../server/vision/skin.ts';
import { preparePortrait, SAMPLE_PORTRAITS, type Portrait } from '../../simulator/index.ts';
import { HEAD_AT_REST, type HeadState } from '../../simulator/acting/head-state.ts';
import { FlatHead } from '../../simulator/flat-puppet/flat-head.ts';
import { compose, inverse, rotationOf, type Rotation } from '../../simulator/drawing/rotation.ts';
import { seededDraws } from '../../simulator/seeded.ts';
import { loadRunner, NOTHING_MORE } from './support.ts';

let core: FrameAnalyzerCore;
let portrait: Portrait;
let head: FlatHead;
/** The portrait's mesh about its centre, turned to look into the camera: a known face in space. */
let face: Float32Array;

beforeAll(async () => {
  core = new FrameAnalyzerCore(await loadRunner());
  portrait = await preparePortrait(SAMPLE_PORTRAITS.first);
  head = new FlatHead(portrait);
  face = moved(centred(portrait.landmarks), inverse(rotationOf(headPose(portrait.landmarks))));
});

const pose = (yawDeg: number, pitchDeg = 0, rollDeg = 0): Pose => ({ yawDeg, pitchDeg, rollDeg });

function centred(landmarks: Float32Array): Float32Array {
  const middle = [0, 1, 2].map(
    (axis) =>
      landmarks.reduce((sum, value, i) => sum + (i % 3 === axis ? value : 0), 0) / (landmarks.length / 3),
  );
  return landmarks.map((value, i) => value - middle[i % 3]);
}

/** Turns every point, then projects it for a camera at `cameraPx`. Infinity: a view from afar. */
function moved(points: Float32Array, rotation: Rotation, cameraPx = Infinity): Float32Array {
  const out = new Float32Array(points.length);
  for (let i = 0; i < points.length; i += 3) {
    const [x, y, z] = [0, 3, 6].map(
      (row) =>
        rotation[row] * points[i] + rotation[row + 1] * points[i + 1] + rotation[row + 2] * points[i + 2],
    );
    const scale = cameraPx === Infinity ? 1 : cameraPx / (cameraPx + z);
    out.set([x * scale + 320, y * scale + 240, z], i);
  }
  return out;
}

/** The same face, printed on paper. */
const flat = (points: Float32Array) => points.map((value, i) => (i % 3 === 2 ? 0 : value));

function withNoise(points: Float32Array, deviationPx: number, seed: number): Float32Array {
  const draw = seededDraws(seed);
  const noise = () => (draw() + draw() + draw() - 1.5) * 2 * deviationPx;
  return points.map((value, i) => (i % 3 === 2 ? value : value + noise()));
}

async function seen(state: Partial<HeadState>) {
  const { width, height } = portrait.image;
  const canvas = { data: Buffer.alloc(3 * width * height), width, height };
  head.draw({ ...HEAD_AT_REST, ...state }, canvas);
  const analysis = await core.analyze(canvas, null, NOTHING_MORE);
  if (!analysis.face.found) throw new Error('No face was found.');
  return { ...analysis.face.value, canvas };
}

describe('head pose', () => {
  it.each([
    pose(0),
    pose(30),
    pose(-42),
    pose(0, 20),
    pose(0, -15),
    pose(0, 0, 35),
    pose(20, -10, 15),
    pose(-25, 12, -30),
  ])('returns the angles by which a known face in space was turned: %o', (turn) => {
    const { yawDeg, pitchDeg, rollDeg } = headPose(moved(face, rotationOf(turn)));
    expect(yawDeg).toBeCloseTo(turn.yawDeg, 2);
    expect(pitchDeg).toBeCloseTo(turn.pitchDeg, 2);
    expect(rollDeg).toBeCloseTo(turn.rollDeg, 2);
  });

  it.each([
    ['yawDeg', -20],
    ['yawDeg', -10],
    ['yawDeg', 10],
    ['yawDeg', 20],
    ['pitchDeg', -10],
    ['pitchDeg', 10],
    ['rollDeg', -20],
    ['rollDeg', 20],
  ] as const)('of a drawn head turned by %s %d is measured to within a third of the turn and 2°', async (angle, degrees) => {
    const rest = await seen({});
    const turned = await seen({ [angle]: degrees });
    const turn = poseFrom(rest.pose, turned.pose);
    expect(Math.abs(turn[angle] - degrees)).toBeLessThan(Math.abs(degrees) / 3 + 2);
    for (const other of ['yawDeg', 'pitchDeg', 'rollDeg'] as const) {
      if (other !== angle) expect(Math.abs(turn[other])).toBeLessThan(6);
    }
  });
});

describe('neutral pose', () => {
  it('is the median of each angle, which a short look aside does not change', () => {
    const poses = [pose(1, -9, 2), pose(2, -11, 1), pose(40, 5, -20), pose(0, -10, 0)];
    expect(neutralPose(poses)).toEqual(pose(1.5, -9.5, 0.5));
    expect(neutralPose([pose(3, 4, 5)])).toEqual(pose(3, 4, 5));
    expect(neutralPose([])).toBeNull();
  });

  it('returns the turn of a head that was not straight before', () => {
    const neutral = pose(4, -12, 6);
    for (const turn of [pose(25), pose(-30), pose(0, 15), pose(10, -8, 12)]) {
      const turned = headPose(moved(face, compose(rotationOf(neutral), rotationOf(turn))));
      const found = poseFrom(neutral, turned);
      expect(found.yawDeg).toBeCloseTo(turn.yawDeg, 2);
      expect(found.pitchDeg).toBeCloseTo(turn.pitchDeg, 2);
      expect(found.rollDeg).toBeCloseTo(turn.rollDeg, 2);
    }
  });
});

describe('mouth', () => {
  it('of a drawn head has one number for opening and one for smiling, and stays closed in a turn', async () => {
    const [rest, open, smiling, turned] = [
      await seen({}),
      await seen({ openMouth: 1 }),
      await seen({ smile: 1 }),
      await seen({ yawDeg: 20 }),
    ].map(({ landmarks }) => measureMouth(landmarks));
    expect(open.opening).toBeGreaterThan(rest.opening + 0.2);
    expect(smiling.width).toBeGreaterThan(rest.width * 1.06);
    expect(smiling.cornerLift).toBeGreaterThan(rest.cornerLift + 0.01);
    expect(smiling.opening).toBeLessThan(rest.opening + 0.15);
    expect(turned.opening).toBeLessThan(rest.opening + 0.1);
  });

  it('does not change when the same face is seen from another place', () => {
    const straight = measureMouth(face);
    const turned = measureMouth(moved(face, rotationOf(pose(30, -12, 20))));
    for (const key of ['opening', 'width', 'cornerLift'] as const)
      expect(turned[key]).toBeCloseTo(straight[key], 4);
  });

  it('is all 0 for a mesh without extent', () => {
    expect(measureMouth(new Float32Array(1404))).toEqual({ opening: 0, width: 0, cornerLift: 0 });
  });
});

describe('movement between two frames', () => {
  it('of a photograph turned in space is that of a plane, and not a similarity', () => {
    const photo = flat(face);
    const residuals = movementResiduals(
      moved(photo, rotationOf(pose(0)), 600),
      moved(photo, rotationOf(pose(30, 10, 5)), 600),
    );
    expect(residuals?.plane).toBeLessThan(1e-4);
    expect(residuals?.similarity).toBeGreaterThan(0.05);
  });

  it('of a head turned in space is that of a rigid body, and not that of a plane', () => {
    const residuals = movementResiduals(
      moved(face, rotationOf(pose(0)), 2_000),
      moved(face, rotationOf(pose(20)), 2_000),
    );
    expect(residuals?.plane).toBeGreaterThan(0.03);
    expect(residuals?.rigid).toBeLessThan((residuals?.plane ?? 0) / 4);
  });

  it('within the picture is a similarity', () => {
    const before = moved(face, rotationOf(pose(10)));
    const after = moved(face, compose(rotationOf(pose(0, 0, 25)), rotationOf(pose(10)))).map((v) => v * 1.3);
    const residuals = movementResiduals(before, after);
    for (const residual of Object.values(residuals ?? {})) expect(residual).toBeLessThan(1e-4);
    expect(residuals).not.toBeNull();
  });

  it('of a face that opens its mouth is not that of a rigid body, by more than noise', async () => {
    const rest = (await seen({})).landmarks;
    const open = (await seen({ openMouth: 1 })).landmarks;
    const play = movementResiduals(rest, open)?.rigid ?? 0;
    const noise = movementResiduals(rest, withNoise(rest, 0.3, 4))?.rigid ?? 1;
    expect(noise).toBeLessThan(0.02);
    expect(play).toBeGreaterThan(2 * noise);
  });

  it('is unknown for a mesh without extent', () => {
    expect(movementResiduals(new Float32Array(1404), face)).toBeNull();
    expect(movementResiduals(face, new Float32Array(1404))).toBeNull();
  });
});

describe('skin regions', () => {
  it('give the mean colour inside a polygon, without what is outside', () => {
    const [width, height] = [60, 40];
    const data = new Uint8Array(3 * width * height).fill(250);
    for (let y = 10; y < 30; y++)
      for (let x = 20; x < 50; x++) data.set([80, 60, x < 35 ? 0 : 40], (y * width + x) * 3);
    const box = [
      { x: 20, y: 10 },
      { x: 50, y: 10 },
      { x: 50, y: 30 },
      { x: 20, y: 30 },
    ];
    expect(meanColourIn({ data, width, height }, box)).toEqual({ red: 80, green: 60, blue: 20, pixels: 600 });
    const triangle = [box[0], box[1], box[3]];
    const colour = meanColourIn({ data, width, height }, triangle);
    expect(colour?.red).toBe(80);
    expect(colour?.blue).toBeGreaterThan(5);
    expect(colour?.blue).toBeLessThan(15);
    const mostlyOutside = box.map(({ x, y }) => ({ x: x + 28, y }));
    expect(meanColourIn({ data, width, height }, mostlyOutside)).toBeNull();
  });

  it('follow the light on a face in each channel, and not the light on the background', async () => {
    const { landmarks, canvas } = await seen({ yawDeg: 8 });
    const before = skinColours(canvas, landmarks);
    expect(Object.keys(before).toSorted()).toEqual(['cheekLeft', 'cheekRight', 'forehead']);
    const lit = {
      ...canvas,
      data: canvas.data.map((value, i) => (i % 3 === 2 ? Math.min(255, value + 20) : value)),
    };
    for (const [region, colour] of Object.entries(skinColours(lit, landmarks))) {
      const was = before[region as keyof typeof before];
      expect(colour.red).toBe(was?.red);
      expect(colour.blue - (was?.blue ?? 0)).toBeCloseTo(20, 0);
      // Skin reflects more red than blue.
      expect(was?.red).toBeGreaterThan(was?.blue ?? 255);
    }
  });
});
