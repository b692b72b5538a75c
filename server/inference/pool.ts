import { EMBEDDING_MODELS, GEOMETRY_MODELS, type ModelId, PAD_MODELS } from '../../models/ids.ts';
import type { PreparedModels } from '../../models/prepared.ts';
import type { AnalyzeReply, AnalyzeRequest, FrameAnalyzer, LoadedModels, TurnPriority } from './calls.ts';
import type { ExecutionProvider } from './execution-provider.ts';
import { NO_FENCE, type Fence } from './fence/fence.ts';
import { StartError, WorkerSlot, type WorkerEvent } from './worker-slot.ts';

/** An event of the pool, for logs and metrics. `callback-failed`: `take` or `done` of a caller threw. */
export type PoolEvent = WorkerEvent | { readonly type: 'callback-failed'; readonly error: unknown };

export interface PoolOptions {
  /** Worker processes. One for each core that they may use. */
  readonly workers: number;
  /** Paths of the networks, from `loadPrepared`. The three for geometry are required. */
  readonly models: PreparedModels['models'];
  /** Width × height. A larger image is refused. */
  readonly maxImagePixels: number;
  /** Default: `cpu`. */
  readonly executionProvider?: ExecutionProvider;
  /** One of `fencesThatHold`. Default: workers have only an environment of their own. */
  readonly fence?: Fence;
  /** A worker that takes longer over a frame is replaced. */
  readonly jobTimeoutMs: number;
  readonly onEvent?: (event: PoolEvent) => void;
}

interface Turn {
  readonly take: () => AnalyzeRequest | null;
  readonly done: (reply: AnalyzeReply) => void;
}

/**
 * Starts a pool of inference workers. Resolves when all of them are warm. Rejects with `StartError` when a worker does
 * not start or a geometry network is missing, and with `ExecutionProviderError` when the networks cannot run on the
 * provider. Then nothing is left running.
 */
export async function createPool(options: PoolOptions): Promise<MeasurablePool> {
  if (!(Number.isInteger(options.workers) && options.workers >= 1)) {
    throw new RangeError('A pool needs at least one worker.');
  }
  const isLoaded = (id: ModelId) => options.models[id] !== undefined;
  const missing = GEOMETRY_MODELS.filter((id) => !isLoaded(id));
  if (missing.length > 0)
    throw new StartError(
      `Needed models are missing: ${missing.join(', ')}. Run \`npm run models\`, or name their folder with ` +
        'VERIFRAME_MODEL_CACHE.',
    );
  const pool = new Pool(options, {
    embeddings: EMBEDDING_MODELS.filter(isLoaded),
    pad: PAD_MODELS.filter(isLoaded),
    motion: isLoaded('motion'),
  });
  try {
    await pool.start();
  } catch (error) {
    await pool.close();
    throw error;
  }
  return pool;
}

/** A pool whose load can be measured. */
export interface MeasurablePool extends FrameAnalyzer {
  /** Workers that analyse a frame now. */
  readonly busyWorkers: number;
}

class Pool implements MeasurablePool {
  readonly models: LoadedModels;
  readonly #slots: readonly WorkerSlot[];
  /** In the order in which they were asked for. */
  readonly #turns = new Set<Turn>();
  /** Taken only while no other waits. */
  readonly #backgroundTurns = new Set<Turn>();
  readonly #onEvent: (event: PoolEvent) => void;
  #closed: Promise<void> | null = null;
  #isPumpScheduled = false;

  constructor(options: PoolOptions, models: LoadedModels) {
    this.models = models;
    this.#onEvent = options.onEvent ?? (() => {});
    const { models: paths, maxImagePixels, executionProvider = 'cpu' } = options;
    const settings = { models: paths, maxImagePixels, executionProvider };
    this.#slots = Array.from(
      { length: options.workers },
      (_, worker) =>
        new WorkerSlot({
          worker,
          settings,
          fence: options.fence ?? NO_FENCE,
          jobTimeoutMs: options.jobTimeoutMs,
          onEvent: this.#onEvent,
          onIdle: () => this.#schedulePump(),
        }),
    );
  }

  async start(): Promise<void> {
    await Promise.all(this.#slots.map((slot) => slot.start()));
  }

  get workers(): number {
    return this.#slots.filter((slot) => slot.isUp).length;
  }

  get queueDepth(): number {
    return this.#turns.size;
  }

  get busyWorkers(): number {
    return this.#slots.filter((slot) => slot.isUp && !slot.isIdle).length;
  }

  /** As `FrameAnalyzer` says. No callback runs before this returns, and none once the pool is closed. */
  requestTurn(
    take: () => AnalyzeRequest | null,
    done: (reply: AnalyzeReply) => void,
    priority: TurnPriority = 'live',
  ): () => void {
    if (this.#closed !== null) return () => {};
    const turn: Turn = { take, done };
    const turns = priority === 'live' ? this.#turns : this.#backgroundTurns;
    turns.add(turn);
    this.#schedulePump();
    return () => {
      turns.delete(turn);
    };
  }

  close(): Promise<void> {
    this.#turns.clear();
    this.#backgroundTurns.clear();
    this.#closed ??= Promise.all(this.#slots.map((slot) => slot.close())).then(() => {});
    return this.#closed;
  }

  #schedulePump(): void {
    if (this.#isPumpScheduled) return;
    this.#isPumpScheduled = true;
    queueMicrotask(() => {
      this.#isPumpScheduled = false;
      this.#pump();
    });
  }

  #pump(): void {
    for (const slot of this.#slots) {
      while (slot.isIdle && this.#turns.size + this.#backgroundTurns.size > 0) this.#giveTurn(slot);
    }
  }

  #giveTurn(slot: WorkerSlot): void {
    const turns = this.#turns.size > 0 ? this.#turns : this.#backgroundTurns;
    const [turn] = turns;
    turns.delete(turn);
    const request = this.#guarded(turn.take);
    if (request === undefined || request === null) return;
    slot.run(request, (reply) => {
      this.#guarded(() => turn.done(reply));
    });
  }

  /** A callback that throws must not take the turns of other callers. */
  #guarded<Result>(callback: () => Result): Result | undefined {
    try {
      return callback();
    } catch (error) {
      this.#onEvent({ type: 'callback-failed', error });
      return undefined;
    }
  }
}
