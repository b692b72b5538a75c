import path from 'node:path';
import { createPool } from '../../../server/inference/pool.ts';
import type { FrameAnalyzer } from '../../../server/inference/calls.ts';
import type { Embeddings } from '../../../server/vision/analysis.ts';
import { loadPrepared, type PreparedModels } from '../../prepared.ts';
import { modelCacheDir } from '../../prepare/settings.ts';
import { readArguments, wholeNumber } from '../arguments.ts';
import { readDataset } from '../dataset.ts';
import { describeImages } from '../describe-images.ts';
import { EvaluateError } from '../evaluate-error.ts';
import { loadMotionScorer, openAnalyst, tierContexts, type TierContext } from '../pad/stage-setup.ts';
import { openRecordCache } from '../record-cache.ts';
import { alignedColumns } from '../text-cells.ts';
import { defaultWorkers, recordCacheDir } from '../verification.ts';
import { likenessesIn } from './likeness.ts';
import { countChains, countCourses, couplesOf } from './morphs.ts';
import { COMPARED } from './policies.ts';
import { livingRecordings } from './recordings.ts';
import { countSessions } from './sessions.ts';

export const ANCHORS_USAGE = `Usage: npm run evaluate -- anchors [--data DIR] [--photographs DIR] [options]
How far living faces stray from the beginning of their session, and how far a face may walk from one person to another.

  --data DIR             recordings of living people, as for pad: likeness to the anchor, and how their sessions end
  --photographs DIR      pictures laid out as Name/Name_0001.jpg: walks and chains of references between people
  --limit-identities N   take N identities of the photographs only
  --workers N            worker processes (one for each core)
Both are printed for every tier that the models allow, with and without the bounds on drift.`;

type Models = PreparedModels['models'];

/** Prints the tables. Returns the exit code. Throws EvaluateError on wrong usage or data. */
export async function runAnchors(args: readonly string[]): Promise<number> {
  const text = { type: 'string' } as const;
  const values = readArguments(args, {
    data: text,
    photographs: text,
    'limit-identities': text,
    workers: text,
    help: { type: 'boolean' },
  });
  if (values.help === true) {
    print(ANCHORS_USAGE);
    return 0;
  }
  const { data, photographs } = values;
  if (data === undefined && photographs === undefined)
    throw new EvaluateError('--data or --photographs is missing.');
  const { models } = await loadPrepared(modelCacheDir());
  const notices: string[] = [];
  const contexts = tierContexts(models, null, notices);
  const workers = wholeNumber('workers', values.workers, 1, defaultWorkers());
  if (data !== undefined) await studyLiving(data, models, contexts, workers, notices);
  if (photographs !== undefined) {
    const limit = wholeNumber('limit-identities', values['limit-identities'], 2, Infinity);
    await studyMorphs(photographs, limit, models, contexts, workers);
  }
  for (const notice of notices) process.stderr.write(`notice: ${notice}\n`);
  return 0;
}

async function studyLiving(
  folder: string,
  models: Models,
  contexts: readonly TierContext[],
  workers: number,
  notices: string[],
): Promise<void> {
  const found = await livingRecordings(folder);
  notices.push(...found.notices);
  const footageCache = path.join(recordCacheDir(modelCacheDir()), 'anchors');
  const analyst = await openAnalyst({ models, footageCache, workers });
  try {
    const analysed = await analyst.analyse(
      found.recordings.map(({ source }) => source),
      () => {},
    );
    const footages = [...analysed.values()];
    const scoreMotion = await loadMotionScorer(models.motion);
    const likeness: string[][] = [];
    const ends: string[][] = [];
    for (const one of contexts) {
      const all = footages.map((footage) => likenessesIn(footage, one.context));
      for (const what of ['ahead', 'away', 'pairs', 'drifts'] as const)
        likeness.push([one.tier, what, ...quantiles(all.flatMap((some) => some[what]))]);
      for (const { name, policy } of COMPARED) {
        const counts = await countSessions(footages, one, policy, scoreMotion);
        const { sessions, accepted, reasons } = counts;
        ends.push([one.tier, name, `${sessions}`, `${accepted}`, ...Object.values(reasons).map(String)]);
        if (ends.length === 1)
          ends.unshift(['tier', 'policy', 'sessions', 'accepted', ...Object.keys(reasons)]);
      }
    }
    print(`Log-likelihood ratios of ${footages.length} recordings of living people`);
    print(alignedColumns([['tier', 'compared', 'n', ...QUANTILES.map((q) => `${100 * q} %`)], ...likeness]));
    print('\nTheir sessions, enrolments and verifications, nothing asked');
    print(alignedColumns(ends));
  } finally {
    await analyst.close();
  }
}

async function studyMorphs(
  folder: string,
  limit: number,
  models: Models,
  contexts: readonly TierContext[],
  workers: number,
): Promise<void> {
  const people = await embeddingsIn(folder, limit, models, workers);
  const courses: string[][] = [];
  const chains: string[][] = [];
  for (const { tier, context } of contexts) {
    const seen = people.map((pictures) => pictures.map((one) => restricted(one, context.models.embeddings)));
    for (const how of ['alike', 'random'] as const) {
      const couples = couplesOf(seen, how, COMPARED[0].policy);
      for (const { name, policy } of COMPARED)
        for (const { course, ...counts } of countCourses(couples, policy))
          courses.push([tier, how, name, course, ...Object.values(counts).map(String)]);
      for (const anchored of [false, true]) {
        const { couples: all, reachB, servesB } = countChains(couples, anchored, COMPARED[1].policy);
        const rule = anchored ? 'like the first' : 'like any';
        chains.push([tier, how, rule, `${all}`, `${reachB}`, `${servesB}`]);
      }
    }
  }
  const head = [
    'couples',
    'stored',
    'serves A',
    'serves B',
    'serves both',
    'verified as A',
    'identified as B',
  ];
  print('\nA face that walks from A to B (mixtures of embeddings)');
  print(alignedColumns([['tier', 'couples are', 'policy', 'course', ...head], ...courses]));
  print('\nFive references of A, each as near to B as it may be');
  print(
    alignedColumns([
      ['tier', 'couples are', 'a new one must be', 'chains', 'last nearer to B', 'B verifies'],
      ...chains,
    ]),
  );
}

async function embeddingsIn(
  folder: string,
  limit: number,
  models: Models,
  workers: number,
): Promise<Embeddings[][]> {
  const { identities, images } = await readDataset(folder, limit);
  const cache = await openRecordCache(recordCacheDir(modelCacheDir()), models);
  const limits = { maxImagePixels: 40_000_000, jobTimeoutMs: 120_000 };
  const started: { pool?: Promise<FrameAnalyzer> } = {};
  const startPool = () => (started.pool ??= createPool({ workers, models, ...limits }));
  const used = images.filter(({ identity }, at) => images[at - 2]?.identity !== identity);
  try {
    const { records } = await describeImages(used, { cache, startPool, onDone: () => {} });
    return identities.map((_, identity) =>
      records.flatMap((record, at) =>
        used[at].identity === identity && record.acquired ? [record.embeddings] : [],
      ),
    );
  } finally {
    const pool = await started.pool;
    await pool?.close();
  }
}

function restricted(embeddings: Embeddings, models: readonly (keyof Embeddings)[]): Embeddings {
  return Object.fromEntries(models.map((model) => [model, embeddings[model]]));
}

const QUANTILES = [0, 0.001, 0.01, 0.05, 0.5, 0.95, 1];

function quantiles(values: readonly number[]): string[] {
  const sorted = values.toSorted((a, b) => a - b);
  return [
    `${sorted.length}`,
    ...QUANTILES.map(
      (q) => sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))]?.toFixed(1) ?? '–',
    ),
  ];
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
