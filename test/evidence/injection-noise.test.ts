import { describe, expect, it } from 'vitest';
import { policyFor } from '../../server/policy/built-in.ts';
import { foldInjection } from '../../server/evidence/injection.ts';
import { worstSeverity } from '../../server/evidence/injection-indicators.ts';
import { foldNoise, initialNoise, isNoiseless } from '../../server/evidence/injection-noise.ts';
import { isVirtualCamera } from '../../server/evidence/virtual-cameras.ts';
import { initialState, isLive } from '../../server/session/state.ts';
import { transition } from '../../server/session/transition.ts';
import type { RgbImage } from '../../server/vision/image.ts';
import { blockDigests } from '../../server/vision/noise.ts';
import { analysisOf, seeded } from '../support/analysis-builder.ts';
import { SessionDriver, START_MS } from '../support/session-driver.ts';

const policy = policyFor('standard').injection;

const WIDTH = 160;
const HEIGHT = 120;
const TEXTURE = Float32Array.from({ length: WIDTH * HEIGHT }, (_, at) => {
  const [x, y] = [at % WIDTH, Math.floor(at / WIDTH)];
  return 90 + 60 * Math.sin(x / 9) * Math.cos(y / 7);
});

/** A textured scene, with a camera's noise in `noisyShare` of its columns. */
function scene(random: () => number, noisyShare: number): RgbImage {
  const data = new Uint8Array(3 * WIDTH * HEIGHT);
  for (const [at, value] of TEXTURE.entries()) {
    const noise = at % WIDTH < noisyShare * WIDTH ? (random() - 0.5) * 6 : 0;
    data.fill(value + noise, 3 * at, 3 * at + 3);
  }
  return { data, width: WIDTH, height: HEIGHT };
}

function noiseless(noisyShare: number, frames = 36): boolean {
  const random = seeded(6);
  let state = initialNoise;
  for (let i = 0; i < frames; i++) state = foldNoise(state, blockDigests(scene(random, noisyShare)));
  return isNoiseless(state, policy);
}

describe('the noise of a camera', () => {
  it('is missing where parts of the picture repeat exactly', () => {
    expect(noiseless(1)).toBe(false);
    expect(noiseless(0.97)).toBe(false);
    expect(noiseless(0.7)).toBe(true);
    expect(noiseless(0)).toBe(true);
    expect(noiseless(0, 20)).toBe(false);
  });

  it('is not expected in pictures that are flat, black, white or tiny', () => {
    const plain = { data: new Uint8Array(3 * 320 * 240).fill(128), width: 320, height: 240 };
    expect(blockDigests(plain).every((digest) => digest === 0)).toBe(true);
    expect(blockDigests({ data: new Uint8Array(3), width: 1, height: 1 })).toEqual([]);
    expect(blockDigests({ data: new Uint8Array(3 * 64).fill(9), width: 8, height: 8 })).toHaveLength(120);
    let state = initialNoise;
    for (let i = 0; i < 60; i++) state = foldNoise(state, blockDigests(plain));
    expect(isNoiseless(state, policy)).toBe(false);
  });
});

describe('a camera’s name', () => {
  it.each([
    'OBS Virtual Camera',
    'OBS-Camera',
    'ManyCam Virtual Webcam',
    'Snap Camera',
    'Dummy video device (0x0000)',
    'DroidCam Source 3',
    'XSplit VCam',
    'fake_device_0',
  ])('%s is that of a program', (label) => {
    expect(isVirtualCamera(label)).toBe(true);
  });

  it.each([
    '',
    'FaceTime HD Camera (2C0E:82E3)',
    'Integrated Webcam (0bda:58ef)',
    'HD Pro Webcam C920',
    'OBSBOT Tiny 2 StreamCamera',
    'camera2 1, facing front',
    'Jobs’s iPhone Camera',
  ])('“%s” is not that of a program', (label) => {
    expect(isVirtualCamera(label)).toBe(false);
  });
});

describe('a session whose client names a program as its camera', () => {
  it('goes on, and the audit says so', () => {
    const driver = new SessionDriver({ policy: 'blink-only' });
    const hello = { type: 'hello', atMs: START_MS, virtualCamera: true } as const;
    const [begun] = transition(initialState(driver.request, START_MS), hello, driver.policy, driver.context);
    if (!isLive(begun)) throw new Error('the session has to be live');
    const { gathered, virtualCamera } = begun.live;
    expect(virtualCamera).toBe(true);
    const analysis = analysisOf(
      {},
      { embeddings: false, pad: false, countFaces: false },
      driver.context.models,
      seeded(1),
    );
    const sample = { seq: 0, atMs: START_MS, capturedAtMs: 0, analysis, virtualCamera };
    const { indicators } = foldInjection(gathered.cues.injection, sample, policy);
    expect(indicators).toEqual(['virtual-camera']);
    expect(worstSeverity(indicators)).toBeLessThan(policy.rejectSeverity);
  });
});
