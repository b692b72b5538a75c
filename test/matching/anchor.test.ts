import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { COMPARED } from '../../models/evaluate/anchors/policies.ts';
import { blend, COURSES, walk } from '../../models/evaluate/anchors/walks.ts';
import { agreeingProbes, anchorOf, driftOf, marginOver } from '../../server/matching/anchor.ts';
import {
  addToPool,
  emptyPool,
  MAX_KEPT,
  poolMean,
  poolOf,
  type Probe,
} from '../../server/matching/embedding-pool.ts';
import {
  joinsReferences,
  matchCandidates,
  matchReferences,
  type SessionProbe,
} from '../../server/matching/match.ts';
import type { Reference } from '../../server/matching/reference.ts';
import { policyFor } from '../../server/policy/built-in.ts';
import { ALICE, BOB, embeddingsOf, seeded } from '../support/analysis-builder.ts';

const policy = policyFor('standard');
const bars = policy.continuity.anchor;

/** A direction in the plane of two people: 0° is the first, 90° the second. */
function faceAt(angleDeg: number): Probe['embeddings'] {
  const angle = (angleDeg * Math.PI) / 180;
  return { mobilefacenet: Float32Array.of(Math.cos(angle), Math.sin(angle), 0) };
}

/** Probes whose neighbours differ by little, in whatever direction each step goes. */
const walks = fc
  .array(fc.double({ min: -8, max: 8, noNaN: true }), { minLength: 4, maxLength: 40 })
  .map((steps) => {
    let angle = 0;
    return steps.map((step, at): Probe => {
      angle += step;
      return { atMs: 200 * at, embeddings: faceAt(angle) };
    });
  });

describe('the stored probes', () => {
  it('all agree with the anchor and with each other, however small the steps between probes are', () => {
    fc.assert(
      fc.property(walks, (probes) => {
        const anchor = poolMean(poolOf(anchorOf(probes.slice(0, 3), bars)));
        const stored = agreeingProbes(anchor, probes, bars);
        for (const [at, { embeddings }] of stored.entries()) {
          expect(marginOver(bars.storeLlr, embeddings, anchor)).toBeGreaterThanOrEqual(0);
          for (const other of stored.slice(at + 1))
            expect(marginOver(bars.mutualLlr, embeddings, other.embeddings)).toBeGreaterThanOrEqual(0);
        }
      }),
    );
  });

  it('are the same whatever order the probes come in', () => {
    fc.assert(
      fc.property(
        walks.chain((probes) =>
          fc.tuple(fc.constant(probes), fc.shuffledSubarray(probes, { minLength: probes.length })),
        ),
        ([probes, shuffled]) => {
          const anchor = faceAt(0);
          expect(agreeingProbes(anchor, shuffled, bars)).toEqual(agreeingProbes(anchor, probes, bars));
        },
      ),
    );
  });

  it('leave out a face that only MobileFaceNet takes for the same', () => {
    const same = embeddingsOf(ALICE, 0, seeded(1));
    const { faceres, dlib } = embeddingsOf(BOB, 0, seeded(1));
    const probes = [same, { ...same, faceres, dlib }].map((embeddings, atMs) => ({ atMs, embeddings }));
    expect(agreeingProbes(same, probes, bars)).toEqual([probes[0]]);
  });
});

describe('the anchor', () => {
  it('is made of the latest probes, none of which disagrees', () => {
    const probes = [90, 90, 0, 1, 2].map((angle, at) => ({ atMs: at, embeddings: faceAt(angle) }));
    expect(anchorOf(probes, bars)).toEqual(probes.slice(2));
    const many = Array.from({ length: 9 }, (_, at) => ({ atMs: at, embeddings: faceAt(0) }));
    expect(anchorOf(many, bars)).toEqual(many.slice(-bars.maxProbes));
  });
});

describe('drift', () => {
  it('is how far the agreement with the anchor falls along its trend', () => {
    const steady = Array.from({ length: 20 }, (_, at) => ({
      atMs: 200 * at,
      embeddings: faceAt(20 * (at % 2)),
    }));
    expect(Math.abs(driftOf(faceAt(0), steady))).toBeLessThan(1);
    const walking = Array.from({ length: 24 }, (_, at) => ({ atMs: 200 * at, embeddings: faceAt(3 * at) }));
    expect(driftOf(faceAt(0), walking)).toBeGreaterThan(bars.maxDriftLlr);
    expect(driftOf(faceAt(0), walking.slice(0, 3))).toBe(0);
  });
});

describe('the pool', () => {
  it('keeps a bounded number of probes, the first and the latest among them, spread evenly', () => {
    let pool = emptyPool;
    for (let at = 0; at < 200; at++) pool = addToPool(pool, faceAt(0), 100 * at);
    const times = pool.kept.map(({ atMs }) => atMs);
    expect(times).toHaveLength(MAX_KEPT);
    expect([times[0], times.at(-1)]).toEqual([0, 19_900]);
    const gaps = times.slice(1).map((atMs, at) => atMs - times[at]);
    expect(Math.max(...gaps)).toBeLessThanOrEqual(2_000);
  });
});

describe('a face that walks from one person to another', () => {
  const [without, bounded] = COMPARED.map((one) => one.policy);
  const alice = embeddingsOf(ALICE, 0, seeded(1));
  const bob = embeddingsOf(BOB, 0, seeded(1));
  const asIs = (embeddings: Probe['embeddings']) => embeddings;
  const toBob = Object.entries(COURSES).filter(([name]) => name.startsWith('to B'));

  it('within 8 s would be one face for a pool that follows it', () => {
    const walked = walk(alice, bob, COURSES['to B within 8 s, B stays'], asIs, without);
    expect(walked.trusted).toBe(true);
  });

  it.each(toBob)('%s: no probe that resembles the second is stored', (_, course) => {
    const { trusted, finding } = walk(alice, bob, course, asIs, bounded);
    const nearest = finding.agreeing.filter(
      ({ embeddings }) =>
        marginOver(bars.storeLlr, embeddings, bob) > marginOver(bars.storeLlr, embeddings, alice),
    );
    expect(trusted ? nearest : []).toEqual([]);
  });
});

describe('a new reference', () => {
  const joins = (angle: number, ...own: number[]) =>
    joinsReferences(
      faceAt(angle),
      own.map((one) => ({ embeddings: faceAt(one) })),
      1e-4,
      1e-2,
    );

  it('joins by likeness to the first one, and contradicts no other', () => {
    expect(joins(50, 0)).toBe(true);
    expect(joins(70, 0, 50)).toBe(false);
    expect(joins(-50, 0, 50)).toBe(false);
    expect(joins(-20, 0, 50)).toBe(true);
  });

  it('is compared with the first one that it can be compared with, and joins none without one', () => {
    const older = { embeddings: { dlib: Float32Array.of(1, 0) } };
    expect(joinsReferences(faceAt(50), [older, { embeddings: faceAt(0) }], 1e-4, 1e-2)).toBe(true);
    expect(joinsReferences(faceAt(0), [older], 1e-4, 1e-2)).toBe(false);
  });
});

describe('a match', () => {
  const stored = (referenceId: string, angle: number, subject = 'ada'): Reference => ({
    referenceId,
    subject,
    embeddings: faceAt(angle),
  });
  const probe = (pooled: number, ...parts: number[]): SessionProbe => ({
    pooled: faceAt(pooled),
    frames: 8,
    parts: parts.map(faceAt),
  });

  it('needs its reference in the beginning, the middle and the end of the session', () => {
    expect(matchReferences(probe(0, 0, 0, 0), [stored('one', 0)], policy.match)).toMatchObject({
      band: 'above',
      doubt: null,
    });
    for (const parts of [
      [85, 0, 0],
      [0, 85, 0],
      [0, 0, 85],
    ]) {
      const doubted = { band: 'between', doubt: 'parts' };
      expect(matchReferences(probe(30, ...parts), [stored('one', 0)], policy.match)).toMatchObject(doubted);
      expect(matchCandidates(probe(20, ...parts), [stored('one', 0)], policy.match)).toMatchObject(doubted);
    }
  });

  it('by a later reference needs the subject’s first one not to contradict', () => {
    const references = [stored('one', 0), stored('half-way', 45)];
    expect(matchReferences(probe(45), references, policy.match)).toMatchObject({ band: 'above' });
    const doubted = { band: 'between', doubt: 'first-reference' };
    expect(matchReferences(probe(88), references, policy.match)).toMatchObject(doubted);
    const others = [stored('other', 160, 'eve'), ...references.map((one) => ({ ...one }))];
    expect(matchCandidates(probe(80), others, policy.match)).toMatchObject(doubted);
  });

  it('of two people at once is none', () => {
    const found = matchCandidates(
      probe(45, 0, 45, 90),
      [stored('a', 0), stored('b', 90, 'eve')],
      policy.match,
    );
    expect(found.band).not.toBe('above');
    expect(blend(faceAt(0), faceAt(90), 0.5).mobilefacenet?.[0]).toBeCloseTo(Math.SQRT1_2);
  });
});
