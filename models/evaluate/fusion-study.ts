import { bootstrapFnmr, middle95 } from './bootstrap.ts';
import { collectScores, genuineComparisons, sampleImpostors, type SampledComparison } from './collect.ts';
import type { Faces } from './faces.ts';
import { fitLogistic, type WeightedSample } from './logistic.ts';
import { trainPerceptron } from './perceptron.ts';
import type { Bounded } from './proportion.ts';
import type { ScoreCollector } from './score-collector.ts';
import { cosineScorer, FUSED, type Scorer } from './scorers.ts';
import { seededRandom, shuffled } from './seeded-random.ts';
import type { EmbeddingModelId } from '../ids.ts';

interface FusionResult {
  readonly id: string;
  readonly label: string;
  readonly fnmr: readonly (Bounded & { readonly fmr: number })[];
  /** FNMR minus the FNMR of the tier's present method, with paired bounds; null for the present methods themselves. */
  readonly change: readonly (Bounded & { readonly fmr: number })[] | null;
}

export interface FusionStudy {
  /** Number of training comparisons in one half of the identities; the number of the smaller half. */
  readonly trainedOn: { readonly genuine: number; readonly impostor: number };
  readonly testedOn: { readonly genuine: number; readonly impostor: number };
  readonly results: readonly FusionResult[];
}

const FUSION_FMRS = [1e-3, 1e-4] as const;
const TRAINING_IMPOSTORS = 100_000;
/** Log odds are limited to this magnitude. */
const LOGIT_RANGE = 40;

/**
 * Compares ways to fuse networks. The identities are divided into two halves. A method that is fitted on one half is
 * evaluated on the other. For every method, only comparisons within a half count.
 * @returns null with fewer than two networks or fewer than ten identities
 */
export function studyFusion(
  faces: Faces,
  identities: number,
  options: { readonly seed: number; readonly replicates: number },
): FusionStudy | null {
  const models = faces.matrices.map(({ model }) => model);
  const hasBoth = models.includes('faceres') && models.includes('dlib');
  if (!hasBoth || identities < 10) return null;
  const random = seededRandom(options.seed);
  const halfOf = new Uint8Array(identities);
  for (const [place, identity] of shuffled([...halfOf.keys()], random).entries())
    halfOf[identity] = place % 2;
  const covers = (a: number, b: number) => halfOf[a] === halfOf[b];
  const within = (scorer: Scorer): Scorer => ({ ...scorer, covers });

  const genuine = genuineComparisons(faces);
  const impostors = sampleImpostors(faces, 4 * TRAINING_IMPOSTORS, random).filter(({ identity, other }) =>
    covers(identity, other),
  );
  const training = [0, 1].map((half) => ({
    genuine: genuine.filter(({ identity }) => halfOf[identity] === half),
    impostor: impostors.filter(({ identity }) => halfOf[identity] === half).slice(0, TRAINING_IMPOSTORS),
  }));
  if (training.some((part) => part.genuine.length === 0 || part.impostor.length === 0)) return null;
  const learn = (group: readonly EmbeddingModelId[], name: string) => [
    ...learnedScorers(group, name, training, halfOf, options.seed),
  ];

  const base = within(FUSED);
  const full = models.includes('mobilefacenet') ? within(cosineScorer('mobilefacenet')) : null;
  const candidates = [
    { scorer: base, present: null },
    ...learn(['faceres', 'dlib'], 'faceres + dlib').map((scorer) => ({
      scorer: within(scorer),
      present: base,
    })),
    ...(full === null
      ? []
      : [
          { scorer: full, present: null },
          { scorer: within(plainOfAll(models, impostors)), present: full },
          ...learn(models, 'all three').map((scorer) => ({ scorer: within(scorer), present: full })),
        ]),
  ];
  const collectors = collectScores(
    faces,
    candidates.map(({ scorer }) => scorer),
    random,
  );
  const replicatesOf = new Map(
    collectors.map((collector) => [collector.scorer.id, resample(collector, faces, identities, options)]),
  );
  const rateOf = ({ table }: ScoreCollector, fmr: number) =>
    table.genuineBelow(table.thresholdAt(fmr)) / table.genuineCount;
  return {
    trainedOn: {
      genuine: Math.min(...training.map((part) => part.genuine.length)),
      impostor: Math.min(...training.map((part) => part.impostor.length)),
    },
    testedOn: { genuine: collectors[0].table.genuineCount, impostor: collectors[0].table.impostorCount },
    results: collectors.map((collector, index): FusionResult => {
      const { id, label } = collector.scorer;
      const { present } = candidates[index];
      const own = replicatesOf.get(id) ?? [];
      const basis = present === null ? null : collectors.find(({ scorer }) => scorer.id === present.id);
      return {
        id,
        label,
        fnmr: FUSION_FMRS.map((fmr, f) => ({ fmr, value: rateOf(collector, fmr), ...middle95(own[f]) })),
        change: !basis
          ? null
          : FUSION_FMRS.map((fmr, f) => {
              const other = replicatesOf.get(basis.scorer.id)?.[f];
              const differences = own[f].map((value, i) => value - (other?.[i] ?? Number.NaN));
              return { fmr, value: rateOf(collector, fmr) - rateOf(basis, fmr), ...middle95(differences) };
            }),
      };
    }),
  };
}

function resample(
  collector: ScoreCollector,
  faces: Faces,
  identities: number,
  options: { readonly seed: number; readonly replicates: number },
): Float64Array[] {
  return bootstrapFnmr({
    ...options,
    identities,
    identityOf: faces.identities,
    genuine: collector.genuine(),
    impostorTail: collector.impostorTail(),
    covers: collector.scorer.covers,
    fmrs: FUSION_FMRS,
  });
}

/** The sum of all networks' scores, each standardised by its impostor distribution. */
function plainOfAll(
  models: readonly EmbeddingModelId[],
  impostors: readonly SampledComparison[],
): Omit<Scorer, 'covers'> & Scorer {
  const spreads = models.map((model) => {
    const values = impostors.map(({ cosines }) => cosines[model]);
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
    return { model, mean, deviation: Math.sqrt(variance) };
  });
  return {
    id: 'plain-all',
    label: 'all three, plain sum of normalised scores',
    low: -30,
    high: 40,
    covers: () => true,
    score: (cosines) =>
      spreads.reduce((sum, { model, mean, deviation }) => sum + (cosines[model] - mean) / deviation, 0),
  };
}

function learnedScorers(
  models: readonly EmbeddingModelId[],
  name: string,
  training: readonly { readonly genuine: SampledComparison[]; readonly impostor: SampledComparison[] }[],
  halfOf: Uint8Array,
  seed: number,
): Scorer[] {
  const featuresOf = (cosines: SampledComparison['cosines']) => models.map((model) => cosines[model]);
  const samplesOf = (half: number): WeightedSample[] =>
    (['genuine', 'impostor'] as const).flatMap((kind) =>
      training[half][kind].map(({ cosines }) => ({
        features: featuresOf(cosines),
        isGenuine: kind === 'genuine',
        weight: 1 / training[half][kind].length,
      })),
    );
  // Index: the half that is evaluated. The line is fitted on the other half.
  const lines = [1, 0].map((half) => fitLogistic(samplesOf(half)));
  const networks = [1, 0].map((half) => trainPerceptron(samplesOf(half), seed));
  const learned = (
    id: string,
    label: string,
    logit: (half: number, features: number[]) => number,
  ): Scorer => ({
    id: `${id}-${models.length}`,
    label: `${name}, ${label}`,
    low: -LOGIT_RANGE,
    high: LOGIT_RANGE,
    covers: () => true,
    score: (cosines, identity) => logit(halfOf[identity], featuresOf(cosines)),
  });
  return [
    learned('logistic', 'logistic regression', (half, features) => {
      const { weights, offset } = lines[half];
      return weights.reduce((sum, weight, i) => sum + weight * features[i], offset);
    }),
    learned('perceptron', 'perceptron 8 units', (half, features) => networks[half](features)),
  ];
}
