import type { ChildProcess } from 'node:child_process';
import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { AnalyzeReply, AnalyzeRequest } from './calls.ts';
import { type ExecutionProvider, ExecutionProviderError } from './execution-provider.ts';
import type { Fence } from './fence/fence.ts';
import { launchFenced } from './fence/launch.ts';
import { readWorkerMessage, type PoolMessage, type WorkerSettings } from './worker-messages.ts';

/** Why a worker was lost. `failing`: it answers, but cannot analyse frames. */
type LossCause = 'ended' | 'job-timeout' | 'start-timeout' | 'failing';

/** An event of a worker, for logs and metrics. `detail` contains no pixel and no score. */
export type WorkerEvent =
  | { readonly type: 'worker-ready'; readonly worker: number; readonly pid: number | undefined }
  | {
      readonly type: 'worker-lost';
      readonly worker: number;
      readonly why: LossCause;
      readonly detail: string;
      /** Until its successor is started. */
      readonly restartInMs: number;
    }
  | { readonly type: 'frame-failed'; readonly worker: number; readonly detail: string };

interface WorkerSlotOptions {
  readonly worker: number;
  readonly settings: WorkerSettings;
  readonly fence: Fence;
  readonly jobTimeoutMs: number;
  readonly onEvent: (event: WorkerEvent) => void;
  /** Called whenever the slot can take a frame. */
  readonly onIdle: () => void;
}

/** Workers cannot be started here. `message` says why and, where it is known, what to do. */
export class StartError extends Error {
  override readonly name = 'StartError';
}

/** Loading every network and running it once takes about a second on an idle machine. */
const START_TIMEOUT_MS = 60_000;
/** A lost worker is replaced at once. Each further loss before a frame is answered doubles the wait. */
const FIRST_BACKOFF_MS = 250;
const MAX_BACKOFF_MS = 30_000;
/** A worker that fails to analyse so many frames in a row is replaced: it may be out of memory. */
const MAX_FAILED_FRAMES = 3;
/** What is kept of the standard error of a worker, and of its line in a reason. Characters. */
const MAX_STDERR = 2_000;
const MAX_LINE = 200;
/** JavaScript heap. Pictures and networks are outside it. */
const MAX_HEAP_MB = 512;

const INTERNAL: AnalyzeReply = { ok: false, code: 'server.internal' };

type State =
  | {
      readonly kind: 'starting';
      readonly child: ChildProcess;
      readonly timer: NodeJS.Timeout;
      readonly ready: () => void;
      readonly failed: (error: Error) => void;
    }
  | { readonly kind: 'idle'; readonly child: ChildProcess }
  | {
      readonly kind: 'busy';
      readonly child: ChildProcess;
      readonly timer: NodeJS.Timeout;
      readonly done: (reply: AnalyzeReply) => void;
    }
  | { readonly kind: 'backing-off'; readonly timer: NodeJS.Timeout }
  | { readonly kind: 'closed' };

/**
 * Runs one worker process: starts it, gives it one frame at a time, and replaces it when it dies or hangs. It is a
 * process and no thread, because image decoder and network runtime are native code that reads the data of strangers:
 * their crash would end the server, and ending a thread while ONNX Runtime runs in it aborts the whole program.
 */
export class WorkerSlot {
  readonly #options: WorkerSlotOptions;
  #state: State = { kind: 'closed' };
  #failures = 0;
  #failedFrames = 0;
  #closing = false;
  #onFinished: (() => void) | null = null;
  readonly #ending = new Set<Promise<unknown>>();

  constructor(options: WorkerSlotOptions) {
    this.#options = options;
  }

  get isIdle(): boolean {
    return this.#state.kind === 'idle' && !this.#closing;
  }

  /** Whether there is a process with warm networks, idle or busy. */
  get isUp(): boolean {
    return (this.#state.kind === 'idle' || this.#state.kind === 'busy') && !this.#closing;
  }

  /**
   * Starts the process. Resolves when its networks are warm. Rejects when it ended or hung before that, and with
   * `ExecutionProviderError` when the networks cannot run on the provider.
   */
  start(): Promise<void> {
    return new Promise((resolve, reject) => {
      const { worker, fence, settings } = this.#options;
      const child = spawn(worker, fence, settings.executionProvider);
      const lastError = collectErrors(child);
      const timer = setTimeout(
        () => this.#onLost(child, 'start-timeout', 'not ready in time'),
        START_TIMEOUT_MS,
      );
      this.#state = { kind: 'starting', child, timer, ready: resolve, failed: reject };
      child.on('message', (message: unknown) => this.#onMessage(child, message));
      child.on('error', (error) => this.#onLost(child, 'ended', error.message));
      child.on('exit', (code, signal) =>
        this.#onLost(child, 'ended', `exit code ${code ?? signal}${lastError()}`),
      );
      child.send({ type: 'settings', settings } satisfies PoolMessage);
    });
  }

  /** Analyses a frame on an idle worker. `done` is called once, with `server.internal` when the worker is lost. */
  run(request: AnalyzeRequest, done: (reply: AnalyzeReply) => void): void {
    if (this.#state.kind !== 'idle') {
      done(INTERNAL);
      return;
    }
    const { child } = this.#state;
    try {
      child.send({ type: 'analyze', request } satisfies PoolMessage);
    } catch (error) {
      this.#options.onEvent({
        type: 'frame-failed',
        worker: this.#options.worker,
        detail: describe(error),
      });
      done(INTERNAL);
      return;
    }
    const overdue = () => {
      if (this.#state.kind === 'busy' && this.#state.timer === timer)
        this.#onLost(child, 'job-timeout', `no answer in ${this.#options.jobTimeoutMs} ms`);
    };
    // If this thread was held up, the answer may already be there, unread. It is read before the worker is judged.
    const timer = setTimeout(() => setImmediate(overdue), this.#options.jobTimeoutMs);
    this.#state = { kind: 'busy', child, timer, done };
  }

  /** Lets a running frame finish, then ends the process. Resolves when the process has ended. */
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
    if ('child' in state) this.#end(state.child);
    await Promise.all(this.#ending);
  }

  #onMessage(child: ChildProcess, received: unknown): void {
    const state = this.#state;
    if (!('child' in state) || state.child !== child) return;
    const message = readWorkerMessage(received);
    if (message === null) this.#onLost(child, 'ended', 'it sent a message that no worker sends');
    else if (message.type === 'ready' && state.kind === 'starting') {
      clearTimeout(state.timer);
      this.#state = { kind: 'idle', child };
      this.#options.onEvent({ type: 'worker-ready', worker: this.#options.worker, pid: child.pid });
      state.ready();
      this.#options.onIdle();
    } else if (message.type === 'failed') {
      const { detail, provider } = message;
      this.#onLost(child, 'ended', detail, provider && new ExecutionProviderError(provider, detail));
    } else if (message.type === 'reply' && state.kind === 'busy') {
      clearTimeout(state.timer);
      this.#state = { kind: 'idle', child };
      this.#countFailures(child, message.failure);
      state.done(message.reply);
      this.#onFinished?.();
      if (this.isIdle) this.#options.onIdle();
    }
  }

  /** Replaces a worker that can no longer analyse frames. */
  #countFailures(child: ChildProcess, failure: string | undefined): void {
    if (failure === undefined) {
      this.#failures = 0;
      this.#failedFrames = 0;
      return;
    }
    this.#options.onEvent({ type: 'frame-failed', worker: this.#options.worker, detail: failure });
    this.#failedFrames++;
    if (this.#failedFrames >= MAX_FAILED_FRAMES)
      this.#onLost(child, 'failing', `${this.#failedFrames} frames in a row`);
  }

  #onLost(
    child: ChildProcess,
    why: LossCause,
    detail: string,
    error: Error = new StartError(`A worker did not start: ${detail}.${adviceOn(child)}`),
  ): void {
    const state = this.#state;
    if (!('child' in state) || state.child !== child) return;
    if ('timer' in state) clearTimeout(state.timer);
    this.#end(child);
    const restartInMs =
      this.#failures === 0 ? 0 : Math.min(MAX_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** (this.#failures - 1));
    this.#failures++;
    this.#failedFrames = 0;
    this.#state = this.#closing
      ? { kind: 'closed' }
      : { kind: 'backing-off', timer: setTimeout(() => this.#restart(), restartInMs) };
    this.#options.onEvent({ type: 'worker-lost', worker: this.#options.worker, why, detail, restartInMs });
    if (state.kind === 'starting') state.failed(error);
    if (state.kind === 'busy') state.done(INTERNAL);
    this.#onFinished?.();
  }

  #restart(): void {
    // A failed start was reported, and the next one is scheduled.
    this.start().catch(() => {});
  }

  #end(child: ChildProcess): void {
    if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ending = new Promise<void>((resolve) => {
      child.once('exit', () => resolve());
    }).finally(() => this.#ending.delete(ending));
    this.#ending.add(ending);
    child.kill('SIGKILL');
  }
}

/** The kernel ends a worker before anything else when memory runs out (`offerToDieFirst`). */
function adviceOn({ signalCode }: ChildProcess): string {
  return signalCode === 'SIGKILL'
    ? ' It was killed, most often for want of memory: give this process more, or set VERIFRAME_WORKERS to fewer.'
    : '';
}

/** Runs the worker from TypeScript, through tsx, when this module is TypeScript; else from the compiled file. */
function spawn(worker: number, fence: Fence, executionProvider: ExecutionProvider): ChildProcess {
  const fromSource = import.meta.url.endsWith('.ts');
  const entry = fileURLToPath(new URL(fromSource ? './worker.ts' : './worker.js', import.meta.url));
  const loader = fromSource ? ['--import', tsxLoader()] : [];
  const args = [`--max-old-space-size=${MAX_HEAP_MB}`, ...loader, entry];
  return launchFenced(fence, { worker, args, executionProvider });
}

/** Keeps the end of a process's standard error. Call the function that it returns for the line with the reason. */
function collectErrors(child: ChildProcess): () => string {
  let written = '';
  child.stderr?.setEncoding('utf8').on('data', (part: string) => {
    written = (written + part).slice(-MAX_STDERR);
  });
  return () => {
    const lines = written.trim().split('\n');
    const line = lines.findLast((one) => /error|fail/i.test(one)) ?? lines.at(-1) ?? '';
    return line === '' ? '' : `, ${line.slice(0, MAX_LINE)}`;
  };
}

function tsxLoader(): string {
  return pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
