import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decide, type Findings } from '../../server/decision/decide.ts';
import { POLICY_NAMES, policyFor } from '../../server/policy/built-in.ts';
import type { Policy } from '../../server/policy/shape.ts';
import type { Evidence, EvidenceByCue } from '../../server/evidence/evidence.ts';
import { CUES, type Cue } from '../../server/policy/cues.ts';
import { injectionEvidence, initialInjection } from '../../server/evidence/injection.ts';
import {
  corroboratedLlr,
  INJECTION_INDICATORS,
  worstSeverity,
  type InjectionIndicator,
} from '../../server/evidence/injection-indicators.ts';
import { findings, measured, unmeasured } from './findings.ts';

const { rejectSeverity } = policyFor('standard').injection;
const weak = INJECTION_INDICATORS.filter((indicator) => worstSeverity([indicator]) < rejectSeverity);

/** The evidence of a session whose stream has these indicators. */
const withIndicators = (
  evidence: EvidenceByCue,
  indicators: readonly InjectionIndicator[],
  { injection }: Policy,
): EvidenceByCue => ({
  ...evidence,
  injection: injectionEvidence(
    {
      ...initialInjection,
      frames: 200,
      indicators,
      timing: { ...initialInjection.timing, first: { atMs: 0, capturedAtMs: 0 }, lastAtMs: 8_000 },
    },
    injection,
  ),
});

const shown = (llrs: Readonly<Partial<Record<Cue, number | null>>>): EvidenceByCue => {
  const one = (cue: Cue): Evidence => {
    const llr = llrs[cue];
    return llr === undefined || llr === null ? unmeasured : measured(llr, cue === 'continuity' ? 12 : 1);
  };
  return Object.fromEntries(CUES.map((cue) => [cue, one(cue)])) as EvidenceByCue;
};

const session = (evidence: EvidenceByCue, mode: Findings['mode']): Findings =>
  findings({
    mode,
    evidence,
    band: mode === 'enrol' ? 'unknown' : 'above',
    probes: 12,
    storable: { frames: 12, spanMs: 6_000 },
  });

describe('a weak indicator of injection', () => {
  it('is one that an honest camera or person may show', () => {
    expect(weak).toEqual([
      'motionless',
      'cut',
      'clock',
      'noiseless',
      'virtual-camera',
      'duplicated',
      'metronome',
    ]);
  });

  it.each(POLICY_NAMES)('%s: alone changes no outcome, whatever else was seen', (name) => {
    const policy = policyFor(name);
    const llr = fc.option(fc.double({ min: -4, max: 7, noNaN: true }), { nil: null });
    const llrs = fc.record(Object.fromEntries(CUES.map((cue) => [cue, llr])));
    const cause = fc.constantFrom(null, 'time-up' as const, 'source-ended' as const);
    let accepted = 0;
    fc.assert(
      fc.property(llrs, fc.constantFrom(...policy.modes), cause, (drawn, mode, why) => {
        const outcome = (indicators: readonly InjectionIndicator[]) =>
          decide(session(withIndicators(shown(drawn), indicators, policy), mode), why, policy);
        const without = outcome([]);
        if (without.kind === 'proceed' || (without.kind === 'conclude' && without.outcome === 'accept'))
          accepted++;
        for (const indicator of weak) expect([indicator, outcome([indicator])]).toEqual([indicator, without]);
      }),
      { seed: 11, numRuns: 2_000 },
    );
    expect(accepted).toBeGreaterThan(20);
  });

  it('does not prevent the enrolment of a person who holds still, without the optional models', () => {
    // Measured on a flat puppet: a drawn head looks a little flat, and is still between its gestures.
    const evidence = shown({
      challenge: 3,
      continuity: 0.49,
      motion: -0.31,
      'depth-parallax': -1.38,
      relief: 0.8,
      quality: 0,
    });
    const standard = policyFor('standard');
    expect(
      decide(session(withIndicators(evidence, ['motionless'], standard), 'enrol'), null, standard),
    ).toEqual({
      kind: 'proceed',
    });
  });
});

describe('the network for motion', () => {
  it.each([
    ['standard', 3],
    ['standard-flash', 3],
    ['blink-only', Math.log(0.95 / 0.25)],
  ] as const)('%s: alone does not refuse a person who holds still and passed all challenges', (name, challenge) => {
    const policy = policyFor(name);
    for (const mode of policy.modes) {
      const outcome = (motion: number | null) => {
        const evidence = shown({
          match: 7,
          challenge,
          continuity: 0.49,
          motion,
          quality: 0,
          relief: 0.8,
          flash: 0,
        });
        return decide(session(withIndicators(evidence, [], policy), mode), null, policy);
      };
      expect(outcome(policy.motion.minLlr)).toEqual(outcome(null));
      expect(outcome(null).kind).not.toBe('go-on');
    }
  });
});

describe('indicators together', () => {
  it('count once when they have the same innocent cause, and not at all when all have it', () => {
    expect(corroboratedLlr(['noiseless', 'virtual-camera'])).toBe(0);
    expect(corroboratedLlr(['cut', 'duplicated'])).toBe(0);
    expect(corroboratedLlr(['clock', 'metronome'])).toBe(0);
    expect(corroboratedLlr(['noiseless', 'virtual-camera', 'cut'])).toBe(
      corroboratedLlr(['noiseless', 'cut']),
    );
  });

  it('count in full when they have different causes', () => {
    expect(corroboratedLlr(['motionless', 'cut'])).toBeLessThan(-1.5);
    expect(corroboratedLlr(['motionless', 'noiseless', 'clock'])).toBeLessThan(
      corroboratedLlr(['motionless', 'clock']),
    );
  });

  it('count beside one that only an attack explains', () => {
    expect(corroboratedLlr(['repeated'])).toBe(-4);
    expect(corroboratedLlr(['repeated', 'noiseless'])).toBeLessThan(-4);
  });
});
