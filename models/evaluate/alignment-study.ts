import { readFile } from 'node:fs/promises';
import { ImageDecoder } from '../../server/inference/image-decoder.ts';
import { OrtRunner } from '../../server/inference/ort-model.ts';
import { arcFaceMatrix, dlibChipMatrix } from '../../server/vision/align.ts';
import { embedFace, type EmbeddingRecipe } from '../../server/vision/embed.ts';
import { FaceFinder } from '../../server/vision/find.ts';
import { Warper } from '../../server/vision/warp.ts';
import { EMBEDDING_MODELS as MODELS, type EmbeddingModelId } from '../ids.ts';
import { MODEL_MANIFEST } from '../manifest.ts';
import type { PreparedModels } from '../prepared.ts';
import { bootstrapFnmr, middle95 } from './bootstrap.ts';
import { collectScores } from './collect.ts';
import { acquiredFaces, toFaces } from './faces.ts';
import type { FaceSummary, ImageRecord } from './image-record.ts';
import type { Bounded } from './proportion.ts';
import type { RecordCache } from './record-cache.ts';
import type { ScoreTable } from './score-table.ts';
import { cosineScorer, FUSED, type Scorer } from './scorers.ts';
import { seededRandom } from './seeded-random.ts';

const arcFace =
  (zoom: number): EmbeddingRecipe['matrix'] =>
  (landmarks, side) =>
    arcFaceMatrix(landmarks, side, zoom);

interface Alternative {
  /** Names the alternative in the cache. Another recipe needs another id. */
  readonly id: string;
  readonly label: string;
  readonly recipe: EmbeddingRecipe;
}

/**
 * Alternatives to the server's alignment of a face, by network. The alternatives at the same place of each list are
 * computed in one pass. MobileFaceNet's file takes one image at a time, so it has no mirrored alternative.
 */
const ALTERNATIVES: Readonly<Record<EmbeddingModelId, readonly Alternative[]>> = {
  faceres: [
    { id: 'arc-1', label: 'five points, zoom 1', recipe: { matrix: arcFace(1), withMirror: false } },
    { id: 'arc-1.2', label: 'five points, zoom 1.2', recipe: { matrix: arcFace(1.2), withMirror: false } },
    { id: 'chip', label: 'dlib chip', recipe: { matrix: dlibChipMatrix, withMirror: false } },
    { id: 'mirror', label: 'zoom 1.1 and mirror', recipe: { matrix: arcFace(1.1), withMirror: true } },
  ],
  dlib: [
    { id: 'plain', label: 'dlib chip, no mirror', recipe: { matrix: dlibChipMatrix, withMirror: false } },
    { id: 'arc-1.1', label: 'five points, zoom 1.1', recipe: { matrix: arcFace(1.1), withMirror: true } },
    { id: 'arc-1.3', label: 'five points, zoom 1.3', recipe: { matrix: arcFace(1.3), withMirror: true } },
  ],
  mobilefacenet: [
    { id: 'arc-0.95', label: 'zoom .95', recipe: { matrix: arcFace(0.95), withMirror: false } },
    { id: 'arc-1.05', label: 'zoom 1.05', recipe: { matrix: arcFace(1.05), withMirror: false } },
    { id: 'arc-1.1', label: 'zoom 1.1', recipe: { matrix: arcFace(1.1), withMirror: false } },
  ],
};

export interface AlignmentResult {
  readonly model: EmbeddingModelId;
  readonly label: string;
  readonly genuine: number;
  readonly impostor: number;
  readonly equalErrorRate: number;
  readonly fnmr: number;
  /**
   * FNMR minus the FNMR of the server's own alignment, with paired 95 % bounds; null for the server's own alignment.
   */
  readonly change: Bounded | null;
  /** The same difference for the fusion of faceres and dlib; null unless this alternative aligns one of the two. */
  readonly fusedChange: Bounded | null;
}

interface AlignmentOptions {
  readonly files: readonly string[];
  readonly identityOf: (index: number) => number;
  readonly identities: number;
  /** Records that the server's own alignment gave for the same files. */
  readonly asIs: readonly ImageRecord[];
  readonly models: PreparedModels['models'];
  readonly cache: RecordCache;
  readonly maxImagePixels: number;
  readonly fmr: number;
  readonly seed: number;
  readonly replicates: number;
  readonly onDone: () => void;
}

/** Number of passes over the files: `onDone` is called this often for each file. */
export const ALIGNMENT_SETS = Math.max(...Object.values(ALTERNATIVES).map((list) => list.length));

/** Compares alternative alignments of each network on the same images. Runs in this thread. */
export async function studyAlignments(options: AlignmentOptions): Promise<AlignmentResult[]> {
  const variants: (readonly ImageRecord[])[] = [];
  const aligner = new Aligner(options);
  for (let set = 0; set < ALIGNMENT_SETS; set++) {
    const records: ImageRecord[] = [];
    for (const [index, file] of options.files.entries()) {
      const asIs = options.asIs[index];
      records.push(asIs.acquired ? await aligner.describe(file, set, asIs.face) : asIs);
      options.onDone();
    }
    variants.push(records);
  }
  const { asIs, models } = options;
  const canFuse = models.faceres !== undefined && models.dlib !== undefined;
  const fused = canFuse ? measure(FUSED, asIs, options) : null;
  return MODELS.flatMap((model) => {
    if (models[model] === undefined) return [];
    const scorer = cosineScorer(model);
    const own = measure(scorer, asIs, options);
    return [
      { ...summary(model, 'as the server does', own), change: null, fusedChange: null },
      ...ALTERNATIVES[model].map(({ label }, set): AlignmentResult => {
        const records = asIs.map((record, index) => withEmbedding(record, variants[set][index], model));
        const other = measure(scorer, records, options);
        const isFused = fused !== null && model !== 'mobilefacenet';
        return {
          ...summary(model, label, other),
          change: difference(other, own),
          fusedChange: isFused ? difference(measure(FUSED, records, options), fused) : null,
        };
      }),
    ];
  });
}

/** The server's record, with one network's embedding from another record. */
function withEmbedding(record: ImageRecord, other: ImageRecord, model: EmbeddingModelId): ImageRecord {
  if (!record.acquired || !other.acquired) return other;
  const embedding = other.embeddings[model];
  if (embedding === undefined) throw new RangeError(`No embedding by ${model}.`);
  return { ...record, embeddings: { ...record.embeddings, [model]: embedding } };
}

interface Measured {
  readonly table: ScoreTable;
  readonly fnmr: number;
  readonly replicates: Float64Array;
}

function measure(scorer: Scorer, records: readonly ImageRecord[], options: AlignmentOptions): Measured {
  const { fmr, seed, replicates, identities } = options;
  const faces = toFaces(acquiredFaces(records, options.identityOf));
  const [collector] = collectScores(faces, [scorer], seededRandom(seed));
  const { table } = collector;
  const [resampled] = bootstrapFnmr({
    identities,
    identityOf: faces.identities,
    genuine: collector.genuine(),
    impostorTail: collector.impostorTail(),
    covers: scorer.covers,
    fmrs: [fmr],
    replicates,
    seed,
  });
  const fnmr = table.genuineBelow(table.thresholdAt(fmr)) / table.genuineCount;
  return { table, fnmr, replicates: resampled };
}

function summary(model: EmbeddingModelId, label: string, { table, fnmr }: Measured) {
  const { genuineCount: genuine, impostorCount: impostor } = table;
  return { model, label, genuine, impostor, equalErrorRate: table.equalError().rate, fnmr };
}

function difference(other: Measured, own: Measured): Bounded {
  const differences = other.replicates.map((value, i) => value - own.replicates[i]);
  return { value: other.fnmr - own.fnmr, ...middle95(differences) };
}

/** Finds faces as the server does, and computes embeddings with other alignments. */
class Aligner {
  readonly #options: AlignmentOptions;
  readonly #decoder: ImageDecoder;
  readonly #warper = new Warper();
  readonly #scratch: Float32Array;
  #started: Promise<{ runner: OrtRunner; finder: FaceFinder }> | null = null;

  constructor(options: AlignmentOptions) {
    this.#options = options;
    this.#decoder = new ImageDecoder(options.maxImagePixels);
    const sides = MODELS.map((model) => MODEL_MANIFEST[model].input.width);
    this.#scratch = new Float32Array(2 * 3 * Math.max(...sides) ** 2);
  }

  async describe(file: string, set: number, face: FaceSummary): Promise<ImageRecord> {
    const { cache } = this.#options;
    const bytes = await readFile(file);
    const chosen = MODELS.flatMap((model) => {
      const alternative = ALTERNATIVES[model][set];
      return alternative === undefined || this.#options.models[model] === undefined
        ? []
        : [{ model, ...alternative }];
    });
    const variant = `align-${chosen.map(({ model, id }) => `${model}-${id}`).join('-')}`;
    const known = await cache.get(bytes, variant);
    if (known !== null) return known;
    const record = await this.#compute(bytes, chosen, face);
    await cache.put(bytes, variant, record);
    return record;
  }

  async #compute(
    bytes: Buffer,
    chosen: readonly { readonly model: EmbeddingModelId; readonly recipe: EmbeddingRecipe }[],
    face: FaceSummary,
  ): Promise<ImageRecord> {
    const decoded = await this.#decoder.decode(bytes);
    if (!decoded.ok) return { acquired: false, why: decoded.code };
    const { runner, finder } = await (this.#started ??= this.#start());
    const nothing = () => {};
    const detections = await finder.detect(decoded.image, nothing);
    const mesh = await finder.mainFace(decoded.image, detections, nothing);
    if (mesh === null) return { acquired: false, why: 'no-face' };
    const embeddings: Partial<Record<EmbeddingModelId, Float32Array>> = {};
    for (const { model, recipe } of chosen) {
      embeddings[model] = await embedFace(
        model,
        runner,
        this.#warper,
        decoded.image,
        mesh.landmarks,
        this.#scratch,
        recipe,
      );
    }
    return { acquired: true, embeddings, face };
  }

  async #start(): Promise<{ runner: OrtRunner; finder: FaceFinder }> {
    const runner = await OrtRunner.load(this.#options.models);
    return { runner, finder: new FaceFinder(runner, this.#warper) };
  }
}
