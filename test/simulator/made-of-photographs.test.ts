import { beforeAll, describe, expect, it } from 'vitest';
import type { ChallengeKind } from '../../protocol/status.ts';
import { headPose } from '../../server/vision/pose.ts';
import { rotationOf } from '../../simulator/drawing/rotation.ts';
import {
  DepthHead,
  DRIFT_MS,
  Drift,
  eggStills,
  morphPortrait,
  photographStills,
  preparePortrait,
  RigidMask,
  SAMPLE_PORTRAITS,
  stillPhoto,
  Stills,
  type Portrait,
  type ShownStatus,
} from '../../simulator/index.ts';
import { createLooker, instants, nosePlace, similarity, type Looker } from './looker.ts';

let looker: Looker;
let portrait: Portrait;
let stranger: Portrait;

beforeAll(async () => {
  looker = await createLooker();
  portrait = await preparePortrait(SAMPLE_PORTRAITS.first);
  stranger = await preparePortrait(SAMPLE_PORTRAITS.third);
});

const asking = (kind: ChallengeKind): ShownStatus => ({
  phase: 'challenging',
  progress: 0,
  challenge: { kind, number: 1, of: 2, remainingMs: 4_000, skippable: false },
});

describe('still pictures at a low rate', () => {
  it('show the end of a turn at once, and nothing between', async () => {
    const stills = new Stills(await eggStills(portrait, 1), 1, 250);
    stills.onStatus(asking('turn-left'), 0);
    const seen = await looker.look(stills, instants(0, 2_000, 9));
    const yawDeg = seen.map(({ pose }) => pose.yawDeg);
    const rest = yawDeg[0];
    expect(Math.max(...yawDeg)).toBeGreaterThan(rest + 15);
    const between = yawDeg.filter((yaw) => yaw > rest + 5 && yaw < Math.max(...yawDeg) - 10);
    expect(between).toEqual([]);
    expect(Math.abs(yawDeg[8] - rest)).toBeLessThan(5);
  });

  it('of several photographs answer with the one that differs farthest, and with none for a blink', () => {
    const turned: Portrait = { ...portrait, image: stranger.image, landmarks: portrait.landmarks.slice() };
    // Further to the side to which it looks already.
    const yawDeg = 40 * Math.sign(headPose(portrait.landmarks).yawDeg);
    const [a, , c, , , , g, , i] = rotationOf({ yawDeg, pitchDeg: 0, rollDeg: 0 });
    for (let at = 0; at < turned.landmarks.length; at += 3) {
      const [x, z] = [portrait.landmarks[at] - 320, portrait.landmarks[at + 2]];
      turned.landmarks[at] = 320 + a * x + c * z;
      turned.landmarks[at + 2] = g * x + i * z;
    }
    const { rest, ends } = photographStills([turned, portrait]);
    // A failed comparison of whole pictures would be printed byte by byte.
    expect(rest === portrait.image).toBe(true);
    const answers = [ends['turn-left'], ends['turn-right']].filter((image) => image !== undefined);
    expect(answers.map((image) => image === turned.image)).toEqual([true]);
    expect(ends.blink).toBeUndefined();
    expect(ends['come-closer']).toBeDefined();
  });
});

describe('a face that drifts', () => {
  it('is half of each in the middle, and the other one from then on', async () => {
    const shares = [0, 0.5, 1];
    const faces = shares.map((share) => stillPhoto(morphPortrait(portrait, stranger, share), 3));
    const drift = new Drift(faces, 400);
    expect(drift.arrivesMs).toBeNull();
    drift.onStatus(asking('blink'), 1_000);
    expect(drift.arrivesMs).toBe(1_400 + DRIFT_MS);
    const times = [0, 1_400 + DRIFT_MS / 2, 1_400 + DRIFT_MS + 1, 9_000];
    const [before, half, after, later] = await looker.look(drift, times, true);
    expect(similarity(before, after)).toBeLessThan(0.5);
    expect(similarity(after, later)).toBeGreaterThan(0.9);
    expect(similarity(before, half)).toBeGreaterThan(similarity(before, after));
    expect(similarity(after, half)).toBeGreaterThan(similarity(before, after));
  });
});

describe('a head with a mesh’s depth over one photo', () => {
  it('turns as asked, its nose against its cheeks, stays the same person, and is lit anew', async () => {
    const head = new DepthHead(portrait, 4);
    head.onStatus(asking('turn-right'), 0);
    const seen = await looker.look(head, instants(0, 1_400, 8), true);
    const [rest] = seen;
    const farthest = seen.reduce((far, one) => (one.pose.yawDeg < far.pose.yawDeg ? one : far));
    expect(farthest.pose.yawDeg).toBeLessThan(rest.pose.yawDeg - 20);
    expect(Math.abs(nosePlace(farthest) - nosePlace(rest))).toBeGreaterThan(0.2);
    expect(similarity(rest, farthest)).toBeGreaterThan(0.65);
    expect(Math.abs(farthest.quality.brightness - rest.quality.brightness)).toBeGreaterThan(1);
  });
});

describe('a rigid mask', () => {
  it('shows the victim; its wearer blinks through the holes, but its mouth does not open', async () => {
    const blinking = new RigidMask(portrait, stranger, 5);
    blinking.onStatus(asking('blink'), 0);
    const seen = await looker.look(blinking, instants(300, 1_100, 25));
    const [face] = await looker.look(blinking, [0], true);
    const victim = (await looker.look(stillPhoto(portrait, 6), [0], true))[0];
    const wearer = (await looker.look(stillPhoto(stranger, 6), [0], true))[0];
    expect(similarity(face, victim)).toBeGreaterThan(similarity(face, wearer));
    const openness = seen.map(({ eyes }) => eyes.imageLeft);
    expect(Math.min(...openness)).toBeLessThan(0.85 * openness[0]);

    const talking = new RigidMask(portrait, stranger, 5);
    talking.onStatus(asking('open-mouth'), 0);
    const chin = ({ landmarks }: (typeof seen)[number]) => landmarks[3 * 152 + 1] - landmarks[3 * 4 + 1];
    const chins = (await looker.look(talking, instants(0, 1_300, 14))).map(chin);
    expect(Math.max(...chins)).toBeLessThan(1.12 * chins[0]);
  });
});
