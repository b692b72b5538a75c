import * as ort from 'onnxruntime-node';
import { MODEL_IDS, type ModelId } from '../../models/ids.ts';
import { MODEL_MANIFEST } from '../../models/manifest.ts';
import type { PreparedModels } from '../../models/prepared.ts';
import type { ModelRunner, Tensor } from '../vision/model-runner.ts';

/** ONNX Runtime's level for errors only: warnings are about its own graph rewriting. */
const LOG_ERRORS_ONLY = 3;

interface LoadedModel {
  readonly session: ort.InferenceSession;
  readonly inputName: string;
}

/**
 * Runs networks on ONNX Runtime's CPU provider. One core each: several threads serve more frames than one frame on
 * several threads. `run` occupies the calling thread, so this belongs in a worker.
 */
export class OrtRunner implements ModelRunner {
  readonly #models: ReadonlyMap<ModelId, LoadedModel>;

  private constructor(models: ReadonlyMap<ModelId, LoadedModel>) {
    this.#models = models;
  }

  /** Loads the prepared networks and runs each once, as a first run is ten times slower. Rejects when one does not load. */
  static async load(paths: PreparedModels['models']): Promise<OrtRunner> {
    const models = new Map<ModelId, LoadedModel>();
    for (const id of MODEL_IDS) {
      const path = paths[id];
      if (path === undefined) continue;
      const session = await ort.InferenceSession.create(path, {
        intraOpNumThreads: 1,
        interOpNumThreads: 1,
        graphOptimizationLevel: 'all',
        logSeverityLevel: LOG_ERRORS_ONLY,
      });
      models.set(id, { session, inputName: session.inputNames[0] });
    }
    const runner = new OrtRunner(models);
    for (const id of models.keys()) {
      const { width, height } = MODEL_MANIFEST[id].input;
      await runner.run(id, new Float32Array(3 * width * height), [1, 3, height, width]);
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
