import type { Clock } from '../../../server/time/clock.ts';
import type { AnalyzeReply, AnalyzeRequest, FrameAnalyzer } from '../../../server/inference/calls.ts';
import { analysisOf, type Look } from '../../support/analysis-builder.ts';
import { ALL_MODELS } from '../../support/session-driver.ts';

/** What becomes of a frame on a worker. `hang` holds it until the time limit, then the worker is gone as in `kill`. */
export type Fate = 'analysed' | 'kill' | 'hang' | 'fails';

interface Turn {
  readonly take: () => AnalyzeRequest | null;
  readonly done: (reply: AnalyzeReply) => void;
}

export interface SimulatedPoolOptions {
  readonly clock: Clock;
  readonly workers: number;
  /** Time that a frame takes, in ms. */
  readonly frameMs: () => number;
  readonly random: () => number;
  /** What the picture with this number shows. */
  readonly lookOf: (picture: number) => Look;
  readonly fateOf: (picture: number) => Fate;
}

const JOB_TIMEOUT_MS = 5_000;
const RESTART_MS = 1_200;
const NO_TIME = { decodeMs: 0, detectMs: 0, meshMs: 0, eyesMs: 0, embedMs: 0, padMs: 0, totalMs: 0 };
const INTERNAL: AnalyzeReply = { ok: false, code: 'server.internal' };

/** The pool as its contract describes it, on a clock that the test moves: turns in order, one frame for each worker. */
export class SimulatedPool implements FrameAnalyzer {
  readonly models = ALL_MODELS.models;
  private readonly options: SimulatedPoolOptions;
  private readonly turns: Turn[] = [];
  private free: number;
  private alive: number;
  private closed = false;

  constructor(options: SimulatedPoolOptions) {
    this.options = options;
    this.free = options.workers;
    this.alive = options.workers;
  }

  get workers(): number {
    return this.alive;
  }

  get queueDepth(): number {
    return this.turns.length;
  }

  requestTurn(take: Turn['take'], done: Turn['done']): () => void {
    const turn: Turn = { take, done };
    this.turns.push(turn);
    queueMicrotask(() => this.pump());
    return () => {
      const at = this.turns.indexOf(turn);
      if (at >= 0) this.turns.splice(at, 1);
    };
  }

  async close(): Promise<void> {
    this.closed = true;
    this.turns.length = 0;
  }

  private pump(): void {
    while (this.free > 0 && !this.closed) {
      const turn = this.turns.shift();
      if (turn === undefined) return;
      const request = turn.take();
      if (request !== null) this.run(request, turn.done);
    }
  }

  private run({ image, wants }: AnalyzeRequest, done: Turn['done']): void {
    const { clock, frameMs, fateOf, lookOf, random } = this.options;
    const picture = new Float64Array(image)[0];
    const fate = fateOf(picture);
    const after = (ms: number, act: () => void) => clock.wakeAt(clock.nowMs() + ms, act);
    this.free--;
    const answer = (reply: AnalyzeReply) => {
      this.free++;
      done(reply);
      this.pump();
    };
    if (fate === 'analysed' || fate === 'fails') {
      after(frameMs(), () => {
        const analysis = analysisOf(lookOf(picture), wants, this.models, random);
        answer(fate === 'fails' ? INTERNAL : { ok: true, analysis, timings: NO_TIME });
      });
      return;
    }
    after(fate === 'hang' ? JOB_TIMEOUT_MS : frameMs() / 2, () => {
      this.alive--;
      after(RESTART_MS, () => {
        this.alive++;
        this.free++;
        this.pump();
      });
      done(INTERNAL);
    });
  }
}
