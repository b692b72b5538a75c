import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CHALLENGE_KINDS, type ChallengeKind } from '../../protocol/status.ts';
import { isCourseSeen, type CourseFrame } from '../../server/evidence/course.ts';
import { isHeadMove } from '../../server/evidence/gesture.ts';
import { course as policy } from '../../server/policy/course.ts';

const GESTURES = CHALLENGE_KINDS.filter((kind) => kind !== 'blink');
const HEAD_MOVES = GESTURES.filter(isHeadMove);

const minimumJerk = (share: number) => {
  const t = Math.min(1, Math.max(0, share));
  return t * t * t * (10 + t * (6 * t - 15));
};

interface Gesture {
  readonly riseMs: number;
  readonly holdMs: number;
  readonly fallMs: number;
  readonly peak: number;
}

/** A movement of a person, from rest to its peak and back (Flash and Hogan 1985). */
const moved =
  ({ riseMs, holdMs, fallMs, peak }: Gesture) =>
  (atMs: number) =>
    peak * minimumJerk(Math.min(atMs / riseMs, (riseMs + holdMs + fallMs - atMs) / fallMs));

/** A few stills: each is shown for `tickMs`. */
const stills = (pictures: readonly number[], tickMs: number) => (atMs: number) =>
  pictures[Math.floor(atMs / tickMs)] ?? 0;

/** What frames at this rate show of it, from half a second before. `noise` of the measure, to either side. */
function frames(
  extentAt: (atMs: number) => number,
  framesPerSecond: number,
  { phase = 0, untilMs = 4_000, noise = 0 } = {},
): CourseFrame[] {
  const stepMs = 1000 / framesPerSecond;
  const count = Math.floor((untilMs + 500) / stepMs);
  return Array.from({ length: count }, (_, i) => {
    const atMs = (i + phase) * stepMs - 500;
    return { atMs, extent: (atMs < 0 ? 0 : extentAt(atMs)) + noise * Math.sin(37 * i) };
  });
}

const gesture = fc.record({
  riseMs: fc.integer({ min: 400, max: 1_200 }),
  holdMs: fc.integer({ min: 100, max: 800 }),
  fallMs: fc.integer({ min: 400, max: 1_200 }),
  peak: fc.double({ min: 1.05, max: 2, noNaN: true }),
});

describe('the course of a gesture', () => {
  it('is seen when a person moves, at 12 frames a second and more, wherever the frames fall', () => {
    const seen = fc.property(
      gesture,
      fc.constantFrom(...GESTURES),
      fc.integer({ min: 12, max: 60 }),
      fc.double({ min: 0, max: 0.99, noNaN: true }),
      (person, kind, rate, phase) =>
        isCourseSeen(kind, frames(moved(person), rate, { phase, noise: 0.015 }), policy),
    );
    expect(fc.check(seen, { seed: 5, numRuns: 1_000 }).counterexample).toBeNull();
  });

  it('is not seen in stills at 2, 4 and 8 pictures a second, however often each is sent', () => {
    const unseen = fc.property(
      fc.constantFrom(...GESTURES),
      fc.constantFrom(2, 4, 8),
      fc.integer({ min: 8, max: 60 }),
      fc.double({ min: 1, max: 2, noNaN: true }),
      // Up to three pictures between rest and the end, which last at most half a second a way.
      fc.integer({ min: 0, max: 3 }),
      fc.double({ min: 0, max: 0.99, noNaN: true }),
      (kind, picturesPerSecond, rate, peak, most, phase) => {
        // Further pictures look like a quick movement where hardly more frames than pictures are sent.
        const between =
          rate >= 25
            ? Math.min(picturesPerSecond < 8 ? 3 : 1, most)
            : isHeadMove(kind)
              ? Math.min(1, most)
              : 0;
        const way = Array.from({ length: between }, (_, i) => (peak * (i + 1)) / (between + 1));
        const held = Array.from({ length: Math.ceil(0.6 * picturesPerSecond) }, () => peak);
        const shown = stills([...way, ...held, ...way.toReversed()], 1000 / picturesPerSecond);
        return !isCourseSeen(kind, frames(shown, rate, { phase, noise: 0.015 }), policy);
      },
    );
    expect(fc.check(unseen, { seed: 6, numRuns: 1_000 }).counterexample).toBeNull();
  });

  it('is not seen at fewer than 8 frames a second, whatever moves', () => {
    const unseen = fc.property(
      gesture,
      fc.constantFrom(...HEAD_MOVES),
      fc.integer({ min: 1, max: 8 }),
      (person, kind, rate) => person.riseMs > 600 || !isCourseSeen(kind, frames(moved(person), rate), policy),
    );
    expect(fc.check(unseen, { seed: 7, numRuns: 500 }).counterexample).toBeNull();
  });

  it.each(HEAD_MOVES)('%s needs the way back as well', (kind) => {
    const person = moved({ riseMs: 500, holdMs: 400, fallMs: 450, peak: 1.6 });
    const whole = frames(person, 15);
    expect(isCourseSeen(kind, whole, policy)).toBe(true);
    const jumpsBack = whole.filter(({ atMs }) => atMs < 880 || atMs > 1_340);
    expect(isCourseSeen(kind, jumpsBack, policy)).toBe(false);
    expect(
      isCourseSeen(
        kind,
        whole.filter(({ atMs }) => atMs < 900),
        policy,
      ),
    ).toBe(false);
  });

  it.each<ChallengeKind>(['smile', 'open-mouth', 'come-closer'])('%s counts while it is held', (kind) => {
    const person = moved({ riseMs: 400, holdMs: 1_000, fallMs: 400, peak: 1.5 });
    expect(isCourseSeen(kind, frames(person, 12, { untilMs: 900 }), policy)).toBe(true);
  });

  it('is not seen when its middle is lost, when it goes back on the way, or when it is quicker than a head', () => {
    const person = moved({ riseMs: 500, holdMs: 400, fallMs: 450, peak: 1.6 });
    const whole = frames(person, 30);
    expect(isCourseSeen('turn-left', whole, policy)).toBe(true);
    expect(
      isCourseSeen(
        'turn-left',
        whole.filter(({ atMs }) => atMs < 180 || atMs > 320),
        policy,
      ),
    ).toBe(false);
    const backOnTheWay = whole.map((one) =>
      one.atMs > 240 && one.atMs < 300 ? { ...one, extent: 0.05 } : one,
    );
    expect(isCourseSeen('turn-left', backOnTheWay, policy)).toBe(false);
    const quick = moved({ riseMs: 90, holdMs: 400, fallMs: 90, peak: 1.6 });
    expect(isCourseSeen('turn-left', frames(quick, 60), policy)).toBe(false);
  });

  it('is not seen in no frames, one frame, or a face that does not move', () => {
    expect(isCourseSeen('turn-left', [], policy)).toBe(false);
    expect(isCourseSeen('turn-left', [{ atMs: 0, extent: 1 }], policy)).toBe(false);
    expect(
      isCourseSeen(
        'turn-left',
        frames(() => 0, 30),
        policy,
      ),
    ).toBe(false);
  });
});
