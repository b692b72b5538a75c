import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** Configuration of `@vladmandic/human` for each frame. */
export type HumanMode = 'all-networks' | 'tracked';

interface HumanTiming {
  /** Decoding and detection, measured in its own process. */
  readonly totalMs: number;
  readonly faces: number;
}

export interface HumanRequest {
  readonly mode: HumanMode;
  readonly frame: Uint8Array;
}

export type HumanReply =
  | { readonly type: 'ready' }
  | { readonly type: 'timing'; readonly timing: HumanTiming };

/** `@vladmandic/human` with its WASM back end, in a separate process because it changes globals. */
export class HumanProcess {
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.#child = child;
  }

  /** Resolves when its networks are loaded. Rejects when the process ends before. */
  static async start(): Promise<HumanProcess> {
    const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
    const child = fork(fileURLToPath(new URL('human-child.ts', import.meta.url)), [], {
      serialization: 'advanced',
      execArgv: ['--import', tsx],
    });
    const human = new HumanProcess(child);
    const first = await human.#next();
    if (first.type !== 'ready') throw new Error('Human answered before it was ready.');
    return human;
  }

  async time(mode: HumanMode, frame: Buffer): Promise<HumanTiming> {
    this.#child.send({ mode, frame } satisfies HumanRequest);
    const reply = await this.#next();
    if (reply.type !== 'timing') throw new Error('Human gave no timing.');
    return reply.timing;
  }

  close(): void {
    this.#child.kill('SIGKILL');
  }

  async #next(): Promise<HumanReply> {
    const abort = new AbortController();
    const ended = once(this.#child, 'exit', { signal: abort.signal }).then(([code]) => {
      throw new Error(`Human's process ended with code ${String(code)}.`);
    });
    const message = once(this.#child, 'message', { signal: abort.signal }).then(
      ([reply]) => reply as HumanReply,
    );
    try {
      return await Promise.race([message, ended]);
    } finally {
      abort.abort();
      ended.catch(() => {});
      message.catch(() => {});
    }
  }
}
