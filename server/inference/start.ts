import { availableParallelism } from 'node:os';
import { loadPrepared, modelCacheFolder, type PreparedModels } from '../../models/prepared.ts';
import { fencesThatHold, type ChosenFence } from './fence/choose.ts';
import { describeFence } from './fence/fence.ts';
import { createFencedPool, type FencedPool } from './fenced-pool.ts';
import type { PoolEvent } from './pool.ts';
import type { ExecutionProvider } from './execution-provider.ts';
import type { FenceChoice } from './fence/fence.ts';

/** The settings of the workers. The paths of secrets are those that workers are fenced from; empty: there is none. */
export interface InferenceSettings {
  readonly part: 'inference';
  readonly modelCache: string;
  /** 0: one for each core. */
  readonly workers: number;
  readonly executionProvider: ExecutionProvider;
  readonly fence: FenceChoice;
  readonly maxImagePixels: number;
  readonly frameTimeoutMs: number;
  readonly dataDir: string;
  readonly masterKeyFile: string;
  readonly apiKeysFile: string;
  readonly recordSessionsTo: string;
}

/** Where it is told what happens to the workers. */
interface Log {
  debug(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** What holds keys, templates and records. */
function secretPaths({
  dataDir,
  masterKeyFile,
  apiKeysFile,
  recordSessionsTo,
}: InferenceSettings): readonly string[] {
  return [dataDir, masterKeyFile, apiKeysFile, recordSessionsTo].filter(Boolean);
}

export interface PreparedInference {
  readonly models: PreparedModels['models'];
  readonly workers: number;
  readonly fences: AsyncIterable<ChosenFence>;
}

/** Finds the networks, and the first fence that holds. Rejects with `FenceError` when one is required and none does. */
export async function prepareInference(settings: InferenceSettings): Promise<PreparedInference> {
  const { models } = await loadPrepared(modelCacheFolder(settings.modelCache));
  const workers = settings.workers || availableParallelism();
  const fences = fencesThatHold({
    choice: settings.fence,
    workers,
    executionProvider: settings.executionProvider,
    models: Object.values(models),
    secrets: secretPaths(settings),
  });
  return { models, workers, fences: await begun(fences) };
}

/** The same, once the first of them is there. */
async function begun<Item>(items: AsyncGenerator<Item, void>): Promise<AsyncIterable<Item>> {
  const first = await items.next();
  async function* all() {
    if (first.done !== true) yield first.value;
    yield* items;
  }
  return all();
}

/** Starts the workers behind the best fence that they start behind. Rejects as `createFencedPool` does. */
export async function startInference(
  settings: InferenceSettings,
  { models, workers, fences }: PreparedInference,
  log: Log,
): Promise<FencedPool> {
  const options = {
    workers,
    models,
    maxImagePixels: settings.maxImagePixels,
    executionProvider: settings.executionProvider,
    jobTimeoutMs: settings.frameTimeoutMs,
    onEvent: (event: PoolEvent) => {
      if (event.type === 'worker-ready') log.debug(event, 'inference');
      else if (event.type === 'callback-failed') log.error({ error: String(event.error) }, 'inference');
      else log.warn(event, 'inference');
    },
  };
  const inference = await createFencedPool(fences, options, (error, { fence }) =>
    log.warn({ fence, error: String(error) }, 'workers do not start behind this fence: the next is tried'),
  );
  const { fence } = inference.fence;
  log[fence === 'none' ? 'warn' : 'debug']({ fence }, describeFence(inference.fence));
  return inference;
}
