import { compareAll, compareRows, type Cosines } from './compare-all.ts';
import { rowsByIdentity, type Faces } from './faces.ts';
import { pairsOf } from './pairs.ts';
import { ScoreCollector } from './score-collector.ts';
import type { Scorer } from './scorers.ts';
import { randomIndex } from './seeded-random.ts';

/** Number of impostor comparisons that are sampled to find where the upper tail of a scorer begins. */
const SAMPLE = 50_000;
/**
 * Share of the impostor comparisons that are kept one by one: three times the highest false match rate in the report.
 */
const TAIL_SHARE = 0.03;

/** Scores every comparison between the faces of one set with every scorer. */
export function collectScores(
  faces: Faces,
  scorers: readonly Scorer[],
  random: () => number,
  onRows: (done: number) => void = () => {},
): ScoreCollector[] {
  const sample = sampleImpostors(faces, SAMPLE, random);
  const collectors = scorers.map(
    (scorer) => new ScoreCollector(scorer, tailStart(scorer, sample), faces.identities),
  );
  compareAll(
    faces,
    faces,
    (probe, reference, cosines) => {
      for (const collector of collectors) collector.add(probe, reference, cosines);
    },
    onRows,
  );
  return collectors;
}

/** An impostor comparison drawn at random. */
export interface SampledComparison {
  readonly identity: number;
  readonly other: number;
  readonly cosines: Cosines;
}

/**
 * Draws comparisons of two different identities at random, with replacement.
 * @throws RangeError with fewer than two identities
 */
export function sampleImpostors(faces: Faces, count: number, random: () => number): SampledComparison[] {
  if (new Set(faces.identities).size < 2) throw new RangeError('Impostors need two identities.');
  const samples: SampledComparison[] = [];
  while (samples.length < count) {
    const a = randomIndex(random, faces.count);
    const b = randomIndex(random, faces.count);
    const [identity, other] = [faces.identities[a], faces.identities[b]];
    if (identity !== other) samples.push({ identity, other, cosines: compareRows(faces, a, faces, b) });
  }
  return samples;
}

/** All genuine comparisons. */
export function genuineComparisons(faces: Faces): SampledComparison[] {
  return [...rowsByIdentity(faces)].flatMap(([identity, rows]) =>
    pairsOf(rows).map(([a, b]) => ({ identity, other: identity, cosines: compareRows(faces, a, faces, b) })),
  );
}

function tailStart(scorer: Scorer, sample: readonly SampledComparison[]): number {
  const scores = Float64Array.from(
    sample.filter(({ identity, other }) => scorer.covers(identity, other)),
    ({ identity, cosines }) => scorer.score(cosines, identity),
  ).toSorted();
  return scores.length === 0 ? -Infinity : scores[Math.floor((1 - TAIL_SHARE) * scores.length)];
}
