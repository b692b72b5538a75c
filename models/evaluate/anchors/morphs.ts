import { llrBetween } from '../../../server/matching/comparison-llr.ts';
import { compare } from '../../../server/matching/compare.ts';
import { addToPool, emptyPool, poolMean } from '../../../server/matching/embedding-pool.ts';
import {
  joinsReferences,
  matchCandidates,
  matchReferences,
  type SessionProbe,
} from '../../../server/matching/match.ts';
import type { Reference } from '../../../server/matching/reference.ts';
import { thresholdAt } from '../../../server/matching/score-scales.ts';
import type { Policy } from '../../../server/policy/shape.ts';
import { CONTRADICTED_FMR, MAX_REFERENCES, SAME_SUBJECT_FMR } from '../../../server/subjects/subjects.ts';
import type { Embeddings } from '../../../server/vision/analysis.ts';
import type { EmbeddingModelId } from '../../ids.ts';
import { seededRandom } from '../seeded-random.ts';
import { blend, COURSES, map, unit, walk, type Course } from './walks.ts';

/** Two people, each with one picture that a session shows and another one that is compared afterwards. */
export interface Couple {
  readonly a: { readonly shown: Embeddings; readonly other: Embeddings };
  readonly b: { readonly shown: Embeddings; readonly other: Embeddings };
}

/**
 * What differs between two frames of one face, as the squared length of the noise over that of the embedding. Set so
 * that two frames of one session are as alike as those of living people (`evaluate -- anchors --data`).
 */
const NOISE: Readonly<Record<EmbeddingModelId, number>> = { mobilefacenet: 0.1, faceres: 0.1, dlib: 0.02 };

export interface CourseCounts {
  readonly course: string;
  readonly couples: number;
  /** Enrolments that store a template, and the templates that another picture of A, of B, or of both matches. */
  readonly stored: number;
  readonly servesA: number;
  readonly servesB: number;
  readonly servesBoth: number;
  /** Verifications by a reference of A, and 1:N searches among references of A and B, that are accepted for A. */
  readonly verifiedAsA: number;
  /** The 1:N searches that name B. */
  readonly identified: number;
}

export function countCourses(couples: readonly Couple[], policy: Policy): CourseCounts[] {
  return Object.entries(COURSES).map(([course, path]) => {
    const counts = { stored: 0, servesA: 0, servesB: 0, servesBoth: 0, verifiedAsA: 0, identified: 0 };
    for (const [index, couple] of couples.entries()) {
      const one = tryCourse(couple, path, index, policy);
      for (const key of Object.keys(counts) as (keyof typeof counts)[]) counts[key] += one[key] ? 1 : 0;
    }
    return { course, couples: couples.length, ...counts };
  });
}

function tryCourse({ a, b }: Couple, path: Course, seed: number, policy: Policy) {
  const walked = walk(a.shown, b.shown, path, noiseOf(seed), policy);
  const { targetFrames, minSpanMs } = policy.enrol;
  const { agreeing, spanMs } = walked.finding;
  const stored = walked.trusted && agreeing.length >= targetFrames && spanMs >= minSpanMs;
  const template = agreeing.reduce((pool, one) => addToPool(pool, one.embeddings, one.atMs), emptyPool);
  const serves = (face: Embeddings) => stored && matches(face, poolMean(template), policy);
  const references = [referenceOf('a', a.other), referenceOf('b', b.other)];
  const found = matchCandidates(walked.probe, references, policy.match);
  const verified = matchReferences(walked.probe, references.slice(0, 1), policy.match);
  const [servesA, servesB] = [serves(a.other), serves(b.other)];
  return {
    stored,
    servesA,
    servesB,
    servesBoth: servesA && servesB,
    verifiedAsA: walked.trusted && verified.band === 'above',
    identified: walked.trusted && found.band === 'above' && found.reference?.subject === 'b',
  };
}

export interface ChainCounts {
  readonly couples: number;
  /** Chains whose last reference shows more of B than of A, and those by whose references B verifies. */
  readonly reachB: number;
  readonly servesB: number;
}

/**
 * The longest walk from A to B that references can make, each of an enrolment that drifts as far as it may. `anchored`:
 * the product's rules; otherwise likeness to any reference is enough, and the first one has no say at verification.
 */
export function countChains(couples: readonly Couple[], anchored: boolean, policy: Policy): ChainCounts {
  let reachB = 0;
  let servesB = 0;
  for (const { a, b } of couples) {
    const references = [referenceOf('0', a.shown, 'a')];
    let share = 0;
    while (references.length < MAX_REFERENCES) {
      const next = furthest((one) => joins(blend(a.shown, b.shown, one), references, anchored));
      share = Math.max(share, next);
      references.push(referenceOf(`${references.length}`, blend(a.shown, b.shown, share), 'a'));
    }
    if (share > 0.5) reachB++;
    const probe: SessionProbe = { pooled: b.other, frames: 8, parts: [] };
    const asked = anchored ? [references] : references.map((one) => [one]);
    if (asked.some((some) => matchReferences(probe, some, policy.match).band === 'above')) servesB++;
  }
  return { couples: couples.length, reachB, servesB };
}

function joins(face: Embeddings, own: readonly Reference[], anchored: boolean): boolean {
  const join = (some: readonly Reference[]) =>
    joinsReferences(face, some, SAME_SUBJECT_FMR, CONTRADICTED_FMR);
  return anchored ? join(own) : own.some((one) => join([one]));
}

/** The largest share of B that is allowed, to a hundredth. */
function furthest(isAllowed: (share: number) => boolean): number {
  for (let hundredth = 100; hundredth > 0; hundredth--)
    if (isAllowed(hundredth / 100)) return hundredth / 100;
  return 0;
}

/**
 * Couples of people out of these pictures, each person with the one of another person that looks most alike and is not
 * taken for the same (`alike`), or with one drawn at random.
 */
export function couplesOf(
  people: readonly (readonly Embeddings[])[],
  how: 'alike' | 'random',
  policy: Policy,
): Couple[] {
  const random = seededRandom(1);
  const usable = people.filter((pictures) => pictures.length >= 2);
  return usable.flatMap((own, at) => {
    const others = usable.filter((_, place) => place !== at);
    const strangers = others.filter(
      (pictures) => !pictures.some((picture) => own.some((mine) => matches(mine, picture, policy))),
    );
    const likeness = (pictures: readonly Embeddings[]) => llrBetween(own[0], pictures[0]);
    const chosen =
      how === 'random'
        ? strangers[Math.floor(random() * strangers.length)]
        : strangers.toSorted((x, y) => likeness(y) - likeness(x))[0];
    return chosen === undefined
      ? []
      : [{ a: { shown: own[0], other: own[1] }, b: { shown: chosen[0], other: chosen[1] } }];
  });
}

function matches(face: Embeddings, reference: Embeddings, { match }: Policy): boolean {
  const comparison = compare(face, reference);
  return comparison !== null && comparison.score >= thresholdAt(comparison.method, match.acceptFmr);
}

function referenceOf(referenceId: string, embeddings: Embeddings, subject = referenceId): Reference {
  return { referenceId, subject, embeddings };
}

function noiseOf(seed: number): (embeddings: Embeddings) => Embeddings {
  const random = seededRandom(seed);
  return (embeddings) =>
    map(embeddings, (vector, model) => {
      const deviation = Math.sqrt((12 * NOISE[model]) / vector.length);
      return unit(vector.map((value) => value + deviation * (random() - 0.5)));
    });
}
