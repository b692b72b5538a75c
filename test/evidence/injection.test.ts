import { describe, expect, it } from 'vitest';
import { policyFor } from '../../server/policy/built-in.ts';
import {
  foldInjection,
  initialInjection,
  injectionEvidence,
  type InjectionState,
} from '../../server/evidence/injection.ts';
import type { FaceAnalysis } from '../../server/vision/analysis.ts';
import { analysisOf, seeded, type Look } from '../support/analysis-builder.ts';
import { ALL_MODELS } from '../support/session-driver.ts';

const policy = policyFor('standard').injection;
const EVERY_MS = 40;

/** Capture times as a browser gives them. */
const captured = (i: number) => i * EVERY_MS + (i % 7) / 10;

function stream(looks: (i: number) => Look, frames: number, capturedAtMs = captured): InjectionState {
  const random = seeded(2);
  let state = initialInjection;
  for (let i = 0; i < frames; i++) {
    const wants = { embeddings: false, pad: false, countFaces: false };
    const analysis = analysisOf(looks(i), wants, ALL_MODELS.models, random);
    const sample = { seq: i, atMs: i * EVERY_MS, capturedAtMs: capturedAtMs(i), analysis };
    state = foldInjection(state, sample, policy);
  }
  return state;
}

const severity = (state: InjectionState) => {
  const evidence = injectionEvidence(state, policy);
  return evidence.measured ? evidence.score : Number.NaN;
};

describe('injection', () => {
  it('has no indicator for a camera', () => {
    const state = stream(() => ({}), 100);
    expect(state.indicators).toEqual([]);
    expect(injectionEvidence(state, policy)).toMatchObject({
      measured: true,
      score: 0,
      logLikelihoodRatio: 0,
    });
  });

  it('does not count a hand in front of the camera, and has a weak indicator for a camera that sends each picture twice', () => {
    expect(stream((i) => (i > 10 ? { found: false, picture: 'black' } : {}), 100).indicators).toEqual([]);
    const twice = stream((i) => ({ picture: `p${i >> 1}` }), 100);
    expect(twice.indicators).toEqual(['duplicated']);
    expect(severity(twice)).toBeLessThan(0.3);
  });

  it.each([
    ['frozen', (i: number) => ({ picture: i < 20 ? `p${i}` : 'held' }), undefined],
    ['looped', (i: number) => ({ picture: `p${i % 30}` }), undefined],
    ['motionless', () => ({ sway: 0 }), undefined],
    ['clock', () => ({}), (i: number) => (i < 50 ? i * EVERY_MS : 0)],
    ['clock', () => ({}), (i: number) => i * 120],
    ['metronome', () => ({}), (i: number) => i * EVERY_MS],
  ] as const)('has the indicator %s', (indicator, looks, times) => {
    expect(stream(looks, 100, times).indicators).toContain(indicator);
  });

  it('rejects only for what a camera never does', () => {
    expect(severity(stream(() => ({ picture: 'held' }), 60))).toBeGreaterThanOrEqual(policy.rejectSeverity);
    expect(severity(stream(() => ({ sway: 0 }), 60))).toBeLessThan(policy.rejectSeverity);
    expect(
      severity(
        stream(
          () => ({}),
          60,
          (i) => i * EVERY_MS,
        ),
      ),
    ).toBeLessThan(policy.rejectSeverity);
  });

  it('is unmeasured before the stream is long enough', () => {
    expect(
      injectionEvidence(
        stream(() => ({}), 5),
        policy,
      ),
    ).toEqual({
      measured: false,
      why: 'too-few-frames',
    });
  });
});

const UNIT_PX = 90;
type Head = (atMs: number) => { readonly x: number; readonly y: number; readonly yaw: number };

/** Smooth movement that never repeats. */
const wandering: Head = (atMs) => ({
  x: 0.3 * Math.sin(atMs / 610) + 0.17 * Math.sin(atMs / 273),
  y: 0.2 * Math.sin(atMs / 523) + 0.1 * Math.sin(atMs / 191),
  yaw: 0.5 * Math.sin(atMs / 817),
});

/** The same of a person who holds still. */
const resting: Head = (atMs) => {
  const { x, y, yaw } = wandering(atMs);
  return { x: 0.1 * x, y: 0.1 * y, yaw: 0.1 * yaw };
};

/** Frames of a head whose landmarks have errors of `noise` eye distances, as after another encoding. */
function heads(
  head: Head,
  sourceMs: (i: number) => number,
  frames: number,
  noise = 0.006,
  everyMs = EVERY_MS,
): InjectionState {
  const random = seeded(7);
  let state = initialInjection;
  for (let i = 0; i < frames; i++) {
    const { x, y, yaw } = head(sourceMs(i));
    const landmarks = Float32Array.from({ length: 468 * 3 }, (_, at) => {
      const angle = (2 * Math.PI * Math.floor(at / 3)) / 468;
      const error = (random() + random() + random() - 1.5) * 2 * noise;
      const across = 3.5 + x + Math.cos(angle) * Math.cos(yaw) + 0.6 * Math.sin(3 * angle) * Math.sin(yaw);
      return UNIT_PX * ((at % 3 === 0 ? across : 2.5 + y + 1.3 * Math.sin(angle)) + error);
    });
    const wants = { embeddings: false, pad: false, countFaces: false };
    const analysis = analysisOf({}, wants, ALL_MODELS.models, random);
    if (!analysis.face.found) throw new Error('a face was asked for');
    const { value: plain } = analysis.face;
    const quality = { ...plain.quality, interEyePx: UNIT_PX };
    const value: FaceAnalysis = { ...plain, landmarks, quality };
    const times = { atMs: i * everyMs, capturedAtMs: i * everyMs + (i % 7) / 10 };
    const sample = { seq: i, ...times, analysis: { ...analysis, face: { found: true as const, value } } };
    state = foldInjection(state, sample, policy);
  }
  return state;
}

describe('a recording that is played again in other encodings', () => {
  const LENGTH_MS = 3_000;
  const backAndForth = (ms: number) => Math.abs(((ms + LENGTH_MS) % (2 * LENGTH_MS)) - LENGTH_MS);

  it.each([
    ['looped', (i: number) => (i * EVERY_MS) % LENGTH_MS],
    ['looped, caught at other instants each time', (i: number) => (i * (EVERY_MS + 1.7)) % LENGTH_MS],
    ['played back and forth', (i: number) => backAndForth(i * EVERY_MS)],
    [
      'played in pieces of a second in another order',
      (i: number) => ((i * 7919) % 3 && i < 75 ? i : i % 75) * EVERY_MS,
    ],
  ])('%s, is found out and rejected', (_, sourceMs) => {
    const state = heads(wandering, sourceMs, 160);
    expect(state.indicators).toContain('repeated');
    expect(severity(state)).toBeGreaterThanOrEqual(policy.rejectSeverity);
  });

  it('is not found in a head that moves, rests, or turns and turns back', () => {
    expect(heads(wandering, (i) => i * EVERY_MS, 600).indicators).toEqual([]);
    expect(heads(resting, (i) => i * EVERY_MS, 600).indicators).toEqual([]);
    const turning: Head = (atMs) => {
      const { x, y, yaw } = resting(atMs);
      const turn = (0.9 + 0.1 * Math.sin(atMs / 1_300)) * Math.max(0, Math.sin(atMs / 700)) ** 2;
      return { x: x + 0.4 * turn, y: y + 0.1 * turn * Math.cos(atMs / 900), yaw: yaw + 0.6 * turn };
    };
    expect(heads(turning, (i) => i * EVERY_MS, 400).indicators).toEqual([]);
  });
});

/** A person at rest who turns at these moments, and back, in these times. */
const turningAt =
  (turns: readonly (readonly [number, number, number, number])[]): Head =>
  (atMs) => {
    let share = 0;
    for (const [startMs, riseMs, holdMs, fallMs] of turns) {
      const sinceMs = atMs - startMs;
      const along = Math.min(1, sinceMs / riseMs, (riseMs + holdMs + fallMs - sinceMs) / fallMs);
      if (along > 0) share = along * along * (3 - 2 * along);
    }
    return { x: 0.4 * share, y: 0.05 * share, yaw: 0.6 * share };
  };

describe('a gesture that is asked for twice', () => {
  const indicatorsOf = (...turns: (readonly [number, number, number, number])[]) =>
    heads(turningAt(turns), (i) => i * EVERY_MS, 200, 0.003).indicators.filter(
      (indicator) => indicator === 'repeated',
    );

  it('is no repeat where only the way there, or only the way back, has the same pace', () => {
    expect(indicatorsOf([1_000, 500, 500, 470], [4_500, 620, 380, 470])).toEqual([]);
    expect(indicatorsOf([1_000, 500, 500, 470], [4_500, 500, 620, 380])).toEqual([]);
    expect(indicatorsOf([1_000, 500, 500, 470], [4_500, 500, 620, 470])).toEqual([]);
  });

  it('is a repeat where both ways have the same pace', () => {
    expect(indicatorsOf([1_000, 500, 500, 470], [4_500, 500, 500, 470])).toEqual(['repeated']);
  });
});

describe('a stream that is cut together', () => {
  /** At each of these frames the stream jumps to another moment of the same recording. */
  const cutAt = (frames: readonly number[]) => (i: number) => {
    const cuts = frames.filter((frame) => i >= frame).length;
    return i * EVERY_MS + cuts * 41_300;
  };
  const jumping: Head = (atMs) => {
    const { x, y, yaw } = resting(atMs);
    return { x: x + 0.25 * Math.floor(atMs / 41_300), y, yaw };
  };

  it('is rejected after three cuts, and noted for one', () => {
    expect(heads(jumping, cutAt([30, 60, 90]), 120).indicators).toContain('spliced');
    expect(severity(heads(jumping, cutAt([30, 60, 90]), 120))).toBeGreaterThanOrEqual(policy.rejectSeverity);
    const once = heads(jumping, cutAt([30]), 120);
    expect(once.indicators).toEqual(['cut']);
    expect(severity(once)).toBeLessThan(policy.rejectSeverity);
  });

  it('is not suspected for fast moves of the head at 12 frames a second', () => {
    // Four degrees within 80 ms, three times. At 25 frames a second two frames show the way, at 12 none does.
    const jerking: Head = (atMs) => {
      const { x, y, yaw } = resting(atMs);
      const jerks = [2_000, 5_000, 8_000].map((ms) => Math.min(1, Math.max(0, (atMs - ms) / 80)));
      return { x: x + 0.16 * (jerks[0] - jerks[1] + jerks[2]), y, yaw };
    };
    const everyMs = 1000 / 12;
    expect(heads(jerking, (i) => i * everyMs, 130, 0.006, everyMs).cuts.cuts).toBe(0);
    expect(heads(jerking, (i) => i * EVERY_MS, 270).cuts.cuts).toBe(0);
  });

  it('is not suspected for quick movements', () => {
    const nodding: Head = (atMs) => ({ ...resting(atMs), y: 0.6 * Math.max(0, Math.sin(atMs / 160)) ** 4 });
    expect(heads(nodding, (i) => i * EVERY_MS, 200).cuts.cuts).toBe(0);
  });
});
