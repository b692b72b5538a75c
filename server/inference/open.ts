import { loadPrepared, modelCacheFolder, type PreparedModels } from '../../models/prepared.ts';
import { fencesThatHold, type ChosenFence } from './fence/choose.ts';
import { describeFence, type FenceChoice } from './fence/fence.ts';
import { createFencedPool, type FencedPool } from './fenced-pool.ts';
import { countWorkers, type WorkerCount } from './machine-share.ts';
import type { PoolEvent } from './pool.ts';
import type { ExecutionProvider } from './execution-provider.ts';

/** Workers may read nothing under the four paths at the end. An empty path means that there is none. */
export interface InferenceSettings {
  readonly part: 'inference';
  readonly modelCache: string;
  /** 0: as many as cores and memory allow (`countWorkers`). */
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

interface Log {
  debug(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** Workers that can be started. */
export interface PreparedInference {
  /**
   * Starts the workers behind the best fence behind which they start. Rejects as `createFencedPool` does, with
   * `FenceError` when a fence is required and none holds, and with `MemoryError` when there is too little memory.
   */
  start(): Promise<OpenInference>;
  /** Resolves once nothing is tried any more. Workers that were started go on. */
  close(): Promise<void>;
}

export interface OpenInference extends FencedPool {
  readonly count: WorkerCount;
  close(): Promise<void>;
}

/** Begins to look for the networks and for a fence that holds, which takes some 0.1 s, and returns at once. */
export function prepareInference(settings: InferenceSettings, log: Log): PreparedInference {
  const preparing = prepare(settings);
  const settled = preparing.then(
    () => {},
    // `start` reports the failure.
    () => {},
  );
  return {
    start: async () => await start(settings, await preparing, log),
    close: () => settled,
  };
}

interface Prepared {
  readonly models: PreparedModels['models'];
  readonly count: WorkerCount;
  readonly fences: AsyncIterable<ChosenFence>;
}

async function prepare(settings: InferenceSettings): Promise<Prepared> {
  const count = countWorkers(settings.workers);
  const { models } = await loadPrepared(modelCacheFolder(settings.modelCache));
  const { dataDir, masterKeyFile, apiKeysFile, recordSessionsTo } = settings;
  const fences = fencesThatHold({
    choice: settings.fence,
    workers: count.workers,
    executionProvider: settings.executionProvider,
    models: Object.values(models),
    secrets: [dataDir, masterKeyFile, apiKeysFile, recordSessionsTo].filter(Boolean),
  });
  return { models, count, fences: await withFirstReady(fences) };
}

/** The same items. Resolves once the first of them is there. */
async function withFirstReady<Item>(items: AsyncGenerator<Item, void>): Promise<AsyncIterable<Item>> {
  const first = await items.next();
  async function* all() {
    if (first.done !== true) yield first.value;
    yield* items;
  }
  return all();
}

async function start(
  settings: InferenceSettings,
  { models, count, fences }: Prepared,
  log: Log,
): Promise<OpenInference> {
  if (count.isShort)
    log.warn(
      { workers: count.workers },
      'there may be too little memory for so many workers: set VERIFRAME_WORKERS to fewer, or 0',
    );
  const options = {
    workers: count.workers,
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
  return { ...inference, count, close: () => inference.pool.close() };
}
