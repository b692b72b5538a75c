import { availableParallelism } from 'node:os';
import { loadPrepared, modelCacheDir, type PreparedModels } from '../models/prepared.ts';
import { fencesThatHold, type ChosenFence } from './inference/fence/choose.ts';
import { describeFence } from './inference/fence/fence.ts';
import { createFencedPool, type FencedPool } from './inference/fenced-pool.ts';
import type { PoolEvent } from './inference/pool.ts';
import type { Logger } from './observe/log.ts';
import type { SettingsOf } from './part-settings.ts';

/** What holds keys, templates and records. */
function secretPaths({
  dataDir,
  masterKeyFile,
  apiKeysFile,
  recordSessionsTo,
}: SettingsOf<'inference'>): readonly string[] {
  return [dataDir, masterKeyFile, apiKeysFile, recordSessionsTo].filter(Boolean);
}

export interface PreparedInference {
  readonly models: PreparedModels['models'];
  readonly workers: number;
  readonly fences: AsyncIterable<ChosenFence>;
}

/** Finds the networks, and the first fence that holds. Rejects with `FenceError` when one is required and none does. */
export async function prepareInference(settings: SettingsOf<'inference'>): Promise<PreparedInference> {
  const { models } = await loadPrepared(modelCacheDir({ VERIFRAME_MODEL_CACHE: settings.modelCache }));
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
  settings: SettingsOf<'inference'>,
  { models, workers, fences }: PreparedInference,
  log: Logger,
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
