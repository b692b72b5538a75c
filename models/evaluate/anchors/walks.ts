import type { AnchorPolicy } from '../../../server/policy/continuity.ts';
import type { FrameAssessment } from '../../../server/evidence/quality-gate.ts';
import type { Policy } from '../../../server/policy/shape.ts';
import { anchorOf, judgeProbes, partsOf, type ProbeFinding } from '../../../server/matching/anchor.ts';
import { foldContinuity, initialContinuity } from '../../../server/matching/continuity.ts';
import {
  addToPool,
  emptyPool,
  poolMean,
  poolOf,
  type EmbeddingPool,
} from '../../../server/matching/embedding-pool.ts';
import type { SessionProbe } from '../../../server/matching/match.ts';
import type { Sample } from '../../../server/evidence/sample.ts';
import type { Embeddings, FaceAnalysis } from '../../../server/vision/analysis.ts';
import type { EmbeddingModelId } from '../../ids.ts';

/** The share of the second person in the picture at a time since the first challenge; negative before it. */
export type Course = (atMs: number) => number;

/** How a face walks from one person to another. */
export const COURSES: Readonly<Record<string, Course>> = {
  'to B within 2.4 s, B stays': (atMs) => clamp(atMs / 2_400),
  'to B within 8 s, B stays': (atMs) => clamp(atMs / 8_000),
  'to B over the whole session': (atMs) => clamp(atMs / SESSION_MS),
  'to B from the first picture on': (atMs) => clamp((atMs + POSITIONING_MS) / 3_400),
  'half-way within 1.2 s, and stays': (atMs) => clamp(atMs / 2_400, 0.5),
  'half-way from the first picture on': () => 0.5,
};

const clamp = (share: number, most = 1) => Math.min(most, Math.max(0, share));

const PROBE_EVERY_MS = 200;
const POSITIONING_MS = 1_000;
/** About as long as four challenges and the matching phase take. */
const SESSION_MS = 14_000;

export interface Walked {
  /** The session is recognised as showing one face at its end, and was not rejected. */
  readonly trusted: boolean;
  /** The face of the end is the face of the probes. */
  readonly probe: SessionProbe;
  readonly finding: ProbeFinding;
}

const GOOD: FrameAssessment = { usable: true, good: true, hint: null };
/** A face in the middle that does not move. Continuity reads nothing else of it. */
const STILL = {
  region: { centreX: 320, centreY: 240, size: 200, angleRad: 0 },
  pose: { yawDeg: 0, pitchDeg: 0, rollDeg: 0 },
  followed: true,
} as unknown as FaceAnalysis;

/** Lets the product's continuity and pool see a face that walks. `noisy` adds what differs between two frames. */
export function walk(
  first: Embeddings,
  second: Embeddings,
  course: Course,
  noisy: (embeddings: Embeddings) => Embeddings,
  policy: Policy,
): Walked {
  const anchorPolicy: AnchorPolicy = policy.continuity.anchor;
  let state = initialContinuity;
  let probes: EmbeddingPool = emptyPool;
  let anchor: Embeddings | null = null;
  for (let atMs = -POSITIONING_MS, seq = 0; atMs <= SESSION_MS; atMs += PROBE_EVERY_MS, seq++) {
    if (atMs === 0) {
      probes = poolOf(anchorOf(probes.kept, anchorPolicy));
      anchor = poolMean(probes);
    }
    const embeddings = noisy(blend(first, second, course(atMs)));
    const face = { found: true, value: { ...STILL, embeddings } };
    const sample = { seq, atMs, capturedAtMs: atMs, analysis: { face } } as unknown as Sample;
    const before = state;
    state = foldContinuity(before, sample, GOOD, probes, false, policy.continuity, anchor);
    if (state.agreements > before.agreements) probes = addToPool(probes, embeddings, atMs);
  }
  const known = anchor ?? poolMean(probes);
  const probe = { pooled: poolMean(probes), frames: probes.frames, parts: partsOf(known, probes) };
  const finding = judgeProbes(known, probes, anchorPolicy);
  const trusted = !state.changed && !state.needsReidentification && !finding.disagree;
  return { trusted, probe, finding };
}

/** The L2-normalised mixture of two faces' embeddings. */
export function blend(first: Embeddings, second: Embeddings, share: number): Embeddings {
  return map(first, (vector, model) => {
    const other = second[model];
    return unit(vector.map((value, at) => (1 - share) * value + share * (other?.[at] ?? value)));
  });
}

export function map(
  embeddings: Embeddings,
  change: (vector: Float32Array, model: EmbeddingModelId) => Float32Array,
): Embeddings {
  return Object.fromEntries(
    Object.entries(embeddings).map(([model, vector]) => [model, change(vector, model as EmbeddingModelId)]),
  );
}

export function unit(vector: Float32Array): Float32Array {
  const norm = Math.hypot(...vector) || 1;
  return vector.map((value) => value / norm);
}
