import { describe, expect, it } from 'vitest';
import { policyFor } from '../../server/policy/built-in.ts';
import {
  continuityEvidence,
  foldContinuity,
  initialContinuity,
  type ContinuityState,
} from '../../server/matching/continuity.ts';
import { addToPool, emptyPool, poolMean } from '../../server/matching/embedding-pool.ts';
import { assessFrame } from '../../server/evidence/quality-gate.ts';
import { ALICE, analysisOf, BOB, embeddingsOf, seeded, type Look } from '../support/analysis-builder.ts';
import { ALL_MODELS, BASE_MODELS } from '../support/session-driver.ts';

const policy = policyFor('standard');
const LOOK_CLOSELY = { embeddings: true, pad: false, countFaces: false };

function watch(looks: readonly Look[], models = ALL_MODELS.models): ContinuityState {
  const random = seeded(9);
  let pool = emptyPool;
  let state = initialContinuity;
  for (const [i, look] of looks.entries()) {
    const analysis = analysisOf(look, LOOK_CLOSELY, models, random);
    const sample = { seq: i, atMs: i * 40, capturedAtMs: i * 40, analysis };
    const verdict = assessFrame(sample, look.faceCount ?? 1, false, policy.quality);
    const before = state;
    state = foldContinuity(
      before,
      sample,
      verdict,
      pool,
      Math.abs(look.yawDeg ?? 0) > policy.gestures.awayTurnDeg,
      policy.continuity,
    );
    const face = analysis.face.found ? analysis.face.value : null;
    if (state.agreements > before.agreements && verdict.good && face?.embeddings)
      pool = addToPool(pool, face.embeddings, sample.atMs);
  }
  return state;
}

const times = (count: number, look: Look = {}) => Array.from({ length: count }, () => look);

describe('continuity', () => {
  it.each([
    ['full', ALL_MODELS],
    ['base', BASE_MODELS],
  ])('holds for one face, turns included, in the %s tier', (_, { models }) => {
    const state = watch([...times(5), ...times(5, { yawDeg: 20 }), ...times(3)], models);
    expect(state).toMatchObject({ needsReidentification: false, changed: false, breaks: 0, agreements: 13 });
    expect(continuityEvidence(state, policy.continuity)).toMatchObject({ measured: true });
  });

  it.each([
    [0.3, 0],
    [0.35, 0],
    [0.45, 1],
  ])('counts a turned face with a cosine of %f as resembling the session’s own: %i', (cosine, resemblances) => {
    const mobilefacenet = Float32Array.of(1, 0);
    const pool = addToPool(emptyPool, { mobilefacenet }, 0);
    const analysis = analysisOf({ yawDeg: 24 }, LOOK_CLOSELY, ALL_MODELS.models, seeded(9));
    if (!analysis.face.found) throw new Error('it shows a face');
    const turned = Float32Array.of(cosine, Math.sqrt(1 - cosine ** 2));
    const value = { ...analysis.face.value, embeddings: { mobilefacenet: turned } };
    const shown = { ...analysis, face: { found: true, value } } as const;
    const sample = { seq: 1, atMs: 40, capturedAtMs: 40, analysis: shown };
    const verdict = assessFrame(sample, 1, false, policy.quality);
    const state = foldContinuity(initialContinuity, sample, verdict, pool, true, policy.continuity);
    expect(state.resemblances).toBe(resemblances);
    expect(state.changed).toBe(false);
  });

  it.each([
    ['full', ALL_MODELS],
    ['base', BASE_MODELS],
  ])('finds another face by contradictions over some time, in the %s tier', (_, { models }) => {
    const other = { identity: BOB };
    for (const frames of [1, 2, 5])
      expect(watch([...times(5), ...times(frames, other)], models)).toMatchObject({
        changed: false,
        needsReidentification: true,
      });
    const state = watch([...times(5), ...times(6, other)], models);
    expect(state.changed).toBe(true);
    const evidence = continuityEvidence(state, policy.continuity);
    expect(evidence.measured && evidence.logLikelihoodRatio).toBeLessThan(-3);
  });

  it('does not find another face in a turned one, nor in one that has just turned back', () => {
    const turned = { yawDeg: 25, identity: BOB };
    const then = (looks: readonly Look[]) => watch([...times(5), ...looks]);
    expect(then(times(20, turned))).toMatchObject({ changed: false, needsReidentification: true });
    expect(then([...times(10, turned), ...times(7, { identity: BOB })])).toMatchObject({ changed: false });
    expect(then([...times(10, turned), ...times(14, { identity: BOB })])).toMatchObject({ changed: true });
  });

  it('finds another face when it looks away for longer than a person does, and contradicts all that time', () => {
    const turned = { yawDeg: 25, identity: BOB };
    expect(watch([...times(5), ...times(25, turned)])).toMatchObject({
      changed: false,
      needsReidentification: true,
    });
    expect(watch([...times(5), ...times(28, turned)])).toMatchObject({ changed: true });
  });

  it('counts contradictions anew after each agreement', () => {
    const flickering = Array.from({ length: 40 }, (_, i) => (i % 4 === 0 ? {} : { identity: BOB }));
    expect(watch([...times(5), ...flickering])).toMatchObject({ changed: false });
  });

  it.each([
    ['the face is lost', { found: false }],
    ['the face was found anew', { followed: false }],
    ['the face jumps', { centreX: 100 }],
    ['the face swells', { size: 340 }],
    ['the head turns faster than a neck', { yawDeg: 60 }],
  ] as const)('needs reidentification when %s', (_, look) => {
    const blurred = { ...look, quality: { sharpness: 1 }, identity: BOB };
    const state = watch([...times(5), blurred]);
    expect(state).toMatchObject({ needsReidentification: true, breaks: 1, changed: false });
  });

  it('is restored by one embedding that agrees', () => {
    expect(watch([...times(5), { found: false }, {}])).toMatchObject({
      needsReidentification: false,
      breaks: 1,
    });
  });

  it('is unmeasured before anything was compared', () => {
    expect(continuityEvidence(watch([{}]), policy.continuity)).toEqual({
      measured: false,
      why: 'too-few-frames',
    });
  });
});

describe('the pool', () => {
  it('has a mean of unit length, and does not change the sums it started from', () => {
    const random = seeded(1);
    const first = addToPool(emptyPool, embeddingsOf(ALICE, 0.3, random), 10);
    const before = structuredClone(first);
    const second = addToPool(first, embeddingsOf(ALICE, 0.3, random), 60);
    expect(first).toEqual(before);
    expect(second).toMatchObject({ frames: 2, firstAtMs: 10, lastAtMs: 60 });
    for (const mean of Object.values(poolMean(second))) expect(Math.hypot(...mean)).toBeCloseTo(1, 5);
    expect(poolMean(emptyPool)).toEqual({});
  });
});
