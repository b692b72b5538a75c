import type { ChildProcess } from 'node:child_process';
import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { AnalyzeReply, AnalyzeRequest } from './calls.ts';
import { type ExecutionProvider, ExecutionProviderError } from './execution-provider.ts';
import type { Fence } from './fence/fence.ts';
import { launchFenced } from './fence/launch.ts';
import { readWorkerMessage, type PoolMessage, type WorkerSettings } from './worker-messages.ts';

/** `failing`: it answers, but only that it cannot. */
export type LossCause = 'ended' | 'job-timeout' | 'start-timeout' | 'failing';

/** What befalls a worker, for logs and metrics. `detail` holds no pixel and no score. */
export type WorkerEvent =
  | { readonly type: 'worker-ready'; readonly worker: number; readonly pid: number | undefined }
  | {
      readonly type: 'worker-lost';
      readonly worker: number;
      readonly why: LossCause;
      readonly detail: string;
      /** When its successor is started. */
      readonly restartInMs: number;
    }
  | { readonly type: 'frame-failed'; readonly worker: number; readonly detail: string };

export interface WorkerSlotOptions {
  readonly worker: number;
  readonly settings: WorkerSettings;
  readonly fence: Fence;
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
/** Frames in a row that a worker fails to analyse before it counts as broken, out of memory for one. */
const MAX_FAILED_FRAMES = 3;
/** Characters of what a lost worker wrote that are kept. */
const MAX_LAST_WORDS = 2_000;
const MAX_LINE = 200;
/** Of JavaScript. Pictures and networks lie outside it. */
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
 * One place for a worker process: starts it, gives it one frame at a time, and replaces it when it dies or hangs.
 * A process and not a thread: image decoder and network runtime are native code fed by strangers, whose crash or hang
 * no thread survives, and ending a thread while onnxruntime runs in it aborts the whole program.
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

  /** Whether there is a process with warm networks, working or waiting. */
  get isUp(): boolean {
    return (this.#state.kind === 'idle' || this.#state.kind === 'busy') && !this.#closing;
  }

  /**
   * Starts the process. Resolves when its networks are warm, rejects when it ended or hung before that, with
   * `ExecutionProviderError` when the networks cannot run where they should.
   */
  start(): Promise<void> {
    return new Promise((resolve, reject) => {
      const { worker, fence, settings } = this.#options;
      const child = spawn(worker, fence, settings.executionProvider);
      const lastWords = listenTo(child);
      const timer = setTimeout(
        () => this.#lose(child, 'start-timeout', 'not ready in time'),
        START_TIMEOUT_MS,
      );
      this.#state = { kind: 'starting', child, timer, ready: resolve, failed: reject };
      child.on('message', (message: unknown) => this.#receive(child, message));
      child.on('error', (error) => this.#lose(child, 'ended', error.message));
      child.on('exit', (code, signal) =>
        this.#lose(child, 'ended', `exit code ${code ?? signal}${lastWords()}`),
      );
      child.send({ type: 'settings', settings } satisfies PoolMessage);
    });
  }

  /** Hands a frame over to an idle slot. `done` is called once, with `server.internal` when the process is lost. */
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
        this.#lose(child, 'job-timeout', `no answer in ${this.#options.jobTimeoutMs} ms`);
    };
    // When it is this thread that was held up, the answer is there and only unread: look before judging.
    const timer = setTimeout(() => setImmediate(overdue), this.#options.jobTimeoutMs);
    this.#state = { kind: 'busy', child, timer, done };
  }

  /** Lets a running frame finish, then ends the process. Resolves when it is gone. */
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

  #receive(child: ChildProcess, said: unknown): void {
    const state = this.#state;
    if (!('child' in state) || state.child !== child) return;
    const message = readWorkerMessage(said);
    if (message === null) this.#lose(child, 'ended', 'it said what no worker says');
    else if (message.type === 'ready' && state.kind === 'starting') {
      clearTimeout(state.timer);
      this.#state = { kind: 'idle', child };
      this.#options.onEvent({ type: 'worker-ready', worker: this.#options.worker, pid: child.pid });
      state.ready();
      this.#options.onIdle();
    } else if (message.type === 'failed') {
      const { detail, provider } = message;
      this.#lose(child, 'ended', detail, provider && new ExecutionProviderError(provider, detail));
    } else if (message.type === 'reply' && state.kind === 'busy') {
      clearTimeout(state.timer);
      this.#state = { kind: 'idle', child };
      this.#account(child, message.failure);
      state.done(message.reply);
      this.#onFinished?.();
      if (this.isIdle) this.#options.onIdle();
    }
  }

  /** Takes note of how a frame went; a worker that can no longer do any is replaced. */
  #account(child: ChildProcess, failure: string | undefined): void {
    if (failure === undefined) {
      this.#failures = 0;
      this.#failedFrames = 0;
      return;
    }
    this.#options.onEvent({ type: 'frame-failed', worker: this.#options.worker, detail: failure });
    this.#failedFrames++;
    if (this.#failedFrames >= MAX_FAILED_FRAMES)
      this.#lose(child, 'failing', `${this.#failedFrames} frames in a row`);
  }

  #lose(
    child: ChildProcess,
    why: LossCause,
    detail: string,
    error = new Error(`The worker did not start: ${detail}`),
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
    // A failed start has already been reported and scheduled the next one.
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

/** The worker runs from TypeScript through tsx when this module does, and from the compiled file otherwise. */
function spawn(worker: number, fence: Fence, executionProvider: ExecutionProvider): ChildProcess {
  const fromSource = import.meta.url.endsWith('.ts');
  const entry = fileURLToPath(new URL(fromSource ? './worker.ts' : './worker.js', import.meta.url));
  const loader = fromSource ? ['--import', tsxLoader()] : [];
  const args = [`--max-old-space-size=${MAX_HEAP_MB}`, ...loader, entry];
  return launchFenced(fence, { worker, args, executionProvider });
}

/** Keeps the end of what a process writes to its standard error, and picks the line that says what went wrong. */
function listenTo(child: ChildProcess): () => string {
  let heard = '';
  child.stderr?.setEncoding('utf8').on('data', (part: string) => {
    heard = (heard + part).slice(-MAX_LAST_WORDS);
  });
  return () => {
    const lines = heard.trim().split('\n');
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
