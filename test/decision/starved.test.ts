import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MODES } from '../../protocol/status.ts';
import { decide, type Findings } from '../../server/decision/decide.ts';
import { POLICY_NAMES, policyFor } from '../../server/policy/built-in.ts';
import type { Evidence, EvidenceByCue } from '../../server/evidence/evidence.ts';
import { everything, findings, measured, unmeasured } from './findings.ts';

const standard = policyFor('standard');

describe('a session that was starved of frames', () => {
  const SPOILED = [
    [{ challengeFailure: 'too-late' }, true],
    [{ trackBreaks: 9 }, true],
    [{ challengeFailure: 'wrong-response' }, false],
    [{ challengeFailure: 'unasked-move' }, false],
    [{ challengeFailure: 'too-early' }, false],
    [{ severalFacesMs: 4_000 }, false],
    [{ challengeFailure: 'wrong-response', trackBreaks: 9 }, false],
  ] as const;

  it.each(SPOILED)('with %j is excused: %s', (change, excused) => {
    for (const [starvedBy, retry, reason] of [
      ['connection', 'now', 'connection-too-slow'],
      ['service', 'backoff', 'service-too-slow'],
    ] as const) {
      const before = decide(findings(change), null, standard);
      const decision = decide(findings({ ...change, starvedBy }), null, standard);
      if (before.kind !== 'conclude') throw new Error('it goes on');
      expect(before.outcome).toBe('re-verify');
      expect(decision).toEqual(excused ? { ...before, retry, reasons: [reason, ...before.reasons] } : before);
    }
  });

  it('is excused when its time is up or its source ends, but not when the client leaves', () => {
    const starvedBy = 'connection';
    for (const cause of ['time-up', 'source-ended', 'cancelled', 'disconnected'] as const) {
      const decision = decide(findings({ challengesDone: false, starvedBy }), cause, standard);
      const leaves = cause === 'cancelled' || cause === 'disconnected';
      expect(decision).toMatchObject({ outcome: 're-verify' });
      expect(decision).toMatchObject({
        reasons: leaves ? [cause] : ['connection-too-slow', cause, expect.anything()],
      });
    }
  });

  it('has the same outcome as one that was not, whatever was found', () => {
    const mostly = <T>(good: T, ...others: fc.Arbitrary<T>[]) =>
      fc.oneof({ weight: 8, arbitrary: fc.constant(good) }, ...others);
    const evidence = (good: Evidence): fc.Arbitrary<Evidence> =>
      mostly(
        good,
        fc.constant(unmeasured),
        fc
          .tuple(fc.double({ min: -6, max: 6, noNaN: true }), fc.double({ min: 0, max: 1, noNaN: true }))
          .map(([llr, score]) => measured(llr, score)),
      );
    const found = fc.record<Findings>({
      mode: fc.constantFrom(...MODES),
      evidence: fc.record<EvidenceByCue>({
        match: evidence(everything.match),
        challenge: evidence(everything.challenge),
        blink: evidence(everything.blink),
        'passive-pad': evidence(everything['passive-pad']),
        motion: evidence(everything.motion),
        continuity: evidence(everything.continuity),
        injection: evidence(everything.injection),
        'depth-parallax': evidence(everything['depth-parallax']),
        relief: evidence(everything.relief),
        depth: evidence(everything.depth),
        flash: evidence(everything.flash),
        quality: evidence(everything.quality),
      }),
      challengesDone: mostly(true, fc.constant(false)),
      challengeFailure: mostly<Findings['challengeFailure']>(
        null,
        fc.constantFrom('wrong-response', 'unasked-move', 'too-early', 'too-late', 'unseen'),
      ),
      flashPending: mostly(false, fc.constant(true)),
      skipsUsed: fc.integer({ min: 0, max: 1 }),
      needsReidentification: mostly(false, fc.constant(true)),
      trackBreaks: mostly(0, fc.integer({ min: 1, max: 10 })),
      severalFacesMs: mostly(0, fc.constant(5_000)),
      starvedBy: fc.constant(null),
      cameraFault: fc.constant(null),
      missingTrust: mostly<Findings['missingTrust']>([], fc.constant(['possession' as const])),
      trustPending: mostly(false, fc.constant(true)),
      band: mostly<Findings['band']>('above', fc.constantFrom('between', 'below', 'unknown')),
      probes: mostly(8, fc.integer({ min: 0, max: 12 })),
      doubt: mostly<Findings['doubt']>(null, fc.constantFrom('parts', 'first-reference')),
      probesDisagree: mostly(false, fc.constant(true)),
      storable: mostly(
        { frames: 8, spanMs: 2_000 },
        fc.record({ frames: fc.integer({ min: 0, max: 12 }), spanMs: fc.integer({ min: 0, max: 3_000 }) }),
      ),
    });
    const seen = new Set<string>();
    fc.assert(
      fc.property(
        found,
        fc.constantFrom(null, 'time-up', 'source-ended', 'cancelled', 'disconnected' as const),
        fc.constantFrom(...POLICY_NAMES),
        fc.constantFrom('connection', 'service' as const),
        (given, cause, name, starvedBy) => {
          const fed = decide(given, cause, policyFor(name));
          const starved = decide({ ...given, starvedBy }, cause, policyFor(name));
          const outcome = (decision: typeof fed) =>
            decision.kind === 'conclude' ? decision.outcome : decision.kind;
          expect(outcome(starved)).toBe(outcome(fed));
          if (outcome(fed) !== 're-verify') expect(starved).toEqual(fed);
          seen.add(outcome(fed));
        },
      ),
      { seed: 3, numRuns: 3_000 },
    );
    expect([...seen].toSorted()).toEqual(['accept', 'go-on', 'proceed', 're-verify', 'reject']);
  });
});
