import { EMBEDDING_MODELS, type EmbeddingModelId, type ModelId } from '../../models/ids.ts';
import type { PreparedModels } from '../../models/prepared.ts';
import { policyFor } from '../../server/policy/built-in.ts';
import { ImageDecoder } from '../../server/inference/image-decoder.ts';
import { OrtRunner } from '../../server/inference/ort-model.ts';
import { neededEmbeddings } from '../../server/session/needed-embeddings.ts';
import type { AnalysisOptions, FaceRegion, FrameAnalysis } from '../../server/vision/analysis.ts';
import { FrameAnalyzerCore } from '../../server/vision/analyze.ts';
import type { Stage } from '../../server/vision/find.ts';
import type { ModelRunner } from '../../server/vision/model-runner.ts';
import { FRAME_MS } from './frames.ts';

/** Which analyses a frame gets. */
export type PathId = 'tracked' | 'session' | 'all-networks';

export type StageMs = Partial<Record<Stage | 'decode', number>>;

export interface OurTiming {
  readonly totalMs: number;
  readonly stages: StageMs;
  /** Time of the networks alone, on the input tensors of this frame. */
  readonly floorMs: number;
}

interface Call {
  readonly model: ModelId;
  readonly input: Float32Array;
  readonly dims: readonly number[];
}

const NOTHING: AnalysisOptions = { embeddings: false, pad: false, countFaces: false };
/** Human computes embeddings with faceres alone, so the comparison with Human does too. */
const EVERYTHING: AnalysisOptions = {
  embeddings: true,
  embeddingModels: ['faceres'],
  pad: true,
  countFaces: true,
};
const MAX_PIXELS = 16_000_000;

/** The analyses that a verification under the standard policy requests for frame `index` once the face is followed. */
export function sessionAnalysisOptions(
  index: number,
  embeddingModels: readonly EmbeddingModelId[],
): AnalysisOptions {
  const { embedEveryMs, padEveryMs, countFacesEveryMs } = policyFor('standard').sampling;
  const isDue = (everyMs: number) =>
    Math.floor((index * FRAME_MS) / everyMs) !== Math.floor(((index - 1) * FRAME_MS) / everyMs);
  return {
    embeddings: isDue(embedEveryMs),
    embeddingModels,
    pad: isDue(padEveryMs),
    countFaces: isDue(countFacesEveryMs),
  };
}

/** The embedding networks that verification runs when references hold the embeddings of all loaded networks. */
export function verifyingModels(isLoaded: (model: EmbeddingModelId) => boolean): readonly EmbeddingModelId[] {
  const loaded = EMBEDDING_MODELS.filter(isLoaded);
  const embeddings = Object.fromEntries(loaded.map((model) => [model, new Float32Array(0)]));
  const reference = { referenceId: '', subject: '', embeddings };
  return neededEmbeddings(
    { mode: 'verify', references: [reference] },
    { models: { embeddings: loaded, pad: [] } },
  );
}

/** The server's own code for one frame, on this thread. */
export class OurPaths {
  readonly #runner: OrtRunner;
  readonly #decoder = new ImageDecoder(MAX_PIXELS);
  readonly #cores: Readonly<Record<PathId, FrameAnalyzerCore>>;
  readonly #recorders: Readonly<Record<PathId, FrameAnalyzerCore>>;
  readonly #verifying: readonly EmbeddingModelId[];
  #calls: Call[] = [];

  private constructor(runner: OrtRunner) {
    this.#runner = runner;
    this.#verifying = verifyingModels((model) => runner.has(model));
    const recording: ModelRunner = {
      has: (model) => runner.has(model),
      run: (model, input, dims) => {
        this.#calls.push({ model, input: input.slice(), dims });
        return runner.run(model, input, dims);
      },
    };
    const cores = (inner: ModelRunner) => ({
      tracked: new FrameAnalyzerCore(inner),
      session: new FrameAnalyzerCore(inner),
      'all-networks': new FrameAnalyzerCore(inner),
    });
    this.#cores = cores(runner);
    this.#recorders = cores(recording);
  }

  static async load(models: PreparedModels['models']): Promise<OurPaths> {
    return new OurPaths(await OrtRunner.load(models));
  }

  /** Analyses a frame without measuring. Gives the region in which the next frame is searched. */
  async look(frame: Buffer, region: FaceRegion | null): Promise<FrameAnalysis> {
    const { image } = await this.#decode(frame);
    return await this.#cores.tracked.analyze(image, region, NOTHING);
  }

  /** Measures frame `index`, whose face is followed from `region`. */
  async time(path: PathId, frame: Buffer, region: FaceRegion, index: number): Promise<OurTiming> {
    const options = {
      tracked: NOTHING,
      session: sessionAnalysisOptions(index, this.#verifying),
      'all-networks': EVERYTHING,
    }[path];
    this.#calls = [];
    await this.#recorders[path].analyze((await this.#decode(frame)).image, region, options);
    const calls = this.#calls;
    this.#calls = [];

    const stages: StageMs = {};
    const startedAt = performance.now();
    const { image } = await this.#decode(frame);
    let markedAt = performance.now();
    stages.decode = markedAt - startedAt;
    await this.#cores[path].analyze(image, region, options, (stage) => {
      const now = performance.now();
      stages[stage] = (stages[stage] ?? 0) + now - markedAt;
      markedAt = now;
    });
    const totalMs = performance.now() - startedAt;

    const floorStartedAt = performance.now();
    for (const { model, input, dims } of calls) await this.#runner.run(model, input, dims);
    return { totalMs, stages, floorMs: performance.now() - floorStartedAt };
  }

  async #decode(frame: Buffer) {
    const decoded = await this.#decoder.decode(frame);
    if (!decoded.ok) throw new Error(`A frame was refused: ${decoded.code}.`);
    return decoded;
  }
}
