import type { ChallengeKind, PublicStatus } from '../../../protocol/status.ts';
import type { Reference } from '../../../server/matching/reference.ts';
import type { FrameAnalysis } from '../../../server/vision/analysis.ts';
import { BANK_FRAMES_PER_SECOND, type Bank } from './bank.ts';
import { BankPresenter, humanAnswer, type RecordedFrame } from './presenters.ts';
import { playSession, type PlayOptions, type Presenter } from './session-player.ts';

/** What an attacker has who recorded an accepted session: its images, and the times of its challenges. */
export interface RecordedSession {
  readonly frames: readonly RecordedFrame[];
  readonly prompts: readonly {
    readonly kind: ChallengeKind;
    readonly fromMs: number;
    readonly toMs: number;
  }[];
}

/** Plays sessions of the bank's puppet until `wanted` of them were accepted. Returns fewer where too many were not. */
export async function recordAccepted(
  bank: Bank,
  references: readonly Reference[],
  { policy, context, scoreMotion }: Pick<PlayOptions, 'policy' | 'context' | 'scoreMotion'>,
  random: () => number,
  wanted: number,
): Promise<RecordedSession[]> {
  const sessions: RecordedSession[] = [];
  for (let attempt = 0; attempt < 3 * wanted && sessions.length < wanted; attempt++) {
    const tape = new Tape(new BankPresenter({ bank, random, answer: humanAnswer(random), smooth: true }));
    const { outcome } = await playSession({
      presenter: tape,
      policy,
      context,
      references,
      random,
      scoreMotion,
      framesPerSecond: BANK_FRAMES_PER_SECOND,
    });
    if (outcome === 'accept') sessions.push(tape.session());
  }
  return sessions;
}

/** Records what a presenter shows and which statuses it receives. */
class Tape implements Presenter {
  readonly #presenter: Presenter;
  readonly #frames: RecordedFrame[] = [];
  readonly #prompts: { kind: ChallengeKind; number: number; fromMs: number; toMs: number }[] = [];

  constructor(presenter: Presenter) {
    this.#presenter = presenter;
  }

  showAt(atMs: number): FrameAnalysis | null {
    const frame = this.#presenter.showAt(atMs);
    if (frame !== null) this.#frames.push({ atMs, frame });
    return frame;
  }

  onStatus(status: PublicStatus, atMs: number): void {
    this.#presenter.onStatus?.(status, atMs);
    const { challenge } = status;
    if (challenge === undefined) return;
    const last = this.#prompts.at(-1);
    if (last?.number === challenge.number && last.kind === challenge.kind) last.toMs = atMs;
    else this.#prompts.push({ kind: challenge.kind, number: challenge.number, fromMs: atMs, toMs: atMs });
  }

  session(): RecordedSession {
    return { frames: this.#frames, prompts: this.#prompts };
  }
}
