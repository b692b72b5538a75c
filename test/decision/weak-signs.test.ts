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
  INJECTION_SIGNS,
  worstSeverity,
  type InjectionSign,
} from '../../server/evidence/injection-indicators.ts';
import { findings, measured, unmeasured } from './findings.ts';

const { rejectSeverity } = policyFor('standard').injection;
const weak = INJECTION_SIGNS.filter((sign) => worstSeverity([sign]) < rejectSeverity);

/** A session's evidence whose stream shows these signs. */
const withSigns = (
  evidence: EvidenceByCue,
  signs: readonly InjectionSign[],
  { injection }: Policy,
): EvidenceByCue => ({
  ...evidence,
  injection: injectionEvidence(
    {
      ...initialInjection,
      frames: 200,
      signs,
      timing: { ...initialInjection.timing, first: { atMs: 0, capturedAtMs: 0 }, lastAtMs: 8_000 },
    },
    injection,
  ),
});

const shown = (llrs: Readonly<Partial<Record<Cue, number | null>>>): EvidenceByCue => {
  const one = (cue: Cue): Evidence => {
    const llr = llrs[cue];
    return llr === undefined || llr === null ? unmeasured : measured(llr);
  };
  return Object.fromEntries(CUES.map((cue) => [cue, one(cue)])) as EvidenceByCue;
};

const session = (evidence: EvidenceByCue, mode: Findings['mode']): Findings =>
  findings({
    mode,
    evidence,
    standing: mode === 'enrol' ? 'unknown' : 'above',
    probes: 12,
    probeSpanMs: 6_000,
  });

describe('a weak sign of injection', () => {
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
        const outcome = (signs: readonly InjectionSign[]) =>
          decide(session(withSigns(shown(drawn), signs, policy), mode), why, policy);
        const without = outcome([]);
        if (without.kind === 'proceed' || (without.kind === 'conclude' && without.outcome === 'accept'))
          accepted++;
        for (const sign of weak) expect([sign, outcome([sign])]).toEqual([sign, without]);
      }),
      { seed: 11, numRuns: 2_000 },
    );
    expect(accepted).toBeGreaterThan(20);
  });

  it('does not keep a person who holds still from enrolling where there are no optional models', () => {
    // Seen of a flat puppet: a drawn head looks a little flat, and is still between its gestures.
    const evidence = shown({ challenge: 3, continuity: 0.49, motion: -0.31, planarity: -1.38, quality: 0 });
    const standard = policyFor('standard');
    expect(decide(session(withSigns(evidence, ['motionless'], standard), 'enrol'), null, standard)).toEqual({
      kind: 'proceed',
    });
  });
});

describe('the network for motion', () => {
  it.each([
    ['standard', 3],
    ['standard-flash', 3],
    ['blink-only', Math.log(0.95 / 0.25)],
  ] as const)('%s: by itself does not refuse somebody who holds still and did all that was asked', (name, challenge) => {
    const policy = policyFor(name);
    for (const mode of policy.modes) {
      const outcome = (motion: number | null) => {
        const evidence = shown({ match: 7, challenge, continuity: 0.49, motion, quality: 0, flash: 0 });
        return decide(session(withSigns(evidence, [], policy), mode), null, policy);
      };
      expect(outcome(policy.motion.minLlr)).toEqual(outcome(null));
      expect(outcome(null).kind).not.toBe('go-on');
    }
  });
});

describe('signs together', () => {
  it('count once where the same innocent cause explains them, and not at all where it explains all', () => {
    expect(corroboratedLlr(['noiseless', 'virtual-camera'])).toBe(0);
    expect(corroboratedLlr(['cut', 'duplicated'])).toBe(0);
    expect(corroboratedLlr(['clock', 'metronome'])).toBe(0);
    expect(corroboratedLlr(['noiseless', 'virtual-camera', 'cut'])).toBe(
      corroboratedLlr(['noiseless', 'cut']),
    );
  });

  it('count in full where no one cause explains them', () => {
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
