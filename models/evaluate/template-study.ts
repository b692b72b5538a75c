import { addToPool, emptyPool, poolMean, type EmbeddingPool } from '../../server/matching/embedding-pool.ts';
import type { Embeddings } from '../../server/vision/analysis.ts';
import { EMBEDDING_MODELS, type EmbeddingModelId } from '../ids.ts';
import { compareAll, compareRows } from './compare-all.ts';
import { embeddingsOf, rowsByIdentity, toFaces, type FaceRow, type Faces } from './faces.ts';
import { proportion, type Bounded } from './proportion.ts';
import { ScoreTable } from './score-table.ts';
import type { Scorer } from './scorers.ts';
import { randomIndex, seededRandom, shuffled } from './seeded-random.ts';

/**
 * How several images become one template. `normalised` is what sessions and enrolment do: the mean of the embeddings,
 * scaled to length 1. `plain` does not scale the mean, so a score is the mean score of all pairs of images.
 */
type Pooling = 'normalised' | 'plain';
const POOLINGS: readonly Pooling[] = ['normalised', 'plain'];

/** Rates of one method for references of `frames` images and probes of `probeFrames` images. */
export interface TemplateResult {
  readonly method: string;
  readonly frames: number;
  readonly probeFrames: number;
  readonly pooling: Pooling;
  readonly identities: number;
  readonly genuine: number;
  readonly impostor: number;
  readonly points: readonly {
    readonly fmr: number;
    /** The threshold at which these templates have this false match rate. */
    readonly threshold: number;
    /** FNMR at `threshold`. */
    readonly fnmr: Bounded;
    /** FNMR at the threshold of single images. */
    readonly fnmrAtSingleThreshold: Bounded;
    /** False match rate of these templates at the threshold of single images. */
    readonly fmrAtSingleThreshold: Bounded;
    /** FNMR at the threshold in `score-scales.ts` for this false match rate. */
    readonly fnmrInForce: Bounded;
    readonly fmrInForce: Bounded;
    /** FNMR of single images of the same identities at the threshold of single images. */
    readonly fnmrOfSingle: Bounded;
  }[];
}

interface TemplateOptions {
  readonly seed: number;
  readonly fmrs: readonly number[];
  /** The threshold of single images for a method at a false match rate. */
  readonly singleThreshold: (method: string, fmr: number) => number;
  /** The threshold in `score-scales.ts` for a method at a false match rate. */
  readonly thresholdInForce: (method: string, fmr: number) => number;
}

/** Numbers of images in the reference and in the probe. */
const SHAPES = [
  [2, 1],
  [3, 1],
  [5, 1],
  [2, 2],
  [3, 3],
] as const;

/**
 * Evaluates templates that average several images, as enrolment and sessions average frames. With single-image probes,
 * every image of an identity is the probe once, compared with a template of other images drawn at random. With probes
 * of several images, the images of an identity are divided into one probe and one reference.
 */
export function studyTemplates(
  faces: Faces,
  scorers: readonly Scorer[],
  options: TemplateOptions,
): TemplateResult[] {
  return SHAPES.flatMap(([frames, probeFrames]) => {
    const trials = drawTrials(
      faces,
      frames,
      probeFrames,
      seededRandom(options.seed + 10 * frames + probeFrames),
    );
    if (trials.length === 0) return [];
    return POOLINGS.flatMap((pooling) =>
      evaluate(faces, scorers, trials, { frames, probeFrames, pooling }, options),
    );
  });
}

interface Trial {
  readonly identity: number;
  readonly reference: readonly number[];
  readonly probe: readonly number[];
}

function drawTrials(faces: Faces, frames: number, probeFrames: number, random: () => number): Trial[] {
  return [...rowsByIdentity(faces)].flatMap(([identity, rows]): Trial[] => {
    if (rows.length < frames + probeFrames) return [];
    if (probeFrames > 1) {
      const dealt = shuffled(rows, random).slice(0, frames + probeFrames);
      return [{ identity, reference: dealt.slice(0, frames), probe: dealt.slice(frames) }];
    }
    return rows.map((probe) => {
      const others = rows.filter((row) => row !== probe);
      return { identity, reference: shuffled(others, random).slice(0, frames), probe: [probe] };
    });
  });
}

function evaluate(
  faces: Faces,
  scorers: readonly Scorer[],
  trials: readonly Trial[],
  {
    frames,
    probeFrames,
    pooling,
  }: { readonly frames: number; readonly probeFrames: number; readonly pooling: Pooling },
  { seed, fmrs, singleThreshold, thresholdInForce }: TemplateOptions,
): TemplateResult[] {
  const sideOf = (side: 'reference' | 'probe') =>
    toFaces(trials.map((trial) => averageRow(faces, trial.identity, trial[side], pooling)));
  const [references, probes] = [sideOf('reference'), sideOf('probe')];
  const tables = scorers.map(({ low, high }) => new ScoreTable(low, high));
  const singles = scorers.map(({ low, high }) => new ScoreTable(low, high));

  for (const row of trials.keys()) {
    const cosines = compareRows(probes, row, references, row);
    for (const [s, scorer] of scorers.entries()) {
      tables[s].add(true, scorer.score(cosines, references.identities[row]));
    }
  }
  const random = seededRandom(seed);
  const onePerIdentity = [...rowsByIdentity(references).values()].map(
    (rows) => rows[randomIndex(random, rows.length)],
  );
  const rowOf = (set: Faces, row: number): FaceRow => ({
    identity: set.identities[row],
    image: row,
    embeddings: embeddingsOf(set, row),
  });
  const impostorReferences = toFaces(onePerIdentity.map((row) => rowOf(references, row)));
  compareAll(probeFrames === 1 ? faces : probes, impostorReferences, (probe, reference, cosines) => {
    const identity = impostorReferences.identities[reference];
    if ((probeFrames === 1 ? faces : probes).identities[probe] === identity) return;
    for (const [s, scorer] of scorers.entries()) tables[s].add(false, scorer.score(cosines, identity));
  });
  const eligible = new Set(trials.map(({ identity }) => identity));
  for (const [identity, rows] of rowsByIdentity(faces)) {
    if (!eligible.has(identity)) continue;
    for (const [place, a] of rows.entries()) {
      for (const b of rows.slice(place + 1)) {
        const cosines = compareRows(faces, a, faces, b);
        for (const [s, scorer] of scorers.entries()) singles[s].add(true, scorer.score(cosines, identity));
      }
    }
  }

  return scorers.map((scorer, s): TemplateResult => {
    const table = tables[s];
    const missed = (of: ScoreTable, threshold: number) =>
      proportion(of.genuineBelow(threshold), of.genuineCount);
    return {
      method: scorer.id,
      frames,
      probeFrames,
      pooling,
      identities: eligible.size,
      genuine: table.genuineCount,
      impostor: table.impostorCount,
      points: fmrs.map((fmr) => {
        const single = singleThreshold(scorer.id, fmr);
        const inForce = thresholdInForce(scorer.id, fmr);
        const threshold = table.thresholdAt(fmr);
        return {
          fmr,
          threshold,
          fnmr: missed(table, threshold),
          fnmrInForce: missed(table, inForce),
          fmrInForce: proportion(table.impostorsFrom(inForce), table.impostorCount),
          fnmrAtSingleThreshold: missed(table, single),
          fmrAtSingleThreshold: proportion(table.impostorsFrom(single), table.impostorCount),
          fnmrOfSingle: missed(singles[s], single),
        };
      }),
    };
  });
}

function averageRow(faces: Faces, identity: number, rows: readonly number[], pooling: Pooling): FaceRow {
  const pool = rows.reduce((sum, row) => addToPool(sum, embeddingsOf(faces, row), 0), emptyPool);
  return {
    identity,
    image: rows[0],
    embeddings: pooling === 'normalised' ? poolMean(pool) : plainMean(pool),
  };
}

function plainMean({ sums, frames }: EmbeddingPool): Embeddings {
  const means: Partial<Record<EmbeddingModelId, Float32Array>> = {};
  for (const model of EMBEDDING_MODELS) {
    const sum = sums[model];
    if (sum !== undefined) means[model] = sum.map((value) => value / frames);
  }
  return means;
}
