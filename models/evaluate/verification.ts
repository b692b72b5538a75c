import { availableParallelism } from 'node:os';
import path from 'node:path';
import { COMPARISON_METHODS, thresholdAt } from '../../server/matching/score-scales.ts';
import { FMRS } from '../../server/policy/false-match-rates.ts';
import type { FrameAnalyzer } from '../../server/inference/calls.ts';
import { createPool } from '../../server/inference/pool.ts';
import { EMBEDDING_MODELS, type EmbeddingModelId } from '../ids.ts';
import { loadPrepared } from '../prepared.ts';
import { ALIGNMENT_SETS, studyAlignments, type AlignmentResult } from './alignment-study.ts';
import { breakDown, cohortRates, thresholdOf, type BreakdownRow, type CohortRates } from './breakdown.ts';
import { collectScores } from './collect.ts';
import type { Dataset } from './dataset.ts';
import { studyDegradations, type DegradationResult } from './degradation-study.ts';
import { DEGRADATIONS } from './degradations.ts';
import { describeImages, type ImageJob } from './describe-images.ts';
import { EvaluateError } from './evaluate-error.ts';
import { acquiredFaces, toFaces, type Faces } from './faces.ts';
import { studyFusion, type FusionStudy } from './fusion-study.ts';
import type { AcquireFailure, ImageRecord } from './image-record.ts';
import { drawPairs, type Fold, type ImagePair } from './pairs.ts';
import { protocolAccuracies, type ProtocolAccuracy } from './protocol.ts';
import { qualityHint } from './quality-verdict.ts';
import { ratesOf, type MethodRates } from './rates.ts';
import { openRecordCache, type RecordCache } from './record-cache.ts';
import type { ScoreCollector } from './score-collector.ts';
import { productScorers, type Scorer } from './scorers.ts';
import { seededRandom } from './seeded-random.ts';
import { studyTemplates, type TemplateResult } from './template-study.ts';

export interface VerificationOptions {
  readonly dataset: Dataset;
  /** Folds of a given protocol; null: folds are drawn like LFW's. */
  readonly pairs: readonly Fold<ImagePair>[] | null;
  readonly cohorts: ReadonlyMap<string, string> | null;
  /** Folder of prepared models. */
  readonly modelCache: string;
  /** Folder of results that are kept for later runs. */
  readonly recordCache: string;
  readonly workers: number;
  /** Number of identities whose images are degraded; 0 leaves the study out. */
  readonly degradationIdentities: number;
  /** Number of identities whose images are aligned in other ways; 0 leaves the study out. */
  readonly alignmentIdentities: number;
  readonly replicates: number;
  readonly seed: number;
  readonly progress: Progress;
}

/** Called with the progress of a stage. */
export type Progress = (stage: string, done: number, total: number) => void;

/** All results of one run. Contains no image and no embedding. */
export interface VerificationReport {
  readonly identities: number;
  readonly images: number;
  readonly failuresToAcquire: Readonly<Partial<Record<AcquireFailure, number>>>;
  readonly models: readonly EmbeddingModelId[];
  /** Images analysed in this run. The other records came from the cache. */
  readonly computed: number;
  readonly seed: number;
  readonly replicates: number;
  readonly protocol: {
    /** `given`: the pairs of a file; `drawn`: pairs drawn like LFW's. */
    readonly pairs: 'given' | 'drawn';
    readonly accuracies: readonly ProtocolAccuracy[];
  };
  readonly methods: readonly MethodRates[];
  readonly breakdown: readonly BreakdownRow[];
  readonly cohorts: readonly CohortRates[];
  readonly templates: readonly TemplateResult[];
  /** The same for images only that the standard policy's quality gate accepts as probes. */
  readonly gatedTemplates: readonly TemplateResult[];
  readonly fusion: FusionStudy | null;
  readonly alignments: readonly AlignmentResult[];
  readonly degradations: readonly DegradationResult[];
}

interface VerificationRun {
  readonly report: VerificationReport;
  /** Collected scores, for the charts. */
  readonly collectors: readonly ScoreCollector[];
}

const REPORTED_FMRS = [1e-2, 1e-3, 1e-4] as const;
const ALIGNMENT_FMR = 1e-3;
const DRAWN = { folds: 10, perFold: 300 } as const;
const MAX_IMAGE_PIXELS = 40_000_000;
const JOB_TIMEOUT_MS = 120_000;

/** Default number of workers: one for each core. */
export const defaultWorkers = (): number => availableParallelism();

/**
 * Evaluates face verification with the server's own vision code and worker pool.
 * @throws EvaluateError when models are missing, or when the data give no genuine or no impostor comparison
 */
export async function verify(options: VerificationOptions): Promise<VerificationRun> {
  const { models } = await loadPrepared(options.modelCache);
  if (!EMBEDDING_MODELS.some((model) => models[model] !== undefined)) {
    throw new EvaluateError('No embedding model is prepared: run "npm run models" first.');
  }
  const cache = await openRecordCache(options.recordCache, models);
  const started: { pool?: Promise<FrameAnalyzer> } = {};
  const startPool = () =>
    (started.pool ??= createPool({
      workers: options.workers,
      models,
      maxImagePixels: MAX_IMAGE_PIXELS,
      jobTimeoutMs: JOB_TIMEOUT_MS,
    }));
  const describe = (jobs: readonly ImageJob[], onDone: () => void) =>
    describeImages(jobs, { cache, startPool, onDone });
  try {
    return await new Verification(options, describe, cache, models).run();
  } finally {
    const pool = await started.pool;
    await pool?.close();
  }
}

type Describe = (
  jobs: readonly ImageJob[],
  onDone: () => void,
) => Promise<{ records: ImageRecord[]; computed: number }>;

/** One run, with the state that its stages share. */
class Verification {
  readonly #options: VerificationOptions;
  readonly #describe: Describe;
  readonly #cache: RecordCache;
  readonly #models: Awaited<ReturnType<typeof loadPrepared>>['models'];
  #computed = 0;

  constructor(
    options: VerificationOptions,
    describe: Describe,
    cache: RecordCache,
    models: Awaited<ReturnType<typeof loadPrepared>>['models'],
  ) {
    this.#options = options;
    this.#describe = describe;
    this.#cache = cache;
    this.#models = models;
  }

  async run(): Promise<VerificationRun> {
    const { dataset, progress, seed, replicates, cohorts } = this.#options;
    const identities = dataset.identities.length;
    const identityOf = (image: number) => dataset.images[image].identity;
    const records = await this.#describeAll('describe', dataset.images);
    const faces = toFaces(acquiredFaces(records, identityOf));
    const scorers = productScorers(faces.matrices.map(({ model }) => model));
    const collectors = collectScores(faces, scorers, seededRandom(seed), (done) =>
      progress('compare', done, faces.count),
    );
    if (collectors.some(({ table }) => table.genuineCount === 0 || table.impostorCount === 0)) {
      throw new EvaluateError(
        'The data need two identities, one of them with two pictures, whose faces are found.',
      );
    }
    const methods = collectors.map((collector) =>
      ratesOf(collector, { identities, identityOf: faces.identities, replicates, seed }),
    );
    const singleThreshold = (method: string, fmr: number) => thresholdOf(methods, method, fmr);
    const templateOptions = { seed, fmrs: REPORTED_FMRS, singleThreshold, thresholdInForce };
    const templates = studyTemplates(faces, scorers, templateOptions);
    const gated = toFaces(
      acquiredFaces(records, identityOf).filter(({ image }) => passesGate(records[image])),
    );
    const gatedTemplates = studyTemplates(gated, scorers, templateOptions);
    progress('templates and fusion', 1, 2);
    const fusion = studyFusion(faces, identities, { seed, replicates });
    progress('templates and fusion', 2, 2);
    const alignments = await this.#alignments(records);
    const degradations = await this.#degradations(faces, scorers, singleThreshold);
    const report: VerificationReport = {
      identities,
      images: dataset.images.length,
      failuresToAcquire: countFailures(records),
      models: faces.matrices.map(({ model }) => model),
      computed: this.#computed,
      seed,
      replicates,
      protocol: this.#protocol(faces, scorers),
      methods,
      breakdown: breakDown(faces, records, collectors, methods, REPORTED_FMRS),
      cohorts:
        cohorts === null
          ? []
          : cohortRates(
              faces,
              (image) => cohorts.get(dataset.images[image].name) ?? null,
              collectors,
              methods,
              REPORTED_FMRS,
            ),
      templates,
      gatedTemplates,
      fusion,
      alignments,
      degradations,
    };
    return { report, collectors };
  }

  async #describeAll(stage: string, jobs: readonly ImageJob[]): Promise<ImageRecord[]> {
    let done = 0;
    const { records, computed } = await this.#describe(jobs, () => {
      this.#options.progress(stage, ++done, jobs.length);
    });
    this.#computed += computed;
    return records;
  }

  #protocol(faces: Faces, scorers: readonly Scorer[]): VerificationReport['protocol'] {
    const { pairs, dataset, seed } = this.#options;
    const folds = pairs ?? drawPairs(dataset, DRAWN.folds, DRAWN.perFold, seededRandom(seed));
    return {
      pairs: pairs === null ? 'drawn' : 'given',
      accuracies: protocolAccuracies(faces, scorers, folds),
    };
  }

  async #alignments(records: readonly ImageRecord[]): Promise<AlignmentResult[]> {
    const { dataset, alignmentIdentities, progress, seed, replicates } = this.#options;
    if (alignmentIdentities === 0) return [];
    const chosen = new Set(spread(identitiesWithPairs(dataset), alignmentIdentities));
    const images = [...dataset.images.keys()].filter((image) => chosen.has(dataset.images[image].identity));
    let done = 0;
    return await studyAlignments({
      files: images.map((image) => dataset.images[image].file),
      identityOf: (index) => dataset.images[images[index]].identity,
      identities: dataset.identities.length,
      asIs: images.map((image) => records[image]),
      models: this.#models,
      cache: this.#cache,
      maxImagePixels: MAX_IMAGE_PIXELS,
      fmr: ALIGNMENT_FMR,
      seed,
      replicates,
      onDone: () => progress('alignments', ++done, images.length * ALIGNMENT_SETS),
    });
  }

  async #degradations(
    faces: Faces,
    scorers: readonly Scorer[],
    singleThreshold: (method: string, fmr: number) => number,
  ): Promise<DegradationResult[]> {
    const { dataset, degradationIdentities } = this.#options;
    if (degradationIdentities === 0) return [];
    const chosen = spread(identitiesWithPairs(dataset), degradationIdentities);
    const probes = chosen.map((identity) => dataset.images.findIndex((image) => image.identity === identity));
    const files = probes.map((image) => dataset.images[image].file);
    return await studyDegradations(faces, {
      probes,
      identityOf: (image) => dataset.images[image].identity,
      scorers,
      fmrs: REPORTED_FMRS,
      singleThreshold,
      describe: async (change) => {
        const at = DEGRADATIONS.indexOf(change) + 1;
        const stage = `degrade ${at}/${DEGRADATIONS.length}`;
        const jobs = files.map((file): ImageJob => (change.family === 'none' ? { file } : { file, change }));
        return await this.#describeAll(stage, jobs);
      },
    });
  }
}

function identitiesWithPairs({ identities, images }: Dataset): number[] {
  const counts = new Uint32Array(identities.length);
  for (const { identity } of images) counts[identity]++;
  return [...counts.keys()].filter((identity) => counts[identity] >= 2);
}

/** `count` items, evenly spaced. */
function spread(items: readonly number[], count: number): number[] {
  const step = Math.max(1, items.length / count);
  const chosen: number[] = [];
  for (let at = 0; at < items.length && chosen.length < count; at += step) chosen.push(items[Math.floor(at)]);
  return chosen;
}

/** The threshold of a method at a false match rate that the server uses, from `score-scales.ts`. */
function thresholdInForce(method: string, fmr: number): number {
  const scale = COMPARISON_METHODS.find((candidate) => candidate === method);
  const rate = FMRS.find((candidate) => candidate === fmr);
  if (scale === undefined || rate === undefined) throw new RangeError(`No scale for ${method} at ${fmr}.`);
  return thresholdAt(scale, rate);
}

function passesGate(record: ImageRecord): boolean {
  return record.acquired && qualityHint(record.face) === null;
}

function countFailures(records: readonly ImageRecord[]): VerificationReport['failuresToAcquire'] {
  const failures: Partial<Record<AcquireFailure, number>> = {};
  for (const record of records) {
    if (!record.acquired) failures[record.why] = (failures[record.why] ?? 0) + 1;
  }
  return failures;
}

/** Folder beside the models for results that are kept for later runs. */
export function recordCacheDir(modelCache: string): string {
  return path.join(modelCache, 'evaluate');
}
