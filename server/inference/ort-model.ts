import * as ort from './onnx-runtime.ts';
import { MODEL_IDS, type ModelId } from '../../models/ids.ts';
import { MODEL_MANIFEST } from '../../models/manifest.ts';
import type { PreparedModels } from '../../models/prepared.ts';
import { type ExecutionProvider, ExecutionProviderError } from './execution-provider.ts';
import type { ModelRunner, Tensor } from '../vision/model-runner.ts';

/** ONNX Runtime's level for errors. Its warnings are about how it rewrites the graph. */
const LOG_ERRORS_ONLY = 3;

interface LoadedModel {
  readonly session: ort.InferenceSession;
  readonly inputName: string;
}

/**
 * Runs networks on ONNX Runtime, each on one core: several workers serve more frames than one worker with several
 * threads. Other graph, arena and memory settings measured no better. `run` blocks the calling thread, so that this
 * belongs into a worker.
 */
export class OrtRunner implements ModelRunner {
  readonly #models: ReadonlyMap<ModelId, LoadedModel>;

  private constructor(models: ReadonlyMap<ModelId, LoadedModel>) {
    this.#models = models;
  }

  /**
   * Loads the prepared networks and runs each once, because the first run takes ten times as long. Rejects when one
   * does not load, and with `ExecutionProviderError` when the provider is the cause.
   */
  static async load(
    paths: PreparedModels['models'],
    provider: ExecutionProvider = 'cpu',
  ): Promise<OrtRunner> {
    const models = new Map<ModelId, LoadedModel>();
    for (const id of MODEL_IDS) {
      const path = paths[id];
      if (path === undefined) continue;
      const session = await createSession(path, provider);
      models.set(id, { session, inputName: session.inputNames[0] });
    }
    const runner = new OrtRunner(models);
    for (const id of models.keys()) {
      const { input } = MODEL_MANIFEST[id];
      const dims = 'steps' in input ? [1, input.steps, input.features] : [1, 3, input.height, input.width];
      await runner.run(id, new Float32Array(dims.reduce((size, dim) => size * dim)), dims);
    }
    return runner;
  }

  has(model: ModelId): boolean {
    return this.#models.has(model);
  }

  async run(model: ModelId, input: Float32Array, dims: readonly number[]): Promise<readonly Tensor[]> {
    const loaded = this.#models.get(model);
    if (loaded === undefined) throw new Error(`The model ${model} is not loaded.`);
    const outputs = await loaded.session.run({ [loaded.inputName]: new ort.Tensor('float32', input, dims) });
    return Object.values(outputs).map(({ dims: shape, data }) => {
      if (!(data instanceof Float32Array)) throw new TypeError(`The model ${model} gave no 32-bit floats.`);
      return { dims: shape, data };
    });
  }
}

async function createSession(path: string, provider: ExecutionProvider): Promise<ort.InferenceSession> {
  const options = {
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    graphOptimizationLevel: 'all',
    logSeverityLevel: LOG_ERRORS_ONLY,
  } as const;
  if (provider === 'cpu') return await ort.InferenceSession.create(path, options);
  try {
    // Operators for which the provider has no kernel run on the CPU.
    return await ort.InferenceSession.create(path, { ...options, executionProviders: [provider, 'cpu'] });
  } catch (error) {
    throw new ExecutionProviderError(provider, error instanceof Error ? error.message : String(error));
  }
}
