import { describe, expect, it } from 'vitest';
import { policyFor } from '../../server/policy/built-in.ts';
import { MOTION_FEATURE_COUNT, MOTION_STEPS } from '../../server/evidence/motion-features.ts';
import {
  foldMotion,
  initialMotion,
  motionEvidence,
  nextMotionWindow,
  type MotionState,
} from '../../server/evidence/motion.ts';
import type { Sample } from '../../server/evidence/sample.ts';
import { analysisOf, type Look, seeded } from '../support/analysis-builder.ts';
import { ALL_MODELS, BASE_MODELS, SessionDriver } from '../support/session-driver.ts';
import { subject } from '../support/subjects.ts';

const policy = policyFor('standard').motion;
const NOTHING = { embeddings: false, pad: false, countFaces: false };

function sample(atMs: number, look: Look, random: () => number): Sample {
  return { seq: 0, atMs, capturedAtMs: atMs, analysis: analysisOf(look, NOTHING, ALL_MODELS.models, random) };
}

/** Frames of a face that is followed, at 25 frames a second. */
function watched(frames: number, look: Look = {}): MotionState {
  const random = seeded(3);
  let state = initialMotion;
  for (let i = 0; i < frames; i++) state = foldMotion(state, sample(i * 40, look, random), false);
  return state;
}

function judged(...probabilities: readonly number[]): MotionState {
  return { postures: [], probabilities };
}

describe('windows of a session', () => {
  it('exist once a face was followed for two seconds, and not before', () => {
    expect(nextMotionWindow(watched(45))).toBeNull();
    expect(nextMotionWindow(watched(60))).toHaveLength(MOTION_STEPS * MOTION_FEATURE_COUNT);
  });

  it('never join two faces', () => {
    const random = seeded(4);
    const broken = foldMotion(watched(60), sample(2_400, {}, random), true);
    expect(broken.postures).toHaveLength(1);
    expect(foldMotion(watched(60), sample(2_400, { found: false }, random), false).postures).toEqual([]);
  });

  it('keep no more than a window needs, in long sessions and with fast cameras too', () => {
    const random = seeded(5);
    let state = watched(1);
    for (let i = 1; i < 400; i++) state = foldMotion(state, sample(i * 40, {}, random), false);
    expect(state.postures.length).toBeLessThan(70);
    for (let i = 0; i < 400; i++) state = foldMotion(state, sample(16_000 + i, {}, random), false);
    expect(state.postures.length).toBeLessThanOrEqual(100);
  });
});

describe('evidence of motion', () => {
  it.each([
    ['model-absent', judged(0.9, 0.9, 0.9, 0.9), false],
    ['not-started', initialMotion, true],
    ['too-few-frames', watched(60), true],
    ['too-few-frames', judged(...Array<number>(policy.minWindows - 1).fill(0.9)), true],
  ])('is unmeasured (%s)', (why, state, present) => {
    expect(motionEvidence(state, present, policy)).toEqual({ measured: false, why });
  });

  const llr = (...probabilities: number[]) => {
    const evidence = motionEvidence(judged(...probabilities), true, policy);
    return evidence.measured ? evidence.logLikelihoodRatio : Number.NaN;
  };

  it('rises with the median window, and one odd window changes little', () => {
    expect(llr(0.1, 0.1, 0.1, 0.1)).toBeLessThan(0);
    expect(llr(0.95, 0.95, 0.95, 0.95)).toBeGreaterThan(0);
    expect(llr(0.5, 0.5, 0.5, 0.5)).toBeGreaterThan(llr(0.3, 0.3, 0.3, 0.3));
    expect(llr(0.9, 0.9, 0.01, 0.9, 0.9)).toBe(llr(0.9, 0.9, 0.9, 0.9, 0.9));
  });

  it('is bounded in both directions, whatever the network’s probability', () => {
    expect(llr(0, 0, 0, 0)).toBe(policy.minLlr);
    expect(llr(1, 1, 1, 1)).toBeLessThanOrEqual(policy.maxLlr);
  });
});

describe('a session', () => {
  const asked = (driver: SessionDriver) =>
    driver.effects.flatMap((effect) => (effect.type === 'analyze' ? [effect.options.motion] : []));

  it('sends a window with a frame now and then, and counts the answers', () => {
    const driver = new SessionDriver({ seed: 2 }).play(subject(), 60_000);
    const windows = asked(driver).filter((window) => window !== undefined);
    expect(driver.decision?.outcome).toBe('accept');
    expect(driver.decision?.assurance.measured).toContain('motion');
    expect(windows.length).toBeGreaterThanOrEqual(policy.minWindows);
    expect(windows.length / asked(driver).length).toBeLessThan(0.12);
    for (const window of windows) expect(window).toHaveLength(MOTION_STEPS * MOTION_FEATURE_COUNT);
  });

  it('has a higher probability when the network sees living motion than when it does not', () => {
    const llr = (livingMotionProbability: number) => {
      const acts = subject();
      const look = (...args: Parameters<typeof acts>) => ({ ...acts(...args), livingMotionProbability });
      const { decision } = new SessionDriver({ seed: 2 }).play(look, 60_000);
      const evidence = decision?.evidence.motion;
      return evidence?.measured === true ? evidence.logLikelihoodRatio : Number.NaN;
    };
    expect(llr(0.95)).toBeGreaterThan(llr(0.05) + 1);
  });

  it('sends no window and measures nothing without the network', () => {
    const driver = new SessionDriver({ context: BASE_MODELS, seed: 2 }).play(subject(), 60_000);
    expect(asked(driver).every((window) => window === undefined)).toBe(true);
    expect(driver.decision?.assurance.unmeasured).toContain('motion');
  });
});
