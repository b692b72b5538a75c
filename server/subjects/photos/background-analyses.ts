import { VeriframeError } from '../../../protocol/errors.ts';
import type { AnalyzeReply, FrameAnalyzer } from '../../inference/calls.ts';

interface Parts {
  readonly analyzer: FrameAnalyzer;
  readonly openSessions: () => number;
  readonly clock: { nowMs(): number; wakeAt(atMs: number, callback: () => void): () => void };
}

/** Longest wait for a worker. Sessions leave it no time then. */
const PATIENCE_MS = 30_000;
const RETRY_MS = 5_000;

const WANTS = { embeddings: true, pad: false, countFaces: true } as const;

/**
 * Analyses of photographs in the background: a frame of a session goes before all of them. While sessions are open one
 * worker is left to them, so that their next frame waits for no photograph; a single worker is lent for one photograph
 * at a time.
 */
export class BackgroundAnalyses {
  readonly #parts: Parts;
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Rejects with `VeriframeError` `server.busy` when no worker is free for it in time. */
  async run(bytes: Uint8Array): Promise<AnalyzeReply> {
    await this.#takePlace();
    try {
      return await this.#analyse(bytes);
    } finally {
      this.#running--;
      while (this.#waiting.length > 0 && this.#running < this.#limit) {
        this.#running++;
        this.#waiting.shift()?.();
      }
    }
  }

  /** Resolves once this analysis counts among those that run. */
  async #takePlace(): Promise<void> {
    if (this.#running < this.#limit) this.#running++;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  get #limit(): number {
    const { analyzer, openSessions } = this.#parts;
    return Math.max(1, analyzer.workers - (openSessions() > 0 ? 1 : 0));
  }

  #analyse(bytes: Uint8Array): Promise<AnalyzeReply> {
    const { analyzer, clock } = this.#parts;
    return new Promise((resolve, reject) => {
      const cancelTimer = clock.wakeAt(clock.nowMs() + PATIENCE_MS, () => {
        withdraw();
        reject(new VeriframeError('server.busy', undefined, { retryAfterMs: RETRY_MS }));
      });
      const withdraw = analyzer.requestTurn(
        () => {
          cancelTimer();
          // The worker owns it from now on.
          return { image: Uint8Array.from(bytes).buffer, region: null, wants: WANTS };
        },
        resolve,
        'background',
      );
    });
  }
}
