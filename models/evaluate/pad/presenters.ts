import type { ChallengeKind, PublicStatus } from '../../../protocol/status.ts';
import type { FrameAnalysis } from '../../../server/vision/analysis.ts';
import { shuffled } from '../seeded-random.ts';
import type { Bank, Take } from './bank.ts';
import { durationMs, type Footage } from './footage.ts';
import { carryOver, fresh } from './join.ts';
import type { Presenter } from './session-player.ts';

/** Reaction of a subject to a new challenge; null: none. */
export type Answer = (
  kind: ChallengeKind,
  shown: number,
) => { readonly kind: ChallengeKind; readonly delayMs: number } | null;

/** Time in ms in which people read, understand and begin to act; the same as the puppet's. */
const REACTION_MS = { least: 320, most: 650 };
/** An unanswered challenge is answered again after this time. */
const TRY_AGAIN_AFTER_MS = 1_200;

/** Performs the requested action after a human reaction time. */
export function humanAnswer(random: () => number): Answer {
  return (kind) => ({
    kind,
    delayMs: REACTION_MS.least + (REACTION_MS.most - REACTION_MS.least) * random(),
  });
}

interface Playing {
  readonly footage: Footage;
  /** Time at which frame 0 of the take would have been shown. */
  readonly fromMs: number;
}

interface BankPresenterOptions {
  readonly bank: Bank;
  readonly random: () => number;
  readonly answer: Answer;
  /**
   * True: takes are joined like movements of a head, and every image differs, as if a camera had taken each frame.
   * False: takes are cut together unchanged.
   */
  readonly smooth: boolean;
  /** False: no camera noise is added to the drawn frames. */
  readonly noise?: boolean;
}

/** A subject that is at rest, and answers challenges with takes of a bank. */
export class BankPresenter implements Presenter {
  readonly #options: BankPresenterOptions;
  readonly #rest: Playing;
  readonly #unused = new Map<ChallengeKind, Take[]>();
  #take: (Playing & { readonly untilMs: number }) | null = null;
  #planned: { readonly take: Take; readonly startMs: number } | null = null;
  #challenge: string | null = null;
  #shown = 0;
  #last: { readonly frame: FrameAnalysis; readonly footage: Footage; readonly index: number } | null = null;
  #join: { readonly from: FrameAnalysis; readonly to: FrameAnalysis; readonly atMs: number } | null = null;
  #pictures = 0;
  #reused = false;

  constructor(options: BankPresenterOptions) {
    this.#options = options;
    const { rest } = options.bank;
    this.#rest = { footage: rest, fromMs: -options.random() * durationMs(rest) };
  }

  onStatus({ challenge }: PublicStatus, atMs: number): void {
    if (challenge === undefined) {
      this.#challenge = null;
      return;
    }
    const key = `${challenge.number} ${challenge.kind}`;
    const isNew = key !== this.#challenge;
    this.#challenge = key;
    if (isNew) this.#shown++;
    const busyUntilMs = this.#busyUntilMs();
    if (!isNew && !(this.#planned === null && atMs > busyUntilMs + TRY_AGAIN_AFTER_MS)) return;
    const answer = this.#options.answer(challenge.kind, this.#shown);
    if (answer === null) return;
    const take = this.#next(answer.kind);
    if (take === null) return;
    this.#planned = { take, startMs: Math.max(atMs + answer.delayMs - take.leadMs, busyUntilMs) };
  }

  showAt(atMs: number): FrameAnalysis {
    if (this.#take !== null && atMs >= this.#take.untilMs) this.#take = null;
    if (this.#take === null && this.#planned !== null && atMs >= this.#planned.startMs) {
      const { take } = this.#planned;
      this.#planned = null;
      this.#take = { footage: take.footage, fromMs: atMs, untilMs: atMs + durationMs(take.footage) };
    }
    const { footage, fromMs } = this.#take ?? this.#rest;
    const { frames, framesPerSecond } = footage;
    const index = Math.floor(((atMs - fromMs) * framesPerSecond) / 1000 + 1e-6) % frames.length;
    const frame = frames[index];
    return this.#options.smooth ? this.#smoothly(frame, footage, index, atMs) : frame;
  }

  #busyUntilMs(): number {
    return this.#take?.untilMs ?? -Infinity;
  }

  /** Whether a take was played twice. Then a movement was repeated exactly, which people never do. */
  get reusedTake(): boolean {
    return this.#reused;
  }

  /** The next take of a kind. Takes come in random order, and each comes once before any is repeated. */
  #next(kind: ChallengeKind): Take | null {
    const takes = this.#options.bank.takes[kind] ?? [];
    let unused = this.#unused.get(kind) ?? [];
    if (unused.length === 0) {
      this.#reused ||= this.#unused.has(kind);
      unused = shuffled(takes, this.#options.random);
    }
    const [take, ...others] = unused;
    this.#unused.set(kind, others);
    return take ?? null;
  }

  #smoothly(frame: FrameAnalysis, footage: Footage, index: number, atMs: number): FrameAnalysis {
    const last = this.#last;
    if (last !== null && (last.footage !== footage || index < last.index)) {
      this.#join = { from: last.frame, to: frame, atMs };
    }
    const joined =
      this.#join === null ? frame : carryOver(frame, this.#join.from, this.#join.to, atMs - this.#join.atMs);
    const shown = this.#options.noise === false ? joined : fresh(joined, `${this.#pictures++}`);
    this.#last = { frame: shown, footage, index };
    return shown;
  }
}

/** A frame of a recording, and the time in ms from the recording's start at which it was taken. */
export interface RecordedFrame {
  readonly atMs: number;
  readonly frame: FrameAnalysis;
}

/** Plays the frames of a recording at their own times, once or in a loop. Ignores all challenges. */
export class RecordingPresenter implements Presenter {
  readonly #frames: readonly RecordedFrame[];
  readonly #lengthMs: number;
  readonly #speed: number;
  readonly #offsetMs: number;
  readonly #once: boolean;

  /**
   * @param options `speed` 2 plays twice as fast; `once` ends with the last frame instead of starting again
   * @throws RangeError when there are no frames
   */
  constructor(frames: readonly RecordedFrame[], { speed = 1, offsetMs = 0, once = false } = {}) {
    if (frames.length === 0) throw new RangeError('The recording is empty.');
    this.#frames = frames;
    this.#lengthMs = frames[frames.length - 1].atMs + 40;
    this.#speed = speed;
    this.#offsetMs = offsetMs;
    this.#once = once;
  }

  showAt(atMs: number): FrameAnalysis | null {
    const playedMs = atMs * this.#speed + this.#offsetMs;
    if (this.#once && playedMs >= this.#lengthMs) return null;
    const at = playedMs % this.#lengthMs;
    let low = 0;
    let high = this.#frames.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.#frames[middle].atMs <= at + 0.5) low = middle;
      else high = middle - 1;
    }
    return this.#frames[low].frame;
  }
}

/** The frames of a footage with their times. */
export function recordingOf({ frames, framesPerSecond }: Footage): RecordedFrame[] {
  return frames.map((frame, index) => ({ atMs: (1000 * index) / framesPerSecond, frame }));
}

/** The same presenter; every image is new, as if a camera had taken it from a display. */
export function freshly(presenter: Presenter): Presenter {
  let pictures = 0;
  return {
    showAt(atMs) {
      const frame = presenter.showAt(atMs);
      return frame === null ? null : fresh(frame, `${pictures++}`);
    },
    onStatus: (status, atMs) => presenter.onStatus?.(status, atMs),
  };
}

/** Shows `first` until `switchAtMs`, and `second` from then on. Both receive the statuses. */
export function switchAt(first: Presenter, second: Presenter, switchAtMs: number): Presenter {
  return {
    showAt: (atMs) => (atMs < switchAtMs ? first : second).showAt(atMs),
    onStatus(status, atMs) {
      first.onStatus?.(status, atMs);
      second.onStatus?.(status, atMs);
    },
  };
}
