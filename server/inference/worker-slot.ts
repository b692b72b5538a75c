import { Worker } from 'node:worker_threads';
import type { AnalyzeReply, AnalyzeRequest } from './calls.ts';
import type { WorkerMessage, WorkerSettings } from './worker-messages.ts';

/** What befalls a worker, for logs and metrics. `detail` holds no pixel and no score. */
export type WorkerEvent =
  | { readonly type: 'worker-ready'; readonly worker: number }
  | {
      readonly type: 'worker-lost';
      readonly worker: number;
      readonly why: 'ended' | 'job-timeout' | 'start-timeout';
      readonly detail: string;
      /** When its successor is started. */
      readonly restartInMs: number;
    }
  | { readonly type: 'frame-failed'; readonly worker: number; readonly detail: string };

export interface WorkerSlotOptions {
  readonly worker: number;
  readonly settings: WorkerSettings;
  readonly jobTimeoutMs: number;
  readonly onEvent: (event: WorkerEvent) => void;
  /** Called whenever the slot can take a frame. */
  readonly onIdle: () => void;
}

/** Loading and warming every network takes about a second on an idle machine. */
const START_TIMEOUT_MS = 60_000;
/** A worker that dies is replaced at once; each further death before a frame is answered doubles the wait. */
const FIRST_BACKOFF_MS = 250;
const MAX_BACKOFF_MS = 30_000;

const INTERNAL: AnalyzeReply = { ok: false, code: 'server.internal' };

type State =
  | {
      readonly kind: 'starting';
      readonly thread: Worker;
      readonly timer: NodeJS.Timeout;
      readonly ready: () => void;
      readonly failed: (error: Error) => void;
    }
  | { readonly kind: 'idle'; readonly thread: Worker }
  | {
      readonly kind: 'busy';
      readonly thread: Worker;
      readonly timer: NodeJS.Timeout;
      readonly done: (reply: AnalyzeReply) => void;
    }
  | { readonly kind: 'backing-off'; readonly timer: NodeJS.Timeout }
  | { readonly kind: 'closed' };

/** One place for a worker thread: starts it, gives it one frame at a time, and replaces it when it dies or hangs. */
export class WorkerSlot {
  readonly #options: WorkerSlotOptions;
  #state: State = { kind: 'closed' };
  #failures = 0;
  #closing = false;
  #onFinished: (() => void) | null = null;
  readonly #ending = new Set<Promise<unknown>>();

  constructor(options: WorkerSlotOptions) {
    this.#options = options;
  }

  get isIdle(): boolean {
    return this.#state.kind === 'idle' && !this.#closing;
  }

  /** Starts the thread. Resolves when its networks are warm, rejects when it ended or hung before that. */
  start(): Promise<void> {
    return new Promise((resolve, reject) => {
      const thread = spawn(this.#options);
      const timer = setTimeout(
        () => this.#lose(thread, 'start-timeout', 'not ready in time'),
        START_TIMEOUT_MS,
      );
      this.#state = { kind: 'starting', thread, timer, ready: resolve, failed: reject };
      thread.on('message', (message: WorkerMessage) => this.#receive(thread, message));
      thread.on('messageerror', (error) => this.#lose(thread, 'ended', error.message));
      thread.on('error', (error) => this.#lose(thread, 'ended', describe(error)));
      thread.on('exit', (code) => this.#lose(thread, 'ended', `exit code ${code}`));
    });
  }

  /** Hands a frame over to an idle slot. `done` is called once, with `server.internal` when the thread is lost. */
  run(request: AnalyzeRequest, done: (reply: AnalyzeReply) => void): void {
    if (this.#state.kind !== 'idle') {
      done(INTERNAL);
      return;
    }
    const { thread } = this.#state;
    try {
      thread.postMessage(request, [request.image]);
    } catch (error) {
      this.#options.onEvent({
        type: 'frame-failed',
        worker: this.#options.worker,
        detail: describe(error),
      });
      done(INTERNAL);
      return;
    }
    const timer = setTimeout(
      () => this.#lose(thread, 'job-timeout', `no answer in ${this.#options.jobTimeoutMs} ms`),
      this.#options.jobTimeoutMs,
    );
    this.#state = { kind: 'busy', thread, timer, done };
  }

  /** Lets a running frame finish, then ends the thread. Resolves when it is gone. */
  async close(): Promise<void> {
    this.#closing = true;
    if (this.#state.kind === 'busy') {
      await new Promise<void>((resolve) => {
        this.#onFinished = resolve;
      });
    }
    const state = this.#state;
    this.#state = { kind: 'closed' };
    if ('timer' in state) clearTimeout(state.timer);
    if (state.kind === 'starting') state.failed(new Error('The pool was closed.'));
    if ('thread' in state) this.#end(state.thread);
    await Promise.all(this.#ending);
  }

  #receive(thread: Worker, message: WorkerMessage): void {
    const state = this.#state;
    if (!('thread' in state) || state.thread !== thread) return;
    if (message.type === 'ready' && state.kind === 'starting') {
      clearTimeout(state.timer);
      this.#state = { kind: 'idle', thread };
      this.#options.onEvent({ type: 'worker-ready', worker: this.#options.worker });
      state.ready();
      this.#options.onIdle();
    } else if (message.type === 'reply' && state.kind === 'busy') {
      clearTimeout(state.timer);
      this.#state = { kind: 'idle', thread };
      this.#failures = 0;
      if (message.failure !== undefined) {
        this.#options.onEvent({
          type: 'frame-failed',
          worker: this.#options.worker,
          detail: message.failure,
        });
      }
      state.done(message.reply);
      this.#onFinished?.();
      this.#options.onIdle();
    }
  }

  #lose(thread: Worker, why: 'ended' | 'job-timeout' | 'start-timeout', detail: string): void {
    const state = this.#state;
    if (!('thread' in state) || state.thread !== thread) return;
    if ('timer' in state) clearTimeout(state.timer);
    this.#end(thread);
    const restartInMs =
      this.#failures === 0 ? 0 : Math.min(MAX_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** (this.#failures - 1));
    this.#failures++;
    this.#state = this.#closing
      ? { kind: 'closed' }
      : { kind: 'backing-off', timer: setTimeout(() => this.#restart(), restartInMs) };
    this.#options.onEvent({ type: 'worker-lost', worker: this.#options.worker, why, detail, restartInMs });
    if (state.kind === 'starting') state.failed(new Error(`The worker did not start: ${detail}`));
    if (state.kind === 'busy') state.done(INTERNAL);
    this.#onFinished?.();
  }

  #restart(): void {
    // A failed start has already been reported and scheduled the next one.
    this.start().catch(() => {});
  }

  #end(thread: Worker): void {
    const ending = thread.terminate().finally(() => this.#ending.delete(ending));
    this.#ending.add(ending);
  }
}

/** The worker runs from TypeScript when this module does, and from the compiled file otherwise. */
function spawn({ worker, settings }: WorkerSlotOptions): Worker {
  const entry = import.meta.url.endsWith('.ts') ? './worker-from-source.mjs' : './worker.js';
  return new Worker(new URL(entry, import.meta.url), {
    name: `inference-${worker}`,
    workerData: settings,
    execArgv: [],
  });
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
