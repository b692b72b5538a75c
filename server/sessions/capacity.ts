import type { Clock } from '../time/clock.ts';
import type { AnalyzeRequest, FrameAnalyzer } from '../inference/calls.ts';

/**
 * Frames a second that a session is promised. Blinks are not missed from 12 upward (`decision/policy.ts`); the rest
 * is for a machine whose speed wavers.
 */
export const PROMISED_FRAMES_PER_SECOND = 18;

/** Cost of a frame until the first ones have been measured: a tracked frame on one core of a common server. */
const FIRST_GUESS_MS = 10;
/** Frames over which the cost of one is averaged; one in five carries an embedding. */
const AVERAGED_FRAMES = 60;
/** Time over which the workers' load is averaged, and a newcomer's is taken for full. */
const SETTLING_MS = 2_000;
/** A turn that waits longer than four promised frames: whatever the averages say, there is no room. */
const MAX_WAIT_MS = 4_000 / PROMISED_FRAMES_PER_SECOND;
const AVERAGED_WAITS = 20;
/** However slow the machine: so many sessions a worker are let in, at fewer frames than promised. */
const MIN_SESSIONS_PER_WORKER = 2;
/** Until sessions have ended, and at most. */
const FIRST_SESSION_MS = 10_000;
const RETRY_RANGE_MS = [1_000, 30_000] as const;

/** One of the two is called, once. */
export interface Newcomer {
  /** Its session has ended. */
  left(): void;
  /** It got no session. Otherwise one ticket, shown again and again, would stand for a rush. */
  turnedAway(): void;
}

/**
 * Knows how many sessions the workers can serve, by what frames were measured to cost. A session that sends as fast
 * as it may is counted with the frames it is promised, one that sends less with what it uses, and one that has just
 * come as if it would send as fast as it may: so a rush is stopped before it is felt.
 */
export class Capacity {
  readonly #clock: Clock;
  readonly #workers: () => number;
  #frameMs = FIRST_GUESS_MS;
  #framesSeen = 0;
  #waitMs = 0;
  #waitedAtMs = -Infinity;
  #busyNow = 0;
  #busyMean = 0;
  #busyAtMs: number;
  #entered: number[] = [];
  #sessionMs = FIRST_SESSION_MS;

  /** @param workers how many can take frames now */
  constructor(clock: Clock, workers: () => number) {
    this.#clock = clock;
    this.#workers = workers;
    this.#busyAtMs = clock.nowMs();
  }

  /** What one frame has been keeping a worker busy of late, transfer included. Milliseconds. */
  get frameMs(): number {
    return this.#frameMs;
  }

  /** Share of the workers' time that was used of late, 0..1. */
  get load(): number {
    this.#passTime();
    return Math.min(1, this.#busyMean / Math.max(1, this.#workers()));
  }

  /** Sessions that the workers can serve when all send as fast as they may. */
  get sessions(): number {
    const workers = this.#workers();
    return Math.max(MIN_SESSIONS_PER_WORKER * workers, Math.floor(workers / this.#share()));
  }

  /** How many more sessions there is room for beside `open` ones. */
  room(open: number): number {
    const nowMs = this.#clock.nowMs();
    this.#passTime();
    this.#entered = this.#entered.filter((atMs) => atMs > nowMs - SETTLING_MS);
    const workers = this.#workers();
    const atLeast = MIN_SESSIONS_PER_WORKER * workers - open;
    if (workers === 0) return 0;
    if (this.#waitMs > MAX_WAIT_MS && nowMs - this.#waitedAtMs < SETTLING_MS) return Math.max(0, atLeast);
    const fresh = Math.min(open, this.#entered.length);
    const share = this.#share();
    const taken = Math.min((open - fresh) * share, this.#busyMean) + fresh * share;
    return Math.max(0, atLeast, Math.floor((workers - taken) / share + Number.EPSILON));
  }

  /** A session begins. */
  entered(): Newcomer {
    const atMs = this.#clock.nowMs();
    this.#entered.push(atMs);
    return {
      left: () => {
        this.#sessionMs += (this.#clock.nowMs() - atMs - this.#sessionMs) / AVERAGED_WAITS;
      },
      turnedAway: () => {
        const place = this.#entered.indexOf(atMs);
        if (place >= 0) this.#entered.splice(place, 1);
      },
    };
  }

  /** When somebody who was refused should ask again: half the time a session takes, in whole bounds. */
  get retryAfterMs(): number {
    const [least, most] = RETRY_RANGE_MS;
    return Math.round(Math.min(most, Math.max(least, this.#sessionMs / 2)));
  }

  /** The same analyzer, its frames timed. */
  watch(analyzer: FrameAnalyzer): FrameAnalyzer {
    return {
      get models() {
        return analyzer.models;
      },
      get workers() {
        return analyzer.workers;
      },
      get queueDepth() {
        return analyzer.queueDepth;
      },
      requestTurn: (take, done) => this.#request(analyzer, take, done),
      close: () => analyzer.close(),
    };
  }

  #request(
    analyzer: FrameAnalyzer,
    take: () => AnalyzeRequest | null,
    done: Parameters<FrameAnalyzer['requestTurn']>[1],
  ): () => void {
    const askedAtMs = this.#clock.nowMs();
    let takenAtMs = askedAtMs;
    return analyzer.requestTurn(
      () => {
        takenAtMs = this.#clock.nowMs();
        this.#waited(takenAtMs - askedAtMs, takenAtMs);
        const request = take();
        if (request !== null) this.#changeBusy(1);
        return request;
      },
      (reply) => {
        this.#changeBusy(-1);
        // What was refused, or took its worker with it, tells nothing of what a frame costs.
        if (reply.ok) this.#analyzed(this.#clock.nowMs() - takenAtMs);
        done(reply);
      },
    );
  }

  /** Of one worker, the part that a promised session takes. */
  #share(): number {
    return Math.max(1e-4, (PROMISED_FRAMES_PER_SECOND * this.#frameMs) / 1000);
  }

  #waited(waitMs: number, atMs: number): void {
    this.#waitMs += (waitMs - this.#waitMs) / AVERAGED_WAITS;
    this.#waitedAtMs = atMs;
  }

  #analyzed(tookMs: number): void {
    this.#framesSeen = Math.min(AVERAGED_FRAMES, this.#framesSeen + 1);
    this.#frameMs += (tookMs - this.#frameMs) / this.#framesSeen;
  }

  #changeBusy(change: number): void {
    this.#passTime();
    this.#busyNow += change;
  }

  #passTime(): void {
    const nowMs = this.#clock.nowMs();
    const kept = Math.exp((this.#busyAtMs - nowMs) / SETTLING_MS);
    this.#busyMean = this.#busyMean * kept + this.#busyNow * (1 - kept);
    this.#busyAtMs = nowMs;
  }
}
