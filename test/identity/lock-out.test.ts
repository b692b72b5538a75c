import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ERRORS, type ErrorCode } from '../../protocol/errors.ts';
import { OUTCOMES } from '../../protocol/status.ts';
import { REASONS } from '../../server/decision/reasons.ts';
import { EXCUSED_PER_FAILURE, isExcused, lockedUntilMs } from '../../server/identity/lock-out.ts';

const policy = { maxFailures: 3, windowMs: 60_000 };
const NOW_MS = 1_000_000;
const ago = (...seconds: number[]) => seconds.map((second) => NOW_MS - second * 1000);
const many = (count: number) => ago(...Array.from({ length: count }, (_, at) => at + 1));

describe('a subject is locked out', () => {
  it.each([
    ['after no attempt', [], [], null],
    ['after fewer than allowed', ago(1, 2), [], null],
    ['after as many as allowed, until the oldest of them is forgotten', ago(1, 20, 50), [], NOW_MS + 10_000],
    ['by the latest ones, however many there were before', ago(1, 2, 3, 50), [], NOW_MS + 57_000],
    ['not by attempts of long ago', ago(1, 61, 62), [], null],
    ['not by one that is forgotten just now', ago(1, 2, 60), [], null],
    ['not by attempts that were not the person’s fault', ago(1, 2), many(8), null],
    ['but by three times as many of those', [], many(9), NOW_MS + 51_000],
    ['by whichever of the two lasts longer', ago(1, 20, 50), many(9), NOW_MS + 51_000],
  ])('%s', (_, ownAtMs, excusedAtMs, untilMs) => {
    expect(lockedUntilMs({ ownAtMs, excusedAtMs }, NOW_MS, policy)).toBe(untilMs);
  });

  it('never, where that is switched off', () => {
    const counted = { ownAtMs: many(3), excusedAtMs: many(9) };
    expect(lockedUntilMs(counted, NOW_MS, { ...policy, maxFailures: 0 })).toBeNull();
  });

  it('until exactly the moment that is told: a millisecond earlier there are too many attempts, then there are not', () => {
    const attempts = fc.array(fc.integer({ min: NOW_MS - 100_000, max: NOW_MS }), { maxLength: 30 });
    const sorted = (atMs: readonly number[]) => atMs.toSorted((a, b) => b - a);
    fc.assert(
      fc.property(attempts, attempts, fc.integer({ min: 1, max: 5 }), (own, excused, maxFailures) => {
        const counted = { ownAtMs: sorted(own), excusedAtMs: sorted(excused) };
        const untilMs = lockedUntilMs(counted, NOW_MS, { ...policy, maxFailures });
        const within = (atMs: readonly number[], nowMs: number) =>
          atMs.filter((one) => one > nowMs - policy.windowMs).length;
        const isLocked = (nowMs: number) =>
          within(own, nowMs) >= maxFailures || within(excused, nowMs) >= EXCUSED_PER_FAILURE * maxFailures;
        expect(isLocked(NOW_MS)).toBe(untilMs !== null);
        if (untilMs !== null) expect([isLocked(untilMs - 1), isLocked(untilMs)]).toEqual([true, false]);
      }),
    );
  });
});

describe('what is not the person’s fault', () => {
  it('is that frames did not come or were not looked at in time, and never a reject', () => {
    const excused = REASONS.filter((reason) =>
      isExcused({ outcome: 're-verify', reasons: ['time-up', reason] }),
    );
    expect(excused).toEqual(['connection-too-slow', 'service-too-slow']);
    for (const outcome of OUTCOMES.filter((one) => one !== 're-verify'))
      expect(isExcused({ outcome, reasons: excused })).toBe(false);
  });

  it('is nothing that this version does not know', () => {
    expect(isExcused({ outcome: 're-verify', reasons: ['connection-too-odd'] })).toBe(false);
    expect(isExcused({ outcome: null, code: 'server.overheated' })).toBe(false);
  });

  it('is what the server did, and no rule that a client broke', () => {
    const codes = Object.keys(ERRORS) as ErrorCode[];
    expect(codes.filter((code) => isExcused({ outcome: null, code }))).toEqual([
      'server.draining',
      'server.internal',
    ]);
  });
});
