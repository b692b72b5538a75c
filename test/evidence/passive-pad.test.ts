import { describe, expect, it } from 'vitest';
import { policyFor } from '../../server/policy/built-in.ts';
import {
  foldPassivePad,
  initialPassivePad,
  passivePadEvidence,
  type PassivePadState,
} from '../../server/evidence/passive-pad.ts';
import { assessFrame } from '../../server/evidence/quality-gate.ts';
import { analysisOf, seeded, type Look } from '../support/analysis-builder.ts';
import { ALL_MODELS } from '../support/session-driver.ts';

const policy = policyFor('standard');

function sampleOf(look: Look, i: number, random: () => number) {
  const analysis = analysisOf(
    look,
    { embeddings: false, pad: true, countFaces: false },
    ALL_MODELS.models,
    random,
  );
  return { seq: i, atMs: i * 40, capturedAtMs: i * 40, analysis };
}

function pad(scores: readonly number[], look: Look = {}): PassivePadState {
  const random = seeded(2);
  return scores.reduce((state, bonaFideProbability, i) => {
    const sample = sampleOf({ ...look, bonaFideProbability }, i, random);
    return foldPassivePad(state, sample, assessFrame(sample, 1, false, policy.quality), policy.passivePad);
  }, initialPassivePad);
}

describe('passive PAD', () => {
  const evidence = (scores: readonly number[], look: Look = {}, present = true) =>
    passivePadEvidence(pad(scores, look), present, policy.passivePad);

  it('tolerates single frames of a live face', () => {
    expect(evidence([0.9, 0.1, 0.95, 0.97, 0.2, 0.99, 0.9, 0.96])).toMatchObject({ measured: true });
    const live = evidence([0.9, 0.1, 0.95, 0.97, 0.2, 0.99, 0.9, 0.96]);
    expect(live.measured && live.score).toBeGreaterThan(0.8);
  });

  it('sees an attack that fills only part of a session', () => {
    const half = evidence([...Array(12).fill(0.95), ...Array(7).fill(0.02), ...Array(12).fill(0.95)]);
    expect(half.measured && half.score).toBeLessThan(policy.passivePad.rejectBar);
    expect(half.measured && half.logLikelihoodRatio).toBe(-3);
  });

  it('is unmeasured without its networks, or with too few usable frames', () => {
    expect(evidence([], {}, false)).toEqual({ measured: false, why: 'model-absent' });
    expect(evidence([0.9, 0.9])).toEqual({ measured: false, why: 'too-few-frames' });
    expect(evidence(Array(20).fill(0.9), { yawDeg: 35 })).toEqual({ measured: false, why: 'too-few-frames' });
  });
});
