import type { Clock } from '../time/clock.ts';
import type { AnalyzeRequest, FrameAnalyzer } from '../inference/calls.ts';

/**
 * Frames per second that each session is promised. From 12 on no blink is missed (`policy/built-in.ts`). The rest is a
 * reserve for a machine whose speed varies.
 */
export const PROMISED_FRAMES_PER_SECOND = 18;

/** Cost of a frame until the first ones are measured: about that of a followed face on one core of a server. */
const INITIAL_FRAME_MS = 10;
/** Frames over which the cost of a frame is averaged. About one in five is also embedded. */
const AVERAGED_FRAMES = 60;
/** Time constant of the workers' average load. For as long a new session is assumed to use all it may. */
const SETTLING_MS = 2_000;
/** When turns wait longer than the time of four promised frames, there is no room, whatever the averages say. */
const MAX_WAIT_MS = 4_000 / PROMISED_FRAMES_PER_SECOND;
const AVERAGED_WAITS = 20;
/** Sessions per worker that are admitted on any machine, even at fewer frames than promised. */
const MIN_SESSIONS_PER_WORKER = 2;
/** Duration of a session until the first ones have ended. */
const INITIAL_SESSION_MS = 10_000;
const RETRY_RANGE_MS = [1_000, 30_000] as const;

/** A client that has been admitted. Exactly one of the two methods is called, once. */
export interface Newcomer {
  /** Its session ended. */
  left(): void;
  /** It got no session after all. Otherwise one refused ticket, shown again and again, would count as many sessions. */
  turnedAway(): void;
}

/**
 * Computes how many sessions the workers can serve, from the measured cost of a frame. A session that sends as fast as
 * it may counts with the frames that it is promised; one that sends less counts with what it uses. A new session counts
 * as if it sent as fast as it may, so that a sudden crowd is refused before it slows down the others.
 */
export class Capacity {
  readonly #clock: Clock;
  readonly #workers: () => number;
  #frameMs = INITIAL_FRAME_MS;
  #framesSeen = 0;
  #waitMs = 0;
  #waitedAtMs = -Infinity;
  #busyNow = 0;
  #busyMean = 0;
  #busyAtMs: number;
  #entered: number[] = [];
  #sessionMs = INITIAL_SESSION_MS;

  /** @param workers number of workers that can take frames now */
  constructor(clock: Clock, workers: () => number) {
    this.#clock = clock;
    this.#workers = workers;
    this.#busyAtMs = clock.nowMs();
  }

  /** Recent average time that a frame keeps a worker busy, transfer included. Milliseconds. */
  get frameMs(): number {
    return this.#frameMs;
  }

  /** Recent share of the workers' time that was used, 0..1. */
  get load(): number {
    this.#passTime();
    return Math.min(1, this.#busyMean / Math.max(1, this.#workers()));
  }

  /** How many sessions the workers can serve when all of them send as fast as they may. */
  get sessions(): number {
    const workers = this.#workers();
    return Math.max(MIN_SESSIONS_PER_WORKER * workers, Math.floor(workers / this.#share()));
  }

  /** How many more sessions can be admitted beside the `open` ones. */
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

  /** A client has been admitted. */
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

  /** When a refused client should ask again: after half the average time of a session, within limits. */
  get retryAfterMs(): number {
    const [least, most] = RETRY_RANGE_MS;
    return Math.round(Math.min(most, Math.max(least, this.#sessionMs / 2)));
  }

  /** The same analyzer. Its frames are timed. */
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
        // A frame that was refused or crashed its worker says nothing about the cost of a frame.
        if (reply.ok) this.#analyzed(this.#clock.nowMs() - takenAtMs);
        done(reply);
      },
    );
  }

  /** The part of one worker that a session with all its promised frames uses. */
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
