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
    [
      'after as many as allowed, until the oldest of them leaves the window',
      ago(1, 20, 50),
      [],
      NOW_MS + 10_000,
    ],
    ['by the latest attempts, however many there were before', ago(1, 2, 3, 50), [], NOW_MS + 57_000],
    ['not by attempts of long ago', ago(1, 61, 62), [], null],
    ['not by an attempt that leaves the window at this moment', ago(1, 2, 60), [], null],
    ['not by attempts that were not the person’s fault', ago(1, 2), many(8), null],
    ['after three times as many excused attempts', [], many(9), NOW_MS + 51_000],
    ['by the limit that lasts longer', ago(1, 20, 50), many(9), NOW_MS + 51_000],
  ])('%s', (_, ownAtMs, excusedAtMs, untilMs) => {
    expect(lockedUntilMs({ ownAtMs, excusedAtMs }, NOW_MS, policy)).toBe(untilMs);
  });

  it('never, when the limit is 0', () => {
    const counted = { ownAtMs: many(3), excusedAtMs: many(9) };
    expect(lockedUntilMs(counted, NOW_MS, { ...policy, maxFailures: 0 })).toBeNull();
  });

  it('until exactly the announced moment: one millisecond earlier there are too many attempts', () => {
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

describe('an excused attempt', () => {
  it('is one whose frames did not arrive, were not analysed in time or cannot be judged, and never a reject', () => {
    const excused = REASONS.filter((reason) =>
      isExcused({ outcome: 're-verify', reasons: ['time-up', reason] }),
    );
    expect(excused).toEqual([
      'camera-turned',
      'camera-colourless',
      'connection-too-slow',
      'service-too-slow',
    ]);
    for (const outcome of OUTCOMES.filter((one) => one !== 're-verify'))
      expect(isExcused({ outcome, reasons: excused })).toBe(false);
  });

  it('never has a reason or a code that this version does not know', () => {
    expect(isExcused({ outcome: 're-verify', reasons: ['connection-too-odd'] })).toBe(false);
    expect(isExcused({ outcome: null, code: 'server.overheated' })).toBe(false);
  });

  it('is one that the server ended, and not one whose client broke a rule', () => {
    const codes = Object.keys(ERRORS) as ErrorCode[];
    expect(codes.filter((code) => isExcused({ outcome: null, code }))).toEqual([
      'server.draining',
      'server.internal',
    ]);
  });
});
