import sharp from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  createFlatPuppet,
  preparePortrait,
  SAMPLE_PORTRAITS,
  type Performance,
  type Portrait,
} from '../../simulator/index.ts';
import { createLooker, instants, nosePlace, similarity, type Looker, type SeenFace } from './looker.ts';

/** The thresholds of the server's starting rules: what a puppet must reach to be a subject. */
const TURNED_DEG = 25;
const CLOSED_RATIO = 0.72;
const SAME_PERSON = 0.65;

let looker: Looker;
let portraits: Record<keyof typeof SAMPLE_PORTRAITS, Portrait>;
let portrait: Portrait;

beforeAll(async () => {
  looker = await createLooker();
  const [first, second, third] = await Promise.all(
    Object.values(SAMPLE_PORTRAITS).map((p) => preparePortrait(p)),
  );
  portraits = { first, second, third };
  portrait = first;
});

const puppetOf = (seed: number, of = portrait) =>
  createFlatPuppet({ portrait: of, seed, blinksByItself: false });

describe.each(['first', 'second', 'third'] as const)('a puppet of the %s sample portrait', (name) => {
  it.each([
    ['turn-left', 1],
    ['turn-right', -1],
  ] as const)('does a %s by 25° and more to the right side, and comes back', async (kind, sign) => {
    const puppet = await puppetOf(11, portraits[name]);
    const turn = puppet.perform(kind, 1_000);
    const [before, peak, after] = await looker.look(puppet, [turn.startMs, peakOf(turn), turn.endMs]);
    expect(Math.abs(before.pose.yawDeg)).toBeLessThan(10);
    expect(sign * peak.pose.yawDeg).toBeGreaterThan(TURNED_DEG);
    expect(Math.abs(after.pose.yawDeg)).toBeLessThan(10);
  });

  it('closes both eyes for 50 to 500 ms in a blink at 30 frames a second, and opens them again', async () => {
    const puppet = await puppetOf(12, portraits[name]);
    const { startMs, endMs } = puppet.perform('blink', 1_000);
    const frames = Math.ceil((endMs - startMs + 400) / (1000 / 30));
    const fromMs = startMs - 200;
    const seen = await looker.look(
      puppet,
      Array.from({ length: frames }, (_, i) => fromMs + (i * 1000) / 30),
    );
    for (const eye of ['imageLeft', 'imageRight'] as const) {
      const open = seen[0].eyes[eye];
      const closed = seen.filter(({ eyes }) => eyes[eye] < CLOSED_RATIO * open);
      const closedMs = (closed.length * 1000) / 30;
      expect(closedMs).toBeGreaterThanOrEqual(50);
      expect(closedMs).toBeLessThanOrEqual(500);
      expect(seen[frames - 1].eyes[eye]).toBeGreaterThan(0.9 * open);
    }
  });
});

describe('a puppet', () => {
  it('stays the same person whatever it does', async () => {
    const puppet = await puppetOf(13);
    const turn = puppet.perform('turn-left', 0);
    const blink = puppet.perform('blink', turn.endMs);
    const smile = puppet.perform('smile', blink.endMs);
    const [neutral, turned, back, blinking, smiling] = await looker.look(
      puppet,
      [0, peakOf(turn), turn.endMs, peakOf(blink), peakOf(smile)],
      true,
    );
    expect(similarity(neutral, back)).toBeGreaterThan(0.95);
    expect(similarity(neutral, blinking)).toBeGreaterThan(0.85);
    expect(similarity(neutral, smiling)).toBeGreaterThan(0.75);
    expect(similarity(neutral, turned)).toBeGreaterThan(SAME_PERSON);
  });

  it('looks up and down, opens its mouth and comes closer', async () => {
    const puppet = await puppetOf(14);
    const peaks: number[] = [];
    let atMs = 0;
    for (const action of ['look-up', 'look-down', 'open-mouth', 'come-closer'] as const) {
      const performance = puppet.perform(action, atMs);
      peaks.push(peakOf(performance));
      atMs = performance.endMs;
    }
    const [neutral, up, down, open, close] = await looker.look(puppet, [0, ...peaks]);
    expect(up.pose.pitchDeg).toBeLessThan(neutral.pose.pitchDeg - 10);
    expect(down.pose.pitchDeg).toBeGreaterThan(neutral.pose.pitchDeg + 10);
    expect(lipGap(open)).toBeGreaterThan(lipGap(neutral) + 0.15);
    expect(close.quality.interEyePx).toBeGreaterThan(1.15 * neutral.quality.interEyePx);
  });

  it('moves its nose against its cheeks when it turns, as only a head in space does', async () => {
    const puppet = await puppetOf(15);
    const left = puppet.perform('turn-left', 0);
    const right = puppet.perform('turn-right', left.endMs);
    const places = (await looker.look(puppet, instants(left.startMs, right.endMs, 14))).map(nosePlace);
    expect(Math.max(...places) - Math.min(...places)).toBeGreaterThan(0.4);
  });

  it('blinks by itself, at irregular times', async () => {
    const puppet = await createFlatPuppet({ portrait, seed: 16 });
    const seen = await looker.look(puppet, instants(0, 6_000, 90));
    const open = seen.map(({ eyes }) => eyes.imageLeft).toSorted((a, b) => b - a)[45];
    expect(seen.some(({ eyes }) => eyes.imageLeft < CLOSED_RATIO * open)).toBe(true);
  });

  it('never shows the same picture twice, and the same seed shows the same bytes', async () => {
    const [one, same, other] = await Promise.all([puppetOf(17), puppetOf(17), puppetOf(18)]);
    const shown = new Set<string>();
    for (const atMs of instants(0, 300, 10)) {
      const frame = await one.frameAt(atMs);
      shown.add(frame.toString('base64'));
      expect(frame.equals(await same.frameAt(atMs))).toBe(true);
      expect(frame.equals(await other.frameAt(atMs))).toBe(false);
    }
    expect(shown.size).toBe(10);
  });

  it('begins after a human reaction time and does one thing after the other', async () => {
    const puppet = await puppetOf(19);
    const first = puppet.perform('blink', 1_000);
    const second = puppet.perform('turn-left', 1_000);
    expect(first.startMs - 1_000).toBeGreaterThan(250);
    expect(first.startMs - 1_000).toBeLessThan(700);
    expect(second.startMs).toBeGreaterThanOrEqual(first.endMs);
  });

  it('answers a challenge once, and again when it stays unanswered', async () => {
    const puppet = await puppetOf(20);
    const challenge = { number: 1, of: 2, remainingMs: 5_000, skippable: false } as const;
    const show = (kind: 'turn-left' | 'turn-right', atMs: number) =>
      puppet.onStatus({ phase: 'challenging', progress: 0, challenge: { ...challenge, kind } }, atMs);
    for (let atMs = 0; atMs <= 2_500; atMs += 100) show('turn-left', atMs);
    const seen = await looker.look(puppet, instants(0, 2_500, 26));
    expect(risesAbove(seen.map(({ pose }) => pose.yawDeg))).toBe(1);
    for (let atMs = 2_600; atMs <= 5_500; atMs += 100) show('turn-left', atMs);
    expect(
      risesAbove((await looker.look(puppet, instants(2_500, 6_500, 41))).map(({ pose }) => pose.yawDeg)),
    ).toBe(1);
  });

  it('rejects a picture without a face', async () => {
    const wall = sharp({ create: { width: 64, height: 64, channels: 3, background: 'grey' } }).png();
    await expect(createFlatPuppet({ portrait: { image: await wall.toBuffer() }, seed: 1 })).rejects.toThrow(
      /no face/,
    );
  });
});

function peakOf({ startMs, riseMs, holdMs }: Performance): number {
  return startMs + riseMs + holdMs / 2;
}

/** Between the lips, over the distance between the eyes. */
function lipGap({ landmarks, quality }: SeenFace): number {
  return (landmarks[14 * 3 + 1] - landmarks[13 * 3 + 1]) / quality.interEyePx;
}

/** How often a curve climbs over 20°. */
function risesAbove(yawDeg: readonly number[]): number {
  return yawDeg.filter((value, i) => i > 0 && value > 20 && yawDeg[i - 1] <= 20).length;
}
