import type { ChallengeKind } from '../../protocol/status.ts';
import type { ShownStatus } from '../../simulator/index.ts';
import type { Clip, Person } from './bank.ts';
import { freshen, VARIANTS } from './fresh-jpeg.ts';

/** Time in ms in which people read, understand and begin to act. */
const ONSET_MS = [320, 650] as const;
/** An unanswered challenge is answered again after this time. */
const TRY_AGAIN_AFTER_MS = 1_200;

let variantsUsed = 0;

function unusedVariant(): number {
  variantsUsed = (variantsUsed + 1) % VARIANTS;
  return variantsUsed;
}

/** Plays a recorded person before one session's camera. No image is sent twice. */
export class Actor {
  readonly #person: Person;
  readonly #draw: () => number;
  readonly #idleFromMs: number;
  #variant = unusedVariant();
  #idleRound = 0;
  /** Number of answers to each kind of challenge. */
  readonly #ways = new Map<ChallengeKind, number>();
  #challenge: string | null = null;
  #answer: { readonly clip: Clip; readonly startMs: number; readonly endMs: number } | null = null;

  constructor(person: Person, atMs: number, draw: () => number) {
    this.#person = person;
    this.#draw = draw;
    this.#idleFromMs = atMs - draw() * lengthOf(person.idle);
  }

  onStatus({ challenge }: ShownStatus, atMs: number): void {
    const shown = challenge === undefined ? null : `${challenge.number} ${challenge.kind}`;
    const overdue = this.#answer !== null && atMs > this.#answer.endMs + TRY_AGAIN_AFTER_MS;
    if (challenge !== undefined && (shown !== this.#challenge || overdue)) {
      const clips = this.#person.answers[challenge.kind] ?? [];
      const way = this.#ways.get(challenge.kind) ?? 0;
      this.#ways.set(challenge.kind, way + 1);
      const clip = clips[way % clips.length];
      if (clip === undefined) throw new Error(`Nobody in the bank can ${challenge.kind}.`);
      const [least, most] = ONSET_MS;
      const startMs = Math.max(atMs + least + (most - least) * this.#draw(), this.#answer?.endMs ?? 0);
      this.#answer = { clip, startMs, endMs: startMs + lengthOf(clip) };
      this.#freshen();
    }
    this.#challenge = shown;
  }

  frameAt(atMs: number): Buffer {
    const answer = this.#answer;
    if (answer !== null && atMs >= answer.startMs && atMs < answer.endMs)
      return this.#frame(answer.clip, atMs - answer.startMs);
    const sinceMs = atMs - this.#idleFromMs;
    const round = Math.floor(sinceMs / lengthOf(this.#person.idle));
    if (round !== this.#idleRound) this.#freshen();
    this.#idleRound = round;
    return this.#frame(this.#person.idle, sinceMs % lengthOf(this.#person.idle));
  }

  #frame({ frames, frameMs }: Clip, sinceMs: number): Buffer {
    return freshen(frames[Math.min(frames.length - 1, Math.floor(sinceMs / frameMs))], this.#variant);
  }

  #freshen(): void {
    this.#variant = unusedVariant();
  }
}

function lengthOf({ frames, frameMs }: Clip): number {
  return frames.length * frameMs;
}
