import { describe, expect, it } from 'vitest';
import { decodeUpstream, encodeMessage } from '../../protocol/codec.ts';
import type { Upstream } from '../../protocol/upstream.ts';
import { policyFor } from '../../server/policy/built-in.ts';
import { depthEvidence, foldDepth, initialDepth } from '../../server/evidence/depth.ts';
import type { FrameAnalyzer } from '../../server/inference/calls.ts';
import { createLogger } from '../../server/observe/log.ts';
import { SessionRunner } from '../../server/sessions/runner.ts';
import type { Verdict } from '../../server/session/effect.ts';
import { depthRelief, withDepth, type DepthImage } from '../../server/vision/depth.ts';
import { analysisOf, seeded } from '../support/analysis-builder.ts';
import { PLAIN_EYES_PX, plainHead, turned } from '../support/plain-head.ts';
import { ALL_MODELS, BASE_MODELS } from '../support/session-driver.ts';
import { VirtualClock } from '../support/virtual-clock.ts';

const policy = policyFor('standard').depth;
const WIDTH = 160;
const HEIGHT = 120;
const MM_PER_PX = 63 / PLAIN_EYES_PX;
const mesh = turned(plainHead(), 0);

/**
 * A noisy sensor's image of a surface, which is given in millimetres by the place in the picture. Some pixels are
 * empty.
 */
function sensor(surfaceMm: (x: number, y: number) => number, noiseMm = 3, seed = 1): DepthImage {
  const random = seeded(seed);
  const data = new Uint8Array(2 * WIDTH * HEIGHT);
  for (let row = 0; row < HEIGHT; row++) {
    for (let column = 0; column < WIDTH; column++) {
      if (random() < 0.05) continue;
      const noise = (random() + random() + random() - 1.5) * 2 * noiseMm;
      const mm = Math.round(surfaceMm((column + 0.5) * 4, (row + 0.5) * 4) + noise);
      data.set([mm & 255, mm >> 8], 2 * (row * WIDTH + column));
    }
  }
  return { width: WIDTH, height: HEIGHT, data };
}

/** The plain head, half a metre away: at each place the distance of the nearest point. */
const headMm = Float32Array.from({ length: WIDTH * HEIGHT }, (_, at) => {
  const [x, y] = [((at % WIDTH) + 0.5) * 4, (Math.floor(at / WIDTH) + 0.5) * 4];
  let [sum, weights] = [0, 0];
  for (let i = 0; i < mesh.length; i += 3) {
    const weight = 1 / ((mesh[i] - x) ** 2 + (mesh[i + 1] - y) ** 2 + 4) ** 2;
    sum += weight * mesh[i + 2];
    weights += weight;
  }
  return 500 + (sum / weights) * MM_PER_PX;
});
const head = (x: number, y: number) => headMm[Math.floor(y / 4) * WIDTH + Math.floor(x / 4)];
const tilted = (x: number, y: number) => 500 + 0.4 * (x - 320) - 0.3 * (y - 240);
const rolled = (x: number) => 500 + ((x - 320) * MM_PER_PX) ** 2 / 200;
const folded = (x: number) => 500 + 0.3 * Math.abs(x - 320) * MM_PER_PX;

const measure = (depth: DepthImage) => depthRelief(depth, mesh, PLAIN_EYES_PX, 640, 480);

function evidenceOf(depth: (frame: number) => DepthImage, frames = 8) {
  const random = seeded(4);
  let state = initialDepth;
  for (let i = 0; i < frames; i++) {
    const wants = { embeddings: false, pad: false, countFaces: false };
    const plain = analysisOf({}, wants, ALL_MODELS.models, random);
    if (!plain.face.found) throw new Error('a face was asked for');
    const quality = { ...plain.face.value.quality, interEyePx: PLAIN_EYES_PX };
    const value = { ...plain.face.value, landmarks: mesh, quality };
    const analysis = withDepth({ ...plain, face: { found: true, value } }, depth(i));
    const verdict = { usable: true, good: true, hint: null } as const;
    state = foldDepth(state, { seq: i, atMs: 40 * i, capturedAtMs: 40 * i, analysis }, verdict, policy);
  }
  return depthEvidence(state, policy);
}

describe('the relief of depth', () => {
  it('is that of a face for a head in space, at its distance', () => {
    const relief = measure(sensor(head));
    expect(relief?.relief).toBeGreaterThan(0.6);
    expect(relief?.agreement).toBeGreaterThan(0.7);
    expect(relief?.distanceMm).toBeGreaterThan(480);
    expect(relief?.distanceMm).toBeLessThan(560);
    expect(relief?.fieldOfViewDeg).toBeGreaterThan(40);
    expect(relief?.fieldOfViewDeg).toBeLessThan(65);
  });

  it.each([
    ['held at an angle', tilted],
    ['rolled', rolled],
    ['folded along the nose', folded],
  ])('is 0 for paper %s', (_, surface) => {
    expect(Math.abs(measure(sensor(surface))?.relief ?? 1)).toBeLessThan(0.25);
  });

  it('is null where there is no depth, the mesh has no extent, or its points are not finite', () => {
    expect(measure({ width: WIDTH, height: HEIGHT, data: new Uint8Array(2 * WIDTH * HEIGHT) })).toBeNull();
    expect(depthRelief(sensor(head), new Float32Array(1404), 1, 640, 480)).toBeNull();
    expect(depthRelief(sensor(head), new Float32Array(1404).fill(Number.NaN), 90, 640, 480)).toBeNull();
    expect(measure({ width: WIDTH, height: HEIGHT, data: new Uint8Array(7) })).toBeNull();
  });
});

describe('depth', () => {
  it('is unmeasured when no device sends it', () => {
    expect(depthEvidence(initialDepth, policy)).toEqual({ measured: false, why: 'no-depth' });
    expect(evidenceOf((i) => sensor(head, 3, i), 2)).toEqual({ measured: false, why: 'too-few-frames' });
  });

  it('is a little in favour of a head, and rejects a flat surface', () => {
    expect(evidenceOf((i) => sensor(head, 3, i))).toMatchObject({
      measured: true,
      logLikelihoodRatio: policy.maxLlr,
    });
    const paper = evidenceOf((i) => sensor(tilted, 3, i));
    expect(paper.measured && paper.score).toBeLessThan(policy.rejectBar);
  });

  it('counts as flat at a distance that is impossible for the size of the face', () => {
    const small = evidenceOf((i) => sensor((x, y) => head(x, y) + 4_000, 3, i));
    expect(small.measured && small.score).toBeLessThan(policy.rejectBar);
  });
});

describe('a frame with depth', () => {
  const frame = (depth: unknown) =>
    decodeUpstream(
      encodeMessage({ type: 'frame', seq: 1, capturedAtMs: 0, image: new Uint8Array(4), depth } as Upstream),
    );

  it('R43 is taken at any size that the protocol allows', () => {
    for (const [width, height] of [
      [16, 16],
      [320, 240],
      [75, 1024],
    ]) {
      const data = new Uint8Array(2 * width * height);
      expect(frame({ width, height, data })).toMatchObject({ depth: { width, height } });
    }
    expect(frame(undefined)).not.toHaveProperty('depth');
  });

  it.each([
    ['too many pixels', { width: 321, height: 240, data: new Uint8Array(2 * 321 * 240) }],
    ['a side that is too short', { width: 8, height: 100, data: new Uint8Array(1600) }],
    ['a side that is too long', { width: 4096, height: 16, data: new Uint8Array(2 * 4096 * 16) }],
    ['too few bytes', { width: 100, height: 100, data: new Uint8Array(19_999) }],
    ['too many bytes', { width: 100, height: 100, data: new Uint8Array(20_001) }],
    ['a broken side', { width: 99.5, height: 100, data: new Uint8Array(19_900) }],
    ['no bytes', { width: 100, height: 100, data: 'depth' }],
    ['no sides', { data: new Uint8Array(20_000) }],
  ])('R43 is refused with %s', (_, depth) => {
    expect(() => frame(depth)).toThrow(expect.objectContaining({ code: 'message.invalid' }));
  });

  it('that is flat rejects its session', async () => {
    const decision = await decisionOf((seq) => sensor(tilted, 3, seq));
    expect(decision).toMatchObject({ outcome: 'reject', reasons: ['depth-below-bar'] });
  });
});

/** The decision of a session whose frames show the plain head, each with its depth. */
function decisionOf(depth: (seq: number) => DepthImage): Promise<Verdict> {
  const random = seeded(9);
  const clock = new VirtualClock();
  const analyzer: FrameAnalyzer = {
    models: BASE_MODELS.models,
    workers: 1,
    queueDepth: 0,
    requestTurn(take, done) {
      queueMicrotask(() => {
        const request = take();
        if (request === null) return;
        const analysis = analysisOf({}, request.wants, BASE_MODELS.models, random);
        if (!analysis.face.found) throw new Error('a face was asked for');
        const quality = { ...analysis.face.value.quality, interEyePx: PLAIN_EYES_PX };
        const value = { ...analysis.face.value, landmarks: mesh, quality };
        const timings = { decodeMs: 0, detectMs: 0, meshMs: 0, eyesMs: 0, embedMs: 0, padMs: 0, totalMs: 0 };
        done({ ok: true, analysis: { ...analysis, face: { found: true, value } }, timings });
      });
      return () => undefined;
    },
    close: async () => undefined,
  };
  return new Promise((resolve, reject) => {
    let seq = 0;
    const next = () => {
      clock.advance(40);
      if (seq === 60) reject(new Error('no decision'));
      const image = new Uint8Array(4);
      runner.receive({ type: 'frame', seq, capturedAtMs: 40 * seq, image, depth: depth(seq++) });
    };
    const runner = new SessionRunner(
      { ...REQUEST, createdAtMs: clock.nowMs() },
      policyFor('standard'),
      {
        send: (message) => {
          if (message.type === 'credit') queueMicrotask(next);
        },
        sendError: () => undefined,
        close: () => undefined,
      },
      {
        clock,
        analyzer,
        context: BASE_MODELS,
        frameMemory: null,
        log: createLogger({ logLevel: 'silent' }),
        draws: (count) => Array.from({ length: count }, random),
        search: async () => [],
        enrol: async () => ({ result: 'failed' }),
        recordAccept: async () => true,
        failed: () => undefined,
        conclude: async (_request, decision) => {
          resolve(decision);
          return 'token';
        },
      },
      () => undefined,
    );
    const limits = {
      maxImageBytes: 1000,
      maxImagePixels: 1000,
      maxFramesPerSecond: 30,
      maxSessionMs: 60_000,
    };
    runner.start({ type: 'welcome', sessionId: 'one', mode: 'enrol', policy: 'standard', limits }, []);
  });
}

const REQUEST = {
  sessionId: 'one',
  tenant: 'default',
  mode: 'enrol',
  subject: 'ada',
  policy: 'standard',
  audience: null,
  nonce: null,
} as const;
