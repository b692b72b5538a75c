import { describe, expect, it } from 'vitest';
import {
  MOTION_FEATURE_COUNT,
  MOTION_FEATURES,
  MOTION_STEPS,
  motionWindow,
} from '../../server/evidence/motion-features.ts';
import { MODEL_MANIFEST } from '../../models/manifest.ts';
import { type Moment, postures } from './motion-face.ts';

/** A person who blinks once, speaks, looks aside, turns a little and sways. */
function alive(seconds: number): Moment {
  return {
    yaw: 0.1 * Math.sin(2 * seconds),
    roll: 0.04 * Math.sin(1.3 * seconds),
    right: 0.05 * Math.sin(2.1 * seconds),
    closer: 0.03 * Math.sin(1.1 * seconds),
    jaw: 0.06 * (1 - Math.cos(6 * seconds)),
    openness: 0.2 - 0.12 * Math.exp(-(((seconds - 1.3) / 0.12) ** 2)),
    gazeRight: 0.04 * Math.tanh(20 * (seconds - 0.9)),
  };
}

function windowOf(...args: Parameters<typeof postures>): Float32Array {
  const window = motionWindow(postures(...args));
  expect(window).not.toBeNull();
  return window ?? new Float32Array();
}

function feature(window: Float32Array, name: (typeof MOTION_FEATURES)[number]): number[] {
  const at = MOTION_FEATURES.indexOf(name);
  return Array.from({ length: MOTION_STEPS }, (_, i) => window[i * MOTION_FEATURE_COUNT + at]);
}

function furthest(a: Float32Array, b: Float32Array): number {
  return a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i])), 0);
}

describe('a window of motion features', () => {
  it('has the shape of the network’s input', () => {
    const { steps, features } = MODEL_MANIFEST.motion.input;
    expect(MOTION_FEATURE_COUNT).toBe(features);
    expect(windowOf(alive)).toHaveLength(steps * features);
  });

  it('is the same for the same postures, and does not change them', () => {
    const given = postures(alive);
    const kept = structuredClone(given);
    expect(motionWindow(given)).toEqual(motionWindow(given));
    expect(given).toEqual(kept);
  });

  it.each([
    ['another size of the face', { eyeDistancePx: 41 }],
    ['a camera held askew', { rollRad: 0.3 }],
    ['another place in the picture', { shiftPx: 90 }],
    ['a mirrored picture', { mirrored: true }],
  ])('does not change with %s', (_, view) => {
    expect(furthest(windowOf(alive), windowOf(alive, { view }))).toBeLessThan(0.02);
  });

  it.each([24, 15, 12])('changes little when the camera takes %d pictures a second', (framesPerSecond) => {
    const fast = windowOf(alive, { framesPerSecond: 30 });
    const slow = windowOf(alive, { framesPerSecond });
    for (const name of [
      'openness',
      'gaze-aside',
      'mouth-opening',
      'yaw',
      'roll',
      'scale',
      'speed',
    ] as const) {
      const [a, b] = [feature(fast, name), feature(slow, name)];
      const swing = Math.max(...a) - Math.min(...a);
      expect(Math.max(...a.map((value, i) => Math.abs(value - b[i])))).toBeLessThan(0.35 * swing + 0.02);
    }
  });

  it('does not depend on when it starts', () => {
    expect(furthest(windowOf(alive), windowOf(alive, { fromMs: 1_700_000_000_000 }))).toBeLessThan(0.02);
  });

  it('shows a blink only in the lids', () => {
    const window = windowOf((seconds) => ({ openness: seconds > 1 && seconds < 1.2 ? 0.08 : 0.2 }));
    expect(Math.min(...feature(window, 'openness'))).toBeLessThan(-0.9);
    for (const name of ['soft-residual', 'plane-residual', 'noise'] as const)
      expect(Math.max(...feature(window, name))).toBeLessThan(-1.4);
  });

  it('explains a rigid head that turns, which a plane does not explain', () => {
    const window = windowOf((seconds) => ({ yaw: 0.4 * Math.sin(2 * seconds) }));
    expect(Math.max(...feature(window, 'plane-residual'))).toBeGreaterThan(
      Math.max(...feature(window, 'soft-residual')) + 0.3,
    );
  });

  it('explains all movement of a photograph by a plane', () => {
    const window = windowOf((seconds) => ({
      yaw: 0.4 * Math.sin(2 * seconds),
      roll: 0.2 * Math.sin(3 * seconds),
      closer: 0.1 * seconds,
      flat: true,
    }));
    expect(Math.max(...feature(window, 'plane-residual'))).toBeLessThan(-0.9);
    expect(Math.max(...feature(window, 'mouth-opening').map(Math.abs))).toBeLessThan(0.3);
  });

  it('shows a jaw that moves, which no rigid body explains', () => {
    const window = windowOf((seconds) => ({ jaw: 0.1 * (1 + Math.sin(9 * seconds)) }));
    expect(Math.max(...feature(window, 'soft-residual'))).toBeGreaterThan(0.3);
    expect(Math.max(...feature(window, 'stiff-residual'))).toBeLessThan(-1);
  });

  it.each([
    ['nothing', []],
    ['one second', postures(alive, { durationMs: 1_000 })],
    ['pictures half a second apart', postures(alive, { framesPerSecond: 2 })],
    ['too few pictures', postures(alive, { framesPerSecond: 2.5 })],
    ['a clock that runs backward', postures(alive).toReversed()],
    [
      'a mesh of which nothing is known',
      postures(alive).map(({ atMs, values }) => ({ atMs, values: values.map(() => Number.NaN) })),
    ],
    [
      'a mesh whose points coincide',
      postures(alive).map(({ atMs, values }) => ({ atMs, values: values.map(() => 7) })),
    ],
  ])('is null for %s', (_, given) => {
    expect(motionWindow(given)).toBeNull();
  });
});
