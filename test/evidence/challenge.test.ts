import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CHALLENGE_KINDS, type ChallengeKind } from '../../protocol/status.ts';
import { policyFor } from '../../server/policy/built-in.ts';
import type { ChallengePolicy } from '../../server/policy/challenges.ts';
import {
  challengeEvidence,
  foldChallenge,
  nextChallengeTime,
  passTime,
  startChallenge,
  type ChallengeRun,
  type ChallengeSample,
} from '../../server/evidence/challenge.ts';
import type { Evidence } from '../../server/evidence/evidence.ts';
import type { Deviation } from '../../server/evidence/gesture.ts';

const policy = standardChallenges();
const { gestures } = policyFor('standard');
const START_MS = 10_000;
const AT_REST: Deviation = {
  yawDeg: 0,
  pitchDeg: 0,
  opening: 0,
  widening: 0,
  cornerLift: 0,
  closeness: 0,
};

const fold = (run: ChallengeRun, sample: ChallengeSample) => foldChallenge(run, sample, policy, gestures);

const frame = (
  atMs: number,
  moved: number | Partial<Deviation>,
  more: Partial<ChallengeSample> = {},
): ChallengeSample => ({
  atMs,
  deviation: { ...AT_REST, ...(typeof moved === 'number' ? { yawDeg: moved } : moved) },
  eyesClosed: false,
  blink: null,
  trusted: true,
  recognised: true,
  resembles: true,
  ...more,
});

function standardChallenges(): ChallengePolicy {
  const { challenges } = policyFor('standard');
  if (challenges === null) throw new Error('the standard policy draws challenges');
  return challenges;
}

function llr(evidence: Evidence): number {
  return evidence.measured ? evidence.logLikelihoodRatio : Number.NaN;
}

/** A challenge that was revealed at `START_MS`. */
function revealed(kind: ChallengeKind): ChallengeRun {
  const run = startChallenge(kind, START_MS - policy.minPauseMs, 0, policy);
  return passTime(run, START_MS, policy);
}

/** The challenge after frames with these deviations (numbers are yaws), at milliseconds after the prompt. */
function turn(
  kind: ChallengeKind,
  frames: readonly (readonly [number, number | Partial<Deviation>])[],
): ChallengeRun {
  return frames.reduce((run, [atMs, moved]) => fold(run, frame(START_MS + atMs, moved)), revealed(kind));
}

type Points = readonly (readonly [number, number | Partial<Deviation>])[];

const FRAME_MS = 40;

/** The same course in frames of 25 a second: between two points the face moves at a constant speed. */
function inFrames(points: Points): Points {
  return points.flatMap(([atMs, moved], i) => {
    const next = points[i + 1];
    const count = next === undefined ? 1 : Math.ceil((next[0] - atMs) / FRAME_MS);
    return Array.from({ length: count }, (_, step) => {
      const share = step / count;
      const [from, to] = [deviated(moved), deviated(next?.[1] ?? moved)];
      const keys = Object.keys(AT_REST) as (keyof Deviation)[];
      const between = Object.fromEntries(keys.map((key) => [key, from[key] + share * (to[key] - from[key])]));
      return [atMs + share * ((next?.[0] ?? atMs) - atMs), between] as const;
    });
  });
}

function deviated(moved: number | Partial<Deviation>): Deviation {
  return { ...AT_REST, ...(typeof moved === 'number' ? { yawDeg: moved } : moved) };
}

/** Revealed, and still at rest. */
const AHEAD: Points = [
  [40, 0],
  [400, 0],
];

describe('the pause before a prompt', () => {
  it('is failed by a turn that was not asked for, but not by a small movement', () => {
    const pause = startChallenge('turn-left', START_MS, 0.5, policy);
    expect(fold(pause, frame(START_MS + 40, 14))).toEqual(pause);
    for (const yaw of [16, -16])
      expect(fold(pause, frame(START_MS + 40, yaw))).toMatchObject({
        failure: 'unasked-move',
      });
    expect(fold(pause, frame(START_MS + 40, 40, { trusted: false }))).toEqual(pause);
  });
});

describe('a turn', () => {
  it('to the left is positive yaw, counts from 20 degrees on, and is passed when the face is back', () => {
    expect(
      turn('turn-left', [
        [40, 0],
        [500, 12],
        [600, 19],
      ]).stage,
    ).toBe('awaiting-response');
    expect(
      turn('turn-left', [
        [40, 0],
        [500, 12],
        [600, 21],
      ]).stage,
    ).toBe('settling');
    expect(turn('turn-left', inFrames([...AHEAD, [800, 22], [1_100, 9]])).stage).toBe('passed');
    expect(turn('turn-right', inFrames([...AHEAD, [800, -22], [1_100, 3]])).stage).toBe('passed');
  });

  it.each([
    ['turn-left', -1],
    ['turn-right', 1],
  ] as const)('%s fails the other way', (kind, sign) => {
    expect(
      turn(kind, [
        [40, 0],
        [300, 11 * sign],
        [400, 16 * sign],
      ]),
    ).toMatchObject({
      stage: 'failed',
      failure: 'wrong-response',
    });
  });

  it('does not count when the head was turned before', () => {
    expect(
      turn('turn-left', [
        [40, 25],
        [400, 27],
        [2_000, 30],
      ]).stage,
    ).toBe('awaiting-neutral');
  });

  it('that begins before a person can react must begin again, and fails the second time', () => {
    const early: [number, number][] = [
      [20, 0],
      [120, 15],
      [200, 25],
      [300, 2],
    ];
    expect(turn('turn-left', early).stage).toBe('awaiting-response');
    const run = turn('turn-left', early);
    expect(fold(fold(run, frame(START_MS + 700, 14)), frame(START_MS + 800, 24)).stage).toBe('settling');
    expect(
      turn('turn-left', [
        [20, 0],
        [60, 15],
        [90, 0],
        [130, 15],
      ]),
    ).toMatchObject({ failure: 'too-early' });
  });

  it('does not count when it arrives at the deadline or later, whenever it is analysed', () => {
    const late = turn('turn-left', [
      [40, 0],
      [policy.responseMs, 30],
    ]);
    expect(late.stage).toBe('awaiting-response');
    expect(passTime(late, START_MS + policy.responseMs, policy)).toMatchObject({ failure: 'too-late' });
  });

  it('must begin again when the track breaks meanwhile', () => {
    const half = turn('turn-left', [
      [40, 0],
      [500, 12],
    ]);
    expect(fold(half, frame(START_MS + 540, 25, { trusted: false })).stage).toBe('awaiting-neutral');
  });

  it('is not passed by a face that is not recognised afterwards', () => {
    const run = turn('turn-left', [
      [40, 0],
      [500, 12],
      [600, 25],
    ]);
    const back = fold(run, frame(START_MS + 800, 0, { recognised: false }));
    expect(back.stage).toBe('settling');
    expect(passTime(back, START_MS + 600 + policy.settleMs, policy)).toMatchObject({ failure: 'too-late' });
  });
});

describe('a blink', () => {
  it('is failed by a head that turns instead, as in a recording for another prompt', () => {
    expect(fold(ready(), frame(START_MS + 600, 16))).toMatchObject({
      failure: 'wrong-response',
    });
  });

  const ready = () => fold(revealed('blink'), frame(START_MS + 40, 0));
  const blinked = (startMs: number, endMs: number) =>
    fold(
      ready(),
      frame(START_MS + endMs, 0, {
        blink: { startMs: START_MS + startMs, endMs: START_MS + endMs, courseSeen: true },
      }),
    );

  it('counts when it begins later after the prompt than a reaction takes', () => {
    expect(blinked(400, 560).stage).toBe('settling');
  });

  it.each([
    [-100, 60],
    [0, 160],
    [140, 300],
  ])('does not count from %i ms to %i ms after the prompt', (from, to) => {
    expect(blinked(from, to).stage).toBe('awaiting-response');
  });
});

describe.each([
  ['look-up', { pitchDeg: -14 }, { pitchDeg: -17 }, { pitchDeg: 17 }],
  ['look-down', { pitchDeg: 14 }, { pitchDeg: 17 }, { pitchDeg: -17 }],
  ['come-closer', { closeness: 0.2 }, { closeness: 0.3 }, { yawDeg: 16 }],
  ['smile', { widening: 0.12, cornerLift: 0.02 }, { widening: 0.2, cornerLift: 0.03 }, { yawDeg: -16 }],
  ['open-mouth', { opening: 0.3 }, { opening: 0.5 }, { pitchDeg: -17 }],
] as const)('%s', (kind, done, further, otherwise) => {
  it('is passed when it is done, held long enough, and the face looks straight again', () => {
    const answer = inFrames([
      [40, {}],
      [440, {}],
      [700, done],
      [800, further],
      [1_200, done],
      [1_500, {}],
    ]);
    expect(turn(kind, answer).stage).toBe('passed');
  });

  it('is not passed without a movement, nor by a movement before the prompt', () => {
    expect(
      turn(
        kind,
        [40, 500, 900, 3_900].map((atMs) => [atMs, {}] as const),
      ).stage,
    ).toBe('awaiting-response');
    expect(
      turn(
        kind,
        [40, 500, 900, 3_900].map((atMs) => [atMs, done] as const),
      ).stage,
    ).toBe('awaiting-neutral');
  });

  it('fails by another move of the head', () => {
    expect(
      turn(kind, [
        [40, {}],
        [500, otherwise],
      ]),
    ).toMatchObject({ failure: 'wrong-response' });
  });
});

describe.each([
  ['smile', { widening: 0.2, cornerLift: 0.03 }],
  ['open-mouth', { opening: 0.5 }],
] as const)('%s', (kind, done) => {
  it('is not passed by short moments of it, as in speech', () => {
    const talking = Array.from({ length: 30 }, (_, i) => [40 + i * 120, i % 2 === 1 ? done : {}] as const);
    expect(turn(kind, talking).stage).toBe('awaiting-response');
  });
});

describe('any run of frames', () => {
  const samples = fc.array(
    fc.record({
      afterMs: fc.integer({ min: 1, max: 300 }),
      yaw: fc.integer({ min: -40, max: 40 }),
      trusted: fc.boolean(),
      recognised: fc.boolean(),
      resembles: fc.boolean(),
    }),
  );

  const runs = fc.record({
    kind: fc.constantFrom(...CHALLENGE_KINDS),
    draw: fc.double({ min: 0, max: 0.999, noNaN: true }),
    frames: samples,
  });

  it('ends or has a next time that is not past, and is never passed by the turn of another face', () => {
    const holds = fc.property(runs, ({ kind, draw, frames }) => {
      let run = startChallenge(kind, START_MS, draw, policy);
      let atMs = START_MS;
      const times = frames.map(({ afterMs, yaw, ...shown }) => {
        atMs += afterMs;
        run = passTime(fold(run, frame(atMs, yaw, shown)), atMs, policy);
        const next = nextChallengeTime(run);
        return next === null ? run.stage === 'passed' || run.stage === 'failed' : next > atMs;
      });
      const turned =
        (kind === 'turn-left' || kind === 'turn-right') &&
        frames.some(
          ({ yaw, trusted, resembles }) => Math.abs(yaw) >= gestures.turnDeg && trusted && resembles,
        );
      return times.every(Boolean) && (run.stage !== 'passed' || turned);
    });
    expect(fc.check(holds, { seed: 3, numRuns: 200 }).counterexample).toBeNull();
  });
});

describe('challenge evidence', () => {
  it('is unmeasured until all challenges are passed or one has failed', () => {
    expect(challengeEvidence([], null, null)).toEqual({ measured: false, why: 'not-started' });
    expect(challengeEvidence(['blink'], null, 2)).toEqual({ measured: false, why: 'too-few-frames' });
    expect(challengeEvidence([], null, 0)).toEqual({ measured: false, why: 'not-requested' });
    expect(challengeEvidence(['blink', 'turn-left'], null, 2)).toMatchObject({ measured: true, score: 2 });
  });

  it('is in favour when challenges are passed, more for turns than for blinks, and against when one fails', () => {
    expect(llr(challengeEvidence(['turn-left'], null, 1))).toBeGreaterThan(
      llr(challengeEvidence(['blink'], null, 1)),
    );
    for (const failure of ['too-late', 'too-early', 'wrong-response', 'unasked-move', 'unseen'] as const)
      expect(llr(challengeEvidence([], failure, 2))).toBeLessThan(-2);
  });
});
