import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MODES } from '../../protocol/status.ts';
import { comparisonLlr, MAX_COMPARISON_LLR, unclampedLlr } from '../../server/matching/comparison-llr.ts';
import { compare, fuseScores } from '../../server/matching/compare.ts';
import { decide, requiredCues, type Findings } from '../../server/decision/decide.ts';
import { fuse } from '../../server/decision/fuse.ts';
import {
  ACCEPTED_POLICY_NAMES,
  neededRight,
  POLICY_NAMES,
  policyFor,
  serves,
} from '../../server/policy/built-in.ts';
import { COMPARISON_METHODS, thresholdAt } from '../../server/matching/score-scales.ts';
import { FMRS } from '../../server/policy/false-match-rates.ts';
import { ALICE, BOB, embeddingsOf, seeded } from '../support/analysis-builder.ts';
import { everything, findings, measured, nothing, unmeasured } from './findings.ts';

const random = seeded(6);
const alice = () => embeddingsOf(ALICE, 0.3, random);

describe('probes or references that do not agree', () => {
  const standard = policyFor('standard');
  const disagreeing = findings({ probesDisagree: true });

  it('keep a session from being accepted, and end it undecided', () => {
    expect(decide(findings(), null, standard)).toMatchObject({ outcome: 'accept' });
    expect(decide(disagreeing, null, standard)).toEqual({ kind: 'go-on' });
    for (const cause of ['time-up', 'source-ended'] as const)
      expect(decide(disagreeing, cause, standard)).toMatchObject({
        outcome: 're-verify',
        reasons: [cause, 'evidence-insufficient', 'probes-disagree'],
      });
  });

  it.each([
    ['parts', 'probes-disagree'],
    ['first-reference', 'references-disagree'],
  ] as const)('say which: %s is %s', (doubt, reason) => {
    const found = findings({ band: 'between', doubt });
    const judged = decide(found, 'time-up', standard);
    expect(judged).toMatchObject({ outcome: 're-verify', reasons: expect.arrayContaining([reason]) });
  });

  it('are not enough of an enrolment, however many probes there are', () => {
    const storable = { frames: standard.enrol.minFrames - 1, spanMs: 5_000 };
    const enrolment = findings({ mode: 'enrol', band: 'unknown', probes: 30, storable });
    expect(decide(enrolment, null, standard)).toEqual({ kind: 'go-on' });
    expect(decide(enrolment, 'time-up', standard)).toMatchObject({ outcome: 're-verify' });
    expect(decide({ ...enrolment, storable: { ...storable, frames: 8 } }, null, standard)).toEqual({
      kind: 'proceed',
    });
  });
});

describe('compare', () => {
  it('uses MobileFaceNet when both sides have it, else the fused pair, else the one network that both have', () => {
    const [a, b] = [alice(), alice()];
    const { mobilefacenet: _, ...pair } = b;
    expect(compare(a, b)?.method).toBe('mobilefacenet');
    expect(compare(a, pair)?.method).toBe('fused');
    expect(compare(a, { dlib: b.dlib })?.method).toBe('dlib');
    expect(compare(a, { faceres: b.faceres })?.method).toBe('faceres');
    expect(compare({ faceres: a.faceres }, { dlib: b.dlib })).toBeNull();
  });

  it('does not compare embeddings of different lengths', () => {
    expect(compare({ dlib: new Float32Array(64) }, { dlib: new Float32Array(128) })).toBeNull();
  });

  it('is symmetric, and highest for the same vector', () => {
    const [a, b] = [alice(), embeddingsOf(BOB, 0.3, random)];
    expect(compare(a, b)?.score).toBeCloseTo(compare(b, a)?.score ?? Number.NaN, 6);
    expect(compare(a, a)?.score).toBeCloseTo(1, 5);
    expect(compare(a, a)?.score ?? 0).toBeGreaterThan(compare(a, b)?.score ?? 1);
  });

  it('gives a fused score of 0 where both networks give the mean impostor score', () => {
    expect(fuseScores(0.37, 0.84)).toBeCloseTo(0, 6);
    expect(fuseScores(0.5, 0.9)).toBeGreaterThan(fuseScores(0.4, 0.9));
    expect(fuseScores(0.5, 0.9)).toBeGreaterThan(fuseScores(0.5, 0.87));
  });
});

describe('score scales', () => {
  it.each(
    COMPARISON_METHODS,
  )('%s: rarer false matches need higher scores, and higher scores say more', (method) => {
    const thresholds = FMRS.map((fmr) => thresholdAt(method, fmr));
    expect(thresholds).toEqual(thresholds.toSorted((a, b) => a - b));
    const llrs = thresholds.map((score) => unclampedLlr({ method, score }));
    expect(llrs).toEqual(llrs.toSorted((a, b) => a - b));
    expect(llrs[2]).toBeGreaterThan(1);
    expect(comparisonLlr({ method, score: 1e6 })).toBe(MAX_COMPARISON_LLR);
    expect(comparisonLlr({ method, score: -1e6 })).toBe(-MAX_COMPARISON_LLR);
  });
});

describe('fuse', () => {
  const { fusion } = policyFor('standard');

  it('is the prior when nothing was measured', () => {
    expect(fuse(nothing, { ...fusion, prior: 0.3 })).toBeCloseTo(0.3, 6);
    expect(fuse(nothing, { ...fusion, prior: 0.3, method: 'weighted' })).toBeCloseTo(0.3, 6);
  });

  it('adds log-likelihood ratios to the prior', () => {
    const evidence = { ...nothing, match: measured(Math.log(4)), challenge: measured(Math.log(2)) };
    expect(fuse(evidence, fusion)).toBeCloseTo(8 / 9, 6);
  });

  it('leaves out cues that the policy does not count', () => {
    expect(fuse({ ...nothing, blink: measured(5) }, fusion)).toBeCloseTo(0.5, 6);
  });

  it('weighs groups by .40, .20 and .15, shared out over those measured', () => {
    const weighted = { ...fusion, method: 'weighted' as const };
    const sure = (cue: 'match' | 'challenge') => ({ ...nothing, [cue]: measured(50) });
    expect(fuse(sure('match'), weighted)).toBeCloseTo(1, 6);
    const evidence = { ...sure('match'), challenge: measured(-50) };
    expect(fuse(evidence, weighted)).toBeCloseTo(0.4 / 0.6, 6);
  });

  it('stays a probability, and rises with every cue', () => {
    const llrs = fc.record({
      match: fc.double({ min: -9, max: 9, noNaN: true }),
      pad: fc.double({ min: -9, max: 9, noNaN: true }),
    });
    fc.assert(
      fc.property(
        llrs,
        fc.constantFrom('sum-llr' as const, 'weighted' as const),
        ({ match, pad }, method) => {
          const at = (more: number) =>
            fuse(
              { ...nothing, match: measured(match + more), 'passive-pad': measured(pad) },
              { ...fusion, method },
            );
          expect(at(0)).toBeGreaterThanOrEqual(0);
          expect(at(1)).toBeLessThanOrEqual(1);
          expect(at(1)).toBeGreaterThanOrEqual(at(0));
        },
      ),
      { seed: 5 },
    );
  });
});

const standard = policyFor('standard');

describe('decide', () => {
  it('accepts when nothing is lacking, and proceeds to the gallery or the store under identify and enrol', () => {
    expect(decide(findings(), null, standard)).toMatchObject({ outcome: 'accept', retry: 'never' });
    expect(decide(findings({ mode: 'enrol', band: 'unknown' }), null, standard)).toEqual({
      kind: 'proceed',
    });
    expect(decide(findings({ mode: 'identify', band: 'unknown' }), null, standard)).toEqual({
      kind: 'proceed',
    });
  });

  it.each(POLICY_NAMES)('%s: no accept and no proceeding without each of its required cues', (name) => {
    const policy = policyFor(name);
    for (const mode of policy.modes)
      for (const cue of requiredCues(policy, mode)) {
        const evidence = { ...everything, [cue]: unmeasured };
        const band = cue === 'match' ? 'unknown' : 'above';
        const decision = decide(
          findings({ mode, evidence, band, flashPending: cue === 'flash' }),
          null,
          policy,
        );
        const asksGallery = mode === 'identify' && cue === 'match';
        expect([mode, cue, decision.kind]).toEqual([mode, cue, asksGallery ? 'proceed' : 'go-on']);
      }
  });

  it.each([
    ['a challenge is left', { challengesDone: false }],
    ['the face is not recognised', { needsReidentification: true }],
    ['the match is between the bars', { band: 'between' as const }],
    ['there are too few probes', { probes: 4 }],
    ['colours are shown', { flashPending: true }],
  ])('goes on while %s', (_, change) => {
    expect(decide(findings(change), null, standard)).toEqual({ kind: 'go-on' });
    expect(decide(findings(change), 'time-up', standard)).toMatchObject({
      outcome: 're-verify',
      retry: 'now',
    });
  });

  it('lets the person try again at once when required colours were not measured', () => {
    const unseen = findings({ evidence: { ...everything, flash: unmeasured } });
    expect(decide(unseen, null, policyFor('standard-flash'))).toMatchObject({
      outcome: 're-verify',
      retry: 'now',
      reasons: ['required-cue-unmeasured'],
    });
    expect(decide(unseen, null, standard)).toMatchObject({ outcome: 'accept' });
  });

  it.each([
    ['face-changed', { evidence: { ...everything, continuity: measured(-3.7, 2.5) } }],
    ['pad-below-bar', { evidence: { ...everything, 'passive-pad': measured(-3, 0.05) } }],
    ['injection-above-bar', { evidence: { ...everything, injection: measured(-4, 1) } }],
    ['flash-contradicted', { evidence: { ...everything, flash: measured(-6, 0.3) } }],
    ['depth-parallax-below-bar', { evidence: { ...everything, 'depth-parallax': measured(-2, 0.8) } }],
    ['depth-below-bar', { evidence: { ...everything, depth: measured(-4, 0.1) } }],
  ])('rejects for %s, whatever the rest says and however early', (reason, change) => {
    for (const challengesDone of [true, false])
      expect(decide(findings({ ...change, challengesDone }), null, standard)).toMatchObject({
        outcome: 'reject',
        retry: 'backoff',
        reasons: [reason],
      });
  });

  it('tells one reason where several cues reject', () => {
    const attacks = {
      depth: measured(-4, 0.1),
      'depth-parallax': measured(-2, 0.8),
      'passive-pad': measured(-3, 0.05),
      flash: measured(-6, 0.3),
      injection: measured(-4, 1),
      continuity: measured(-3.7, 2.5),
    };
    const told: string[] = [];
    let evidence = everything;
    for (const [cue, attack] of Object.entries(attacks)) {
      evidence = { ...evidence, [cue]: attack };
      const judgement = decide(findings({ evidence }), null, standard);
      told.push(judgement.kind === 'conclude' ? judgement.reasons.join() : judgement.kind);
    }
    expect(told).toEqual([
      'depth-below-bar',
      'depth-parallax-below-bar',
      'pad-below-bar',
      'flash-contradicted',
      'injection-above-bar',
      'face-changed',
    ]);
  });

  it('does not accept between the PAD bars', () => {
    const evidence = { ...everything, 'passive-pad': measured(-0.5, 0.4) };
    expect(decide(findings({ evidence }), null, standard)).toEqual({ kind: 'go-on' });
  });

  it('does not accept who kept PAD from judging, where its networks are loaded', () => {
    const withPad = (why: 'too-few-frames' | 'model-absent') =>
      findings({ evidence: { ...everything, 'passive-pad': { measured: false, why } } });
    expect(decide(withPad('too-few-frames'), null, standard)).toEqual({ kind: 'go-on' });
    expect(decide(withPad('too-few-frames'), 'time-up', standard)).toMatchObject({ outcome: 're-verify' });
    expect(decide(withPad('model-absent'), null, standard)).toMatchObject({ outcome: 'accept' });
  });

  const stranger = { band: 'below' as const, evidence: { ...everything, match: measured(-6, 0.05) } };

  it('rejects a face that is not the subject’s when it would have accepted the subject’s, and no sooner', () => {
    expect(decide(findings(stranger), null, standard)).toMatchObject({
      outcome: 'reject',
      retry: 'backoff',
      reasons: ['match-below-threshold'],
    });
    const unfinished = [
      { challengesDone: false },
      { needsReidentification: true },
      { flashPending: true },
      { evidence: { ...stranger.evidence, 'passive-pad': measured(-0.5, 0.4) } },
      { evidence: { ...stranger.evidence, challenge: measured(-3, 0), 'passive-pad': unmeasured } },
    ];
    for (const change of unfinished) {
      expect(decide(findings({ ...stranger, ...change }), null, standard)).toEqual({ kind: 'go-on' });
      const late = decide(findings({ ...stranger, ...change }), 'time-up', standard);
      expect(late).toMatchObject({ outcome: change.challengesDone === false ? 're-verify' : 'reject' });
    }
  });

  it.each([
    ['leaves', 'cancelled', {}],
    ['is gone', 'disconnected', {}],
    ['has no more pictures', 'source-ended', {}],
    ['runs out of time', 'time-up', {}],
    ['fails a challenge', null, { challengeFailure: 'wrong-response' }],
    ['misses a challenge', null, { challengeFailure: 'too-late' }],
    ['breaks off too often', null, { trackBreaks: 99 }],
    ['is not alone', null, { severalFacesMs: 60_000 }],
  ] as const)('whoever %s before the challenges are done gets the same answer for any face', (_, cause, change) => {
    const heard = (face: Partial<Findings>) => {
      const found = findings({ ...face, ...change, challengesDone: false });
      const conclusion = decide(found, cause, standard);
      if (conclusion.kind !== 'conclude') throw new Error(conclusion.kind);
      return conclusion;
    };
    const doubtful = { band: 'between' as const, evidence: { ...everything, match: measured(0.2, 0.3) } };
    const own = heard({});
    for (const face of [stranger, doubtful]) {
      const { outcome, retry } = heard(face);
      expect([outcome, retry]).toEqual([own.outcome, own.retry]);
    }
    expect(own.outcome).toBe('re-verify');
    expect(heard(stranger).reasons, 'the audit knows').toContain('match-below-threshold');
    expect(own.reasons).not.toContain('match-below-threshold');
  });

  it('a person who leaves is not rejected for that', () => {
    for (const cause of ['cancelled', 'disconnected'] as const)
      expect(decide(findings({ band: 'between' }), cause, standard)).toMatchObject({
        outcome: 're-verify',
        reasons: [cause],
      });
  });
});

describe('policies', () => {
  it('are known by name, and serve the modes that they list', () => {
    for (const name of POLICY_NAMES) expect(policyFor(name).name).toBe(name);
    expect(() => policyFor('none')).toThrow(expect.objectContaining({ code: 'policy.unknown' }));
    expect(() => policyFor('__proto__')).toThrow(expect.objectContaining({ code: 'policy.unknown' }));
    expect(MODES.filter((mode) => serves('operator-vouched', mode))).toEqual(['enrol']);
    expect(MODES.filter((mode) => serves('standard', mode))).toEqual([...MODES]);
  });

  it('have one alias: attended is operator-vouched', () => {
    expect(policyFor('attended')).toBe(policyFor('operator-vouched'));
    expect(MODES.filter((mode) => serves('attended', mode))).toEqual(['enrol']);
    expect(neededRight('attended')).toBe('attend');
    expect(ACCEPTED_POLICY_NAMES).toEqual([...POLICY_NAMES, 'attended']);
    expect(() => policyFor('constructor')).toThrow(expect.objectContaining({ code: 'policy.unknown' }));
  });

  it('only operator-vouched enrolment goes without liveness', () => {
    for (const name of POLICY_NAMES) {
      const { challenges, requiredCues: required } = policyFor(name);
      const alive =
        (challenges !== null && required.includes('challenge')) ||
        (required.includes('blink') && required.includes('passive-pad'));
      expect([name, alive]).toEqual([name, name !== 'operator-vouched']);
    }
  });
});
