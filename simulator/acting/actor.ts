import type { ShownStatus } from '../presenter.ts';
import { hash32, seededDraws, type Draw } from '../seeded.ts';
import { planPerformance, spontaneousBlink, type Action, type Performance } from './motion.ts';

/** An unanswered challenge is tried again after this long. */
const TRY_AGAIN_AFTER_MS = 1_200;

/** Decides what a face does and when: it answers challenges after a human reaction time, and blinks by itself. */
export class Actor {
  readonly #draw: Draw;
  readonly #blinkSeed: number | null;
  readonly #plan: typeof planPerformance;
  readonly #performances: Performance[] = [];
  #challenge: string | null = null;

  /** `plan` times an action that is asked for. */
  constructor(seed: number, blinksByItself = true, plan: typeof planPerformance = planPerformance) {
    this.#plan = plan;
    this.#draw = seededDraws(hash32(seed, 1));
    this.#blinkSeed = blinksByItself ? hash32(seed, 3) : null;
  }

  /** Plans an action that begins after a human reaction time and after everything planned before. */
  perform(action: Action, atMs: number): Performance {
    const performance = this.#plan(action, atMs, this.#busyUntilMs(), this.#draw);
    this.#performances.push(performance);
    return performance;
  }

  /** Answers each challenge once when it appears, and again when it is still there well after the answer. */
  onChallenge(challenge: ShownStatus['challenge'], atMs: number): void {
    if (challenge === undefined) {
      this.#challenge = null;
      return;
    }
    const shown = `${challenge.number} ${challenge.kind}`;
    const isNew = shown !== this.#challenge;
    this.#challenge = shown;
    if (isNew || atMs > this.#busyUntilMs() + TRY_AGAIN_AFTER_MS) this.perform(challenge.kind, atMs);
  }

  /** What is being performed at that instant, a spontaneous blink included. */
  doingAt(atMs: number): readonly Performance[] {
    const asked = this.#performances.filter(({ startMs, endMs }) => startMs < atMs && atMs < endMs);
    const blink =
      asked.length > 0 || this.#blinkSeed === null ? null : spontaneousBlink(this.#blinkSeed, atMs);
    return blink === null ? asked : [blink];
  }

  #busyUntilMs(): number {
    return this.#performances.at(-1)?.endMs ?? -Infinity;
  }
}
