import { describe, expect, it } from 'vitest';
import { policyFor } from '../../server/policy/built-in.ts';
import { blinkEvidence, foldBlink, initialBlink, type BlinkState } from '../../server/evidence/blink.ts';
import { ALL_MODELS } from '../support/session-driver.ts';
import { analysisOf, seeded, type Look } from '../support/analysis-builder.ts';

const policy = policyFor('standard').blink;
const NOTHING_MORE = { embeddings: false, pad: false, countFaces: false };

/** Folds `seconds` of frames; `look` gives each by its time in milliseconds. */
function watch(
  look: (atMs: number) => Look,
  seconds: number,
  framesPerSecond: number,
  isDropped: (atMs: number) => boolean = () => false,
): BlinkState {
  const random = seeded(4);
  let state = initialBlink;
  for (let i = 0; i < seconds * framesPerSecond; i++) {
    const atMs = Math.round((i * 1000) / framesPerSecond);
    if (isDropped(atMs)) continue;
    const analysis = analysisOf(look(atMs), NOTHING_MORE, ALL_MODELS.models, random);
    state = foldBlink(state, { seq: i, atMs, capturedAtMs: atMs, analysis }, false, policy);
  }
  return state;
}

const lids =
  (fromMs: number, toMs: number, openness = 0.5) =>
  (atMs: number) =>
    atMs >= fromMs && atMs < toMs ? { openness } : {};

/** Lids that are seen on their way, down and up. */
const slowLids = (atMs: number): Look => {
  const closed = Math.max(0, Math.min(1, (atMs - 2_000) / 90, (2_300 - atMs) / 120));
  return { openness: 1 - 0.6 * closed };
};

describe('the course of a blink', () => {
  it.each([12, 15, 25, 30])('is seen at %s frames a second where the lids are seen on their way', (rate) => {
    const { count, seenCount, latest } = watch(slowLids, 4, rate);
    expect([count, seenCount, latest?.courseSeen]).toEqual([1, 1, true]);
  });

  it.each([15, 25, 30])('is not seen at %s frames a second in two stills, which are no evidence', (rate) => {
    const state = watch(lids(2_000, 2_150, 0.45), 4, rate);
    expect([state.count, state.seenCount, state.latest?.courseSeen]).toEqual([1, 0, false]);
    expect(blinkEvidence(state, policy)).toEqual({ measured: false, why: 'course-unseen' });
  });
});

describe('blink', () => {
  it.each([15, 25, 30])('is seen at %s frames a second', (framesPerSecond) => {
    const state = watch(lids(2_000, 2_150), 4, framesPerSecond);
    expect(state.count).toBe(1);
    expect(state.latest?.startMs).toBeGreaterThanOrEqual(2_000);
    expect(state.latest?.startMs).toBeLessThan(2_070);
  });

  it('counts each one', () => {
    expect(watch((atMs) => lids(800, 950)(atMs % 1_500), 9, 25).count).toBe(6);
  });

  it.each([
    ['lids that stay down for longer than half a second', lids(2_000, 2_700)],
    ['a dip that is too shallow', lids(2_000, 2_150, 0.8)],
    ['a dip in a single frame that noise could make', lids(2_000, 2_040, 0.66)],
    [
      'a dip with the head turned',
      (atMs: number) => ({ ...lids(2_000, 2_150)(atMs), yawDeg: atMs > 1_500 ? 30 : 0 }),
    ],
    [
      'a dip while the head nods',
      (atMs: number) => ({ ...lids(2_000, 2_150)(atMs), pitchDeg: atMs > 1_950 && atMs < 2_200 ? 22 : 0 }),
    ],
    ['a dip before there is anything to compare it with', lids(80, 200)],
    [
      'a face that is lost with its lids down',
      (atMs: number) => (atMs >= 2_100 && atMs < 2_200 ? { found: false } : lids(2_000, 2_300)(atMs)),
    ],
    ['noise alone', () => ({ sway: 2 })],
  ] as const)('is not %s', (_, look) => {
    expect(watch(look, 4, 25).count).toBe(0);
  });

  it.each([
    ['before the lids are down', 1_840, 2_040],
    ['while they are', 2_020, 2_180],
    ['until they are up again', 2_110, 2_320],
  ])('is not counted where frames were dropped: %s', (_, fromMs, toMs) => {
    const isDropped = (atMs: number) => atMs >= fromMs && atMs < toMs;
    expect(watch(lids(2_000, 2_240), 4, 25).count).toBe(1);
    expect(watch(lids(2_000, 2_240), 4, 25, isDropped).count).toBe(0);
  });

  it('needs both eyes', () => {
    const random = seeded(4);
    let state = initialBlink;
    for (let i = 0; i < 100; i++) {
      const analysis = analysisOf({}, NOTHING_MORE, ALL_MODELS.models, random);
      if (!analysis.face.found) throw new Error('no face');
      const wink = i >= 50 && i < 54 ? { imageLeft: 0.08, imageRight: 0.18 } : analysis.face.value.eyes;
      const face = { found: true as const, value: { ...analysis.face.value, eyes: wink } };
      const atMs = i * 40;
      state = foldBlink(
        state,
        { seq: i, atMs, capturedAtMs: atMs, analysis: { ...analysis, face } },
        false,
        policy,
      );
    }
    expect(state.count).toBe(0);
  });

  it('evidence is in favour of blinks, against their absence, and unmeasured where blinks could be missed', () => {
    const seen = blinkEvidence(watch(slowLids, 4, 25), policy);
    const never = blinkEvidence(
      watch(() => ({}), 6, 25),
      policy,
    );
    expect(seen.measured && seen.logLikelihoodRatio).toBeGreaterThan(0);
    expect(never.measured && never.logLikelihoodRatio).toBeLessThan(0);
    expect(
      blinkEvidence(
        watch(() => ({}), 1, 25),
        policy,
      ),
    ).toEqual({ measured: false, why: 'too-few-frames' });
    expect(
      blinkEvidence(
        watch(() => ({}), 8, 8),
        policy,
      ),
    ).toEqual({ measured: false, why: 'frame-rate-too-low' });
  });
});
