import { describe, expect, it } from 'vitest';
import { lockedUntilMs } from '../../server/identity/lock-out.ts';

const policy = { maxFailures: 3, windowMs: 60_000 };
const NOW_MS = 1_000_000;
const ago = (...seconds: number[]) => seconds.map((second) => NOW_MS - second * 1000);

describe('a subject is locked out', () => {
  it.each([
    ['after no failure', [], 0, null],
    ['after fewer failures than allowed', ago(1, 2), 0, null],
    ['after as many as allowed, until the oldest of them is forgotten', ago(1, 20, 50), 0, NOW_MS + 10_000],
    ['by the latest ones, however many there were before', ago(1, 2, 3, 50), 0, NOW_MS + 57_000],
    ['not by failures of long ago', ago(1, 61, 62), 0, null],
    ['by sessions that are still open, which may fail as well', ago(1), 2, NOW_MS + 59_000],
    ['by open sessions alone', [], 3, NOW_MS + 60_000],
  ])('%s', (_, failedAtMs, open, untilMs) => {
    expect(lockedUntilMs({ failedAtMs, open }, NOW_MS, policy)).toBe(untilMs);
  });

  it('never, where that is switched off', () => {
    expect(
      lockedUntilMs({ failedAtMs: ago(1, 2, 3), open: 9 }, NOW_MS, { ...policy, maxFailures: 0 }),
    ).toBeNull();
  });
});
