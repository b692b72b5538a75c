import { beforeAll, describe, expect, it } from 'vitest';
import { LANDMARK } from '../../server/vision/landmarks.ts';
import { HEAD_AT_REST, type HeadState } from '../../simulator/acting/head-state.ts';
import { Camera } from '../../simulator/drawing/camera.ts';
import {
  createPerson,
  PERSON_PORTRAITS,
  preparePortrait,
  WEBCAM_SIZE,
  type Performance,
  type Person,
  type Portrait,
} from '../../simulator/index.ts';
import { bodyOf } from '../../simulator/person/figure.ts';
import { PersonDrawing } from '../../simulator/person/person.ts';
import { createLooker, instants, nosePlace, similarity, type Looker, type SeenFace } from './looker.ts';

/** The server's own bar of a closed eye, as a share of its openness at rest. */
const CLOSED_RATIO = 0.72;

let looker: Looker;
let portrait: Portrait;
let another: Portrait;

beforeAll(async () => {
  looker = await createLooker();
  portrait = await preparePortrait(PERSON_PORTRAITS.first);
  another = await preparePortrait(PERSON_PORTRAITS.second);
});

interface Picture {
  readonly data: Buffer;
  readonly width: number;
  readonly height: number;
  readonly shows: (x: number, y: number) => boolean;
}

/** A person in one state, as drawn: without a camera's noise. */
function drawn(
  drawing: PersonDrawing,
  state: Partial<HeadState>,
  atMs = 1_000,
  screen?: Parameters<PersonDrawing['drawState']>[3],
): Picture {
  const { width, height } = WEBCAM_SIZE;
  const canvas = { data: Buffer.alloc(3 * width * height), width, height };
  drawing.drawState({ ...HEAD_AT_REST, ...state }, atMs, canvas, screen);
  const shown = new Uint8Array(width * height);
  for (let i = 0; i < shown.length; i++) shown[i] = drawing.covers(i % width, Math.floor(i / width)) ? 1 : 0;
  return { ...canvas, shows: (x, y) => shown[y * width + x] === 1 };
}

const seenIn = async (picture: Picture): Promise<SeenFace> => {
  const camera = new Camera(1);
  const [face] = await looker.look({ frameAt: (atMs) => camera.take(picture, atMs) }, [0]);
  return face;
};

/** Mean luminance of a square of 11 pixels about a landmark. */
function lightAt({ data, width }: Picture, { landmarks }: SeenFace, landmark: number): number {
  const [x, y] = [Math.round(landmarks[3 * landmark]), Math.round(landmarks[3 * landmark + 1])];
  let sum = 0;
  for (let row = y - 5; row <= y + 5; row++)
    for (let column = x - 5; column <= x + 5; column++) {
      const at = 3 * (row * width + column);
      sum += 0.2126 * data[at] + 0.7152 * data[at + 1] + 0.0722 * data[at + 2];
    }
  return sum / 121;
}

const cheekRatio = (picture: Picture, face: SeenFace) =>
  lightAt(picture, face, LANDMARK.cheekLeft) / lightAt(picture, face, LANDMARK.cheekRight);

describe('a head in three dimensions', () => {
  it('closes behind the face: a turned head shows a side that is skin and hair, not the room', () => {
    const drawing = new PersonDrawing(portrait, 1);
    const { landmarks } = portrait;
    const row = Math.round(landmarks[3 * LANDMARK.noseTip + 1]);
    for (const yawDeg of [-60, 60]) {
      const picture = drawn(drawing, { yawDeg });
      const columns = Array.from({ length: picture.width }, (_, x) => x).filter((x) => picture.shows(x, row));
      // Without a gap from edge to edge, and deeper than a face is broad: a face alone would be half as broad.
      expect(columns).toHaveLength((columns.at(-1) ?? 0) - columns[0] + 1);
      expect(columns.length).toBeGreaterThan(bodyOf(portrait).face.faceWidth);
    }
    const back = drawn(drawing, { yawDeg: 180 });
    expect(back.shows(320, row)).toBe(true);
  });

  it('hides what lies behind: the nose covers the far cheek at 40 degrees, and is covered by nothing', async () => {
    const drawing = new PersonDrawing(portrait, 1);
    const straight = await seenIn(drawn(drawing, {}));
    const turned = await seenIn(drawn(drawing, { yawDeg: 40 }));
    // Of a cheek that is covered, next to nothing is left beside the nose; a shell without depth keeps its share.
    const farShare = ({ landmarks }: SeenFace) => {
      const [nose, left, right] = [LANDMARK.noseTip, LANDMARK.cheekEdgeLeft, LANDMARK.cheekEdgeRight].map(
        (index) => landmarks[3 * index],
      );
      return Math.min(nose - left, right - nose) / (right - left);
    };
    expect(farShare(straight)).toBeGreaterThan(0.35);
    expect(farShare(turned)).toBeLessThan(0.15);
  });

  it('shades what turns away from a lamp at the side, and lights what turns toward it', async () => {
    const lampAtTheRight = new PersonDrawing(portrait, 1, 'calm', 50);
    const ratios: number[] = [];
    for (const yawDeg of [-25, 0, 25]) {
      const picture = drawn(lampAtTheRight, { yawDeg });
      ratios.push(cheekRatio(picture, await seenIn(picture)));
    }
    // A positive yaw turns the face to the image's right, toward the lamp: its image-left cheek gets more of it.
    expect(ratios[1]).toBeLessThan(0.95);
    expect(ratios[2]).toBeGreaterThan(ratios[1] + 0.03);
    expect(ratios[0]).toBeLessThan(ratios[1] - 0.03);
    const lampAtTheLeft = new PersonDrawing(portrait, 1, 'calm', -50);
    const mirrored = drawn(lampAtTheLeft, {});
    expect(cheekRatio(mirrored, await seenIn(mirrored))).toBeGreaterThan(1.05);
  });

  it('is relit from picture to picture: one pose in two instants differs by light, side by side', async () => {
    const drawing = new PersonDrawing(portrait, 1, 'calm', 40);
    const face = await seenIn(drawn(drawing, {}));
    const ratios = instants(0, 20_000, 12).map((atMs) => cheekRatio(drawn(drawing, {}, atMs), face));
    expect(Math.max(...ratios) - Math.min(...ratios)).toBeGreaterThan(0.01);
    const [one, next] = [0, 40].map((atMs) => drawn(drawing, {}, atMs));
    const [light, later] = [one, next].map((picture) => lightAt(picture, face, LANDMARK.foreheadMiddle));
    expect(later).not.toBe(light);
    // No camera stands between: the same instant gives the same picture.
    expect(drawn(drawing, {}, 40).data.equals(next.data)).toBe(true);
  });
});

describe.each(
  Object.keys(PERSON_PORTRAITS) as (keyof typeof PERSON_PORTRAITS)[],
)('the %s portrait', (name) => {
  it('turns as it is told, to the server’s own eyes, and shuts its own', async () => {
    const drawing = new PersonDrawing(await preparePortrait(PERSON_PORTRAITS[name]), 3);
    const rest = await seenIn(drawn(drawing, {}));
    expect(Math.abs(rest.pose.yawDeg)).toBeLessThan(10);
    for (const yawDeg of [-25, 25]) {
      const turned = await seenIn(drawn(drawing, { yawDeg }));
      const measuredDeg = turned.pose.yawDeg - rest.pose.yawDeg;
      expect(Math.sign(yawDeg) * measuredDeg).toBeGreaterThan(15);
      expect(Math.abs(measuredDeg - yawDeg)).toBeLessThan(12);
    }
    const shut = await seenIn(drawn(drawing, { blink: 0.94 }));
    const openness = ({ eyes }: SeenFace) => eyes.imageLeft + eyes.imageRight;
    expect(openness(shut)).toBeLessThan(CLOSED_RATIO * openness(rest));
  });
});

describe('a person', () => {
  const personOf = (seed: number): Promise<Person> =>
    createPerson({ portrait: another, seed, blinksByItself: false });

  it('stays the same person whatever it does', async () => {
    const person = await personOf(13);
    const turn = person.perform('turn-left', 0);
    const blink = person.perform('blink', turn.endMs);
    const smile = person.perform('smile', blink.endMs);
    const [neutral, turned, back, smiling] = await looker.look(
      person,
      [0, peakOf(turn), turn.endMs, peakOf(smile)],
      true,
    );
    expect(similarity(neutral, back)).toBeGreaterThan(0.95);
    expect(similarity(neutral, smiling)).toBeGreaterThan(0.75);
    expect(similarity(neutral, turned)).toBeGreaterThan(0.6);
    expect(nosePlace(turned)).not.toBeCloseTo(nosePlace(neutral), 1);
  });

  it('looks up and down, opens its mouth and comes closer', async () => {
    const person = await personOf(14);
    const peaks: number[] = [];
    let atMs = 0;
    for (const action of ['look-up', 'look-down', 'open-mouth', 'come-closer'] as const) {
      const performance = person.perform(action, atMs);
      peaks.push(peakOf(performance));
      atMs = performance.endMs;
    }
    const [neutral, up, down, open, close] = await looker.look(person, [0, ...peaks]);
    expect(up.pose.pitchDeg).toBeLessThan(neutral.pose.pitchDeg - 10);
    expect(down.pose.pitchDeg).toBeGreaterThan(neutral.pose.pitchDeg + 10);
    expect(lipGap(open)).toBeGreaterThan(lipGap(neutral) + 0.15);
    expect(close.quality.interEyePx).toBeGreaterThan(1.15 * neutral.quality.interEyePx);
  });

  it('shows the same bytes for the same seed at the same instant, and never the same picture twice', async () => {
    const [one, same, other] = await Promise.all([personOf(17), personOf(17), personOf(18)]);
    const shown = new Set<string>();
    for (const atMs of instants(0, 200, 5)) {
      const frame = await one.frameAt(atMs);
      shown.add(frame.toString('base64'));
      expect(frame.equals(await same.frameAt(atMs))).toBe(true);
      expect(frame.equals(await other.frameAt(atMs))).toBe(false);
    }
    expect(shown.size).toBe(5);
  });

  it('is lit by the screen before it, more than the room behind it is', async () => {
    const drawing = new PersonDrawing(another, 4);
    const plain = drawn(drawing, {});
    const lit = drawn(drawing, {}, 1_000, { screen: [0, 0, 0.3], balance: [1, 1, 1] });
    const face = await seenIn(plain);
    const gain = (channel: number, x: number, y: number) => {
      const at = 3 * (Math.round(y) * plain.width + Math.round(x)) + channel;
      return lit.data[at] / plain.data[at];
    };
    const [x, y] = [0, 1].map((axis) => face.landmarks[3 * LANDMARK.foreheadMiddle + axis]);
    expect(gain(2, x, y)).toBeGreaterThan(1.06);
    expect(gain(0, x, y)).toBeCloseTo(1, 1);
    expect(gain(2, 20, 20)).toBeLessThan(1 + (gain(2, x, y) - 1) / 2);
  });
});

function peakOf({ startMs, riseMs, holdMs }: Performance): number {
  return startMs + riseMs + holdMs / 2;
}

/** Between the lips, over the distance between the eyes. */
function lipGap({ landmarks, quality }: SeenFace): number {
  return (landmarks[14 * 3 + 1] - landmarks[13 * 3 + 1]) / quality.interEyePx;
}
