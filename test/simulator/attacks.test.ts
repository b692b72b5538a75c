import { setImmediate as turnOfTheLoop } from 'node:timers/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Status } from '../../protocol/downstream.ts';
import {
  createPerson,
  drawFrameBank,
  fixedOrder,
  preparePortrait,
  presentBank,
  presentTo,
  record,
  replay,
  SAMPLE_PORTRAITS,
  stillPhoto,
  swapHalfway,
  wavedPhoto,
  type FrameSink,
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

const asking = (kind: 'blink' | 'turn-left' | 'turn-right', number = 1): ShownStatus => ({
  phase: 'challenging',
  progress: 0,
  challenge: { kind, number, of: 2, remainingMs: 4_000, skippable: false },
});

const spread = (values: readonly number[]) => Math.max(...values) - Math.min(...values);

const sinkOf = (events: FrameSink['events'], taken: Uint8Array[]): FrameSink => ({
  events,
  sendFrame(picture, capturedAtMs) {
    if (taken.length === 3 || capturedAtMs <= 0) return false;
    taken.push(picture);
    return true;
  },
});

describe('the presentation attacks', () => {
  it('a still photo neither blinks nor turns; only noise moves', async () => {
    const photo = stillPhoto(portrait, 1);
    const seen = await looker.look(photo, instants(0, 2_000, 24));
    expect(spread(seen.map(({ pose }) => pose.yawDeg))).toBeLessThan(3);
    expect(spread(seen.map(({ eyes }) => eyes.imageLeft))).toBeLessThan(0.05);
    const [one, other] = await Promise.all([photo.frameAt(0), photo.frameAt(40)]);
    expect(one.equals(other)).toBe(false);
  });

  it('a waved photo moves and turns when asked, but as a plane, and never blinks', async () => {
    const photo = wavedPhoto(portrait, 2);
    photo.onStatus?.(asking('turn-left'), 0);
    photo.onStatus?.(asking('turn-right', 2), 2_000);
    const seen = await looker.look(photo, instants(0, 4_000, 30));
    const noseX = seen.map(({ landmarks }) => landmarks[4 * 3]);
    expect(spread(noseX)).toBeGreaterThan(20);
    expect(spread(seen.map(nosePlace))).toBeLessThan(0.3);
    const openness = seen.map(({ eyes }) => eyes.imageLeft);
    expect(Math.min(...openness)).toBeGreaterThan(0.72 * openness.toSorted((a, b) => a - b)[15]);
  });

  it('a replay shows the same bytes again and hears nothing', async () => {
    const person = await createPerson({ portrait, seed: 3 });
    const frames = await record(person, { fromMs: 0, toMs: 400, fps: 25 });
    expect(frames).toHaveLength(10);
    const attack = replay(frames, 10_000);
    expect(attack).not.toHaveProperty('onStatus');
    for (const [i, { jpeg }] of frames.entries()) {
      expect((await attack.frameAt(10_000 + i * 40)).equals(jpeg)).toBe(true);
      expect((await attack.frameAt(10_400 + i * 40 + 5)).equals(jpeg)).toBe(true);
    }
  });

  it('a fixed order turns the way it was recorded, whatever is asked', async () => {
    const attack = fixedOrder(await createPerson({ portrait, seed: 4 }), ['turn-left', 'turn-right'], 0);
    expect(attack).not.toHaveProperty('onStatus');
    const yawDeg = (await looker.look(attack, instants(0, 4_800, 49))).map(({ pose }) => pose.yawDeg);
    expect(yawDeg.indexOf(Math.max(...yawDeg))).toBeLessThan(yawDeg.indexOf(Math.min(...yawDeg)));
    expect(spread(yawDeg)).toBeGreaterThan(50);
  });

  it('a swap shows one person before and another one after', async () => {
    const before = await createPerson({ portrait, seed: 5 });
    const after = await createPerson({ portrait: stranger, seed: 6 });
    const seen = await looker.look(swapHalfway(before, after, 1_000), [0, 980, 1_000, 2_000], true);
    expect(similarity(seen[0], seen[1])).toBeGreaterThan(0.9);
    expect(similarity(seen[2], seen[3])).toBeGreaterThan(0.9);
    expect(similarity(seen[1], seen[2])).toBeLessThan(0.5);
  });
});

describe('a bank of frames', () => {
  it('answers a challenge with the clip that was drawn for it', async () => {
    const presenter = presentBank(await drawFrameBank(portrait, 7, 10), 8);
    presenter.onStatus?.(asking('turn-right'), 5_000);
    const seen = await looker.look(presenter, instants(5_000, 8_000, 31));
    const yawDeg = seen.map(({ pose }) => pose.yawDeg);
    expect(Math.min(...yawDeg)).toBeLessThan(-25);
    expect(Math.abs(yawDeg[30])).toBeLessThan(10);
  });
});

describe('presentTo', () => {
  it('streams until the session ends, and lets the presenter hear the statuses', async () => {
    const heard: string[] = [];
    const taken: Uint8Array[] = [];
    async function* events(): AsyncGenerator<Status> {
      while (taken.length < 3) await turnOfTheLoop();
      yield { type: 'status', ...asking('blink') };
    }
    const photo = stillPhoto(portrait, 9);
    const presenter = { ...photo, onStatus: ({ phase }: ShownStatus) => heard.push(phase) };
    const counts = await presentTo(sinkOf(events(), taken), presenter, { fps: 200 });
    expect(counts.taken).toBe(3);
    expect(counts.offered).toBeGreaterThanOrEqual(3);
    expect(heard).toEqual(['challenging']);
  });

  it('rejects with the error that ended the session', async () => {
    const taken: Uint8Array[] = [];
    async function* events(): AsyncGenerator<Status> {
      while (taken.length < 1) await turnOfTheLoop();
      yield { type: 'status', ...asking('blink') };
      throw new Error('connection lost');
    }
    const presenting = presentTo(sinkOf(events(), taken), stillPhoto(portrait, 10), { fps: 200 });
    await expect(presenting).rejects.toThrow('connection lost');
  });
});
