import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { BankOptions } from './bank.ts';
import { prepareBank } from './bank.ts';
import type { GeneratorSettings } from './generator.ts';
import type { Command, GeneratorSample, Report, ServerSample } from './messages.ts';

export interface RigOptions extends BankOptions {
  readonly transport: 'uws' | 'ws';
  /** Number of workers; 0: one for each core. */
  readonly workers: number;
  readonly seed?: number;
}

/** A child process that runs one of our files, and its reports. */
class Child {
  readonly process: ChildProcess;
  readonly #name: string;

  constructor(file: string, args: readonly string[], env: NodeJS.ProcessEnv, nodeOptions: readonly string[]) {
    this.#name = file;
    this.process = fork(fileURLToPath(new URL(file, import.meta.url)), args, {
      execArgv: [
        ...nodeOptions,
        '--import',
        pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href,
      ],
      env,
      serialization: 'advanced',
    });
  }

  tell(command: Command): void {
    this.process.send(command);
  }

  /** The next report of this type. Rejects when the process ends before. */
  async nextReport<T extends Report['type']>(type: T): Promise<Extract<Report, { type: T }>> {
    const abort = new AbortController();
    const ended = once(this.process, 'exit', { signal: abort.signal }).then(([code, signal]) => {
      throw new Error(`${this.#name} ended with ${String(code ?? signal)}.`);
    });
    const heard = (async () => {
      for (;;) {
        const [report] = (await once(this.process, 'message', { signal: abort.signal })) as [Report];
        // oxlint-disable-next-line typescript/no-unsafe-type-assertion
        if (report.type === type) return report as Extract<Report, { type: T }>;
      }
    })();
    for (const promise of [ended, heard]) promise.catch(() => {});
    try {
      return await Promise.race([heard, ended]);
    } finally {
      abort.abort();
    }
  }

  async end(): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    const ended = once(this.process, 'exit');
    if (this.process.connected) this.tell({ type: 'stop' });
    await ended;
  }
}

/** One measuring window, from the server and from the generator. */
export interface Window {
  readonly server: ServerSample;
  readonly generator: GeneratorSample;
  /** The server's evidence for each wrong decision. */
  readonly wrong: readonly string[];
}

/** A server and a load generator, each in a separate process on this machine. */
export class LoadRig {
  readonly #server: Child;
  readonly #generator: Child;
  readonly #dataDir: string;

  private constructor(server: Child, generator: Child, dataDir: string) {
    this.#server = server;
    this.#generator = generator;
    this.#dataDir = dataDir;
  }

  /** Draws the people if necessary, starts both processes and enrols. When one step fails, ends both and rejects. */
  static async start(options: RigOptions): Promise<LoadRig> {
    const { policy, framesPerSecond, idleMs, ways, transport, workers, seed = 1 } = options;
    const bankFile = await prepareBank({
      policy,
      framesPerSecond,
      ...(idleMs === undefined ? {} : { idleMs }),
      ...(ways === undefined ? {} : { ways }),
    });
    const dataDir = await mkdtemp(path.join(tmpdir(), 'veriframe-load-'));
    const server = new Child('server-child.ts', [], serverEnvironment(dataDir, transport, workers), [
      '--expose-gc',
    ]);
    let generator: Child | null = null;
    try {
      const { port, apiKey } = await server.nextReport('ready');
      const settings: GeneratorSettings = { port, apiKey, bankFile, policy, framesPerSecond, seed };
      generator = new Child('generator-child.ts', [JSON.stringify(settings)], process.env, []);
      await generator.nextReport('started');
      return new LoadRig(server, generator, dataDir);
    } catch (error) {
      await Promise.all([server.end(), generator?.end()]);
      await rm(dataDir, { recursive: true, force: true });
      throw error;
    }
  }

  seat(seats: number): void {
    this.#generator.tell({ type: 'seats', seats });
  }

  /** Resets the counters of both processes. */
  reset(): void {
    this.#server.tell({ type: 'reset' });
    this.#generator.tell({ type: 'reset' });
  }

  /** The counters since the last reset. */
  async sample(): Promise<Window> {
    const reports = [this.#server.nextReport('server'), this.#generator.nextReport('generator')] as const;
    this.#server.tell({ type: 'sample' });
    this.#generator.tell({ type: 'sample' });
    const [server, generator] = await Promise.all(reports);
    if (generator.wrong.length === 0) return { server, generator, wrong: [] };
    const explained = this.#server.nextReport('explained');
    this.#server.tell({ type: 'explain', sessionIds: generator.wrong });
    const { verdicts } = await explained;
    return { server, generator, wrong: verdicts };
  }

  async close(): Promise<void> {
    await this.#generator.end();
    await this.#server.end();
    await rm(this.#dataDir, { recursive: true, force: true });
  }
}

/** Environment of the server. Limits for clients of one address are raised; all other settings are defaults. */
function serverEnvironment(dataDir: string, transport: string, workers: number): NodeJS.ProcessEnv {
  return {
    ...process.env,
    HOST: '127.0.0.1',
    PORT: '0',
    VERIFRAME_DATA_DIR: dataDir,
    VERIFRAME_TRANSPORT: transport,
    VERIFRAME_WORKERS: String(workers),
    VERIFRAME_LOG_LEVEL: 'error',
    VERIFRAME_MAX_CONNECTIONS_PER_ADDRESS: '100000',
    VERIFRAME_LOCK_OUT_FAILURES: '0',
    VERIFRAME_DEMO: 'off',
  };
}
