import { beforeAll, describe, expect, it } from 'vitest';
import { policyFor } from '../../server/policy/built-in.ts';
import type { Deviation } from '../../server/evidence/gesture.ts';
import {
  foldDepthParallax,
  initialDepthParallax,
  depthParallaxEvidence,
} from '../../server/evidence/depth-parallax.ts';
import { depthParallaxRatio } from '../../server/vision/depth-parallax.ts';
import { createLooker, instants, type Looker } from '../simulator/looker.ts';
import { analysisOf, seeded } from '../support/analysis-builder.ts';
import { plainHead, turned } from '../support/plain-head.ts';
import {
  createPerson,
  preparePortrait,
  SAMPLE_PORTRAITS,
  wavedPhoto,
  type Portrait,
} from '../../simulator/index.ts';
import { ALL_MODELS } from '../support/session-driver.ts';

const policy = policyFor('standard').depthParallax;

/** The mesh of a photograph turned by `turnDeg`: a face turned by `readDeg`, as narrow as the photograph is seen. */
function photo(turnDeg: number, readDeg: number): Float32Array {
  const cos = (deg: number) => Math.cos((deg * Math.PI) / 180);
  const narrowing = cos(turnDeg) / cos(readDeg);
  return turned(plainHead(), readDeg).map((value, i) =>
    i % 3 === 0 ? 320 + (value - 320) * narrowing : value,
  );
}

describe('the ratio of depth parallax', () => {
  const rest = turned(plainHead(), 0);

  it('is 1 for a rigid head that turns, comes closer or leans', () => {
    for (const yawDeg of [-24, -10, 8, 24])
      expect(depthParallaxRatio(rest, turned(plainHead(), yawDeg))).toBeCloseTo(1, 2);
    expect(
      depthParallaxRatio(
        rest,
        turned(plainHead(), 15).map((value) => 1.4 * value + 7),
      ),
    ).toBeCloseTo(1, 2);
    const leaning = rest.map((value, i) => (i % 3 === 0 ? rest[i + 1] : i % 3 === 1 ? -rest[i - 1] : value));
    expect(depthParallaxRatio(rest, leaning)).toBeCloseTo(1, 2);
  });

  it('falls when a photograph is foreshortened more than its apparent turn explains', () => {
    expect(depthParallaxRatio(rest, photo(30, 10))).toBeLessThan(0.9);
    expect(depthParallaxRatio(rest, photo(45, 12))).toBeLessThan(0.78);
  });

  it('is unknown for a mesh without extent', () => {
    expect(depthParallaxRatio(new Float32Array(1404), rest)).toBeNull();
    expect(depthParallaxRatio(rest, new Float32Array(1404))).toBeNull();
  });
});

const still: Deviation = { yawDeg: 0, pitchDeg: 0, opening: 0, widening: 0, cornerLift: 0, closeness: 0 };

function fold(
  meshes: readonly {
    readonly landmarks: Float32Array;
    readonly yawDeg: number;
    readonly pitchDeg?: number;
  }[],
) {
  const random = seeded(3);
  let state = initialDepthParallax;
  for (const [i, { landmarks, yawDeg, pitchDeg = 0 }] of meshes.entries()) {
    const wants = { embeddings: false, pad: false, countFaces: false };
    const analysis = analysisOf({}, wants, ALL_MODELS.models, random);
    if (!analysis.face.found) throw new Error('a face was asked for');
    const face = { found: true as const, value: { ...analysis.face.value, landmarks } };
    const sample = { seq: i, atMs: 40 * i, capturedAtMs: 40 * i, analysis: { ...analysis, face } };
    const verdict = { usable: true, good: true, hint: null } as const;
    state = foldDepthParallax(state, sample, verdict, { ...still, yawDeg, pitchDeg }, policy);
  }
  return depthParallaxEvidence(state, policy);
}

describe('depth parallax', () => {
  const atRest = { landmarks: turned(plainHead(), 0), yawDeg: 0 };
  const turns = [9, 12, 15, 18, 21];

  it('is in favour of a head that turned, and rejects a photograph', () => {
    const head = fold([
      atRest,
      ...turns.map((yawDeg) => ({ landmarks: turned(plainHead(), yawDeg), yawDeg })),
    ]);
    expect(head).toMatchObject({ measured: true, logLikelihoodRatio: policy.maxLlr, frames: 5 });
    const waved = fold([
      atRest,
      ...turns.map((yawDeg) => ({ landmarks: photo(3 * yawDeg, yawDeg), yawDeg })),
    ]);
    expect(waved).toMatchObject({ measured: true, logLikelihoodRatio: policy.minLlr });
    expect(waved.measured && waved.score).toBeLessThan(policy.rejectBar);
  });

  it('is unmeasured without a face at rest, without turns, and for nods', () => {
    const unmeasured = { measured: false, why: 'too-few-frames' };
    expect(fold(turns.map((yawDeg) => ({ landmarks: photo(40, yawDeg), yawDeg })))).toEqual(unmeasured);
    expect(fold(Array.from({ length: 20 }, () => atRest))).toEqual(unmeasured);
    const nods = turns.map((pitchDeg) => ({ landmarks: photo(40, 10), yawDeg: 10, pitchDeg: pitchDeg + 5 }));
    expect(fold([atRest, ...nods])).toEqual(unmeasured);
  });
});

describe('depth parallax by the real networks', () => {
  let looker: Looker;
  let portrait: Portrait;
  beforeAll(async () => {
    [looker, portrait] = await Promise.all([createLooker(), preparePortrait(SAMPLE_PORTRAITS.first)]);
  });

  it('tells a head that turns from a photo that is turned', async () => {
    const person = await createPerson({ portrait, seed: 5, blinksByItself: false });
    const { startMs, riseMs } = person.perform('turn-left', 0);
    const waved = wavedPhoto(portrait, 5);
    const asked = { kind: 'turn-left', number: 1, of: 1, remainingMs: 4_000, skippable: false } as const;
    waved.onStatus?.({ phase: 'challenging', progress: 0, challenge: asked }, 0);
    const turning = instants(startMs, startMs + riseMs + 300, 16);
    const likeness = async (presenter: typeof waved) => {
      const [first, ...seen] = await looker.look(presenter, [0, ...turning]);
      const rest = first.pose.yawDeg;
      const moved = seen.filter(
        ({ pose }) => Math.abs(pose.yawDeg - rest) > 5 && Math.abs(pose.yawDeg - rest) < 24,
      );
      expect(moved.length).toBeGreaterThan(2);
      const values = moved.map(({ landmarks }) => depthParallaxRatio(first.landmarks, landmarks) ?? 0);
      return values.toSorted((a, b) => a - b)[values.length >> 1];
    };
    const [head, paper] = [await likeness(person), await likeness(waved)];
    expect(head).toBeGreaterThan(policy.rejectBar);
    expect(paper).toBeLessThan(head - 0.02);
  });
});
