import type { ErrorCode } from '../../protocol/errors.ts';
import { VeriframeError } from '../../protocol/errors.ts';
import type { Clock } from '../time/clock.ts';
import type { LockOutPolicy } from '../identity/lock-out.ts';
import type { Logger } from '../observe/log.ts';
import type { SessionDirectory } from './directory.ts';
import type { Verdict } from '../session/effect.ts';
import type { SessionRequest } from '../session/ports.ts';
import { StoreError } from '../store/errors.ts';
import type { DecisionLog, NewAttempt, NewFailure } from '../store/ports.ts';

interface Parts {
  readonly clock: Clock;
  readonly record: Pick<DecisionLog, 'begin' | 'record'>;
  readonly directory: Pick<SessionDirectory, 'failed'>;
  readonly lockOut: LockOutPolicy;
  readonly log: Logger;
}

/** Between two tries to write down how an attempt ended, doubled each time. */
const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 30_000;

/** Endings that wait for the store, beyond which nobody else is let in. */
export const MOST_WAITING = 1000;

/**
 * Sees to it that a redeemed ticket becomes one attempt on record: begun before anything is shown, and ended once,
 * whatever ended it. An ending that the store does not take is offered again until it does; what is left when the
 * process ends is found open by the next one (`DecisionLog.endInterrupted`).
 */
export class Attempts {
  private readonly parts: Parts;
  private readonly waiting = new Set<() => void>();
  private readonly writing = new Set<Promise<void>>();
  private closing = false;

  constructor(parts: Parts) {
    this.parts = parts;
  }

  /** Why nobody can be let in now: the store takes nothing. Null: it does. */
  refusal(): VeriframeError | null {
    if (this.writing.size < MOST_WAITING) return null;
    return new VeriframeError('server.busy', undefined, { retryAfterMs: LONGEST_PAUSE_MS });
  }

  /** Rejects with `VeriframeError` `subject.locked`, then nothing has begun, or with a `StoreError`. */
  async begin(request: SessionRequest): Promise<void> {
    const { clock, record, lockOut, log } = this.parts;
    const atMs = clock.wallMs();
    const untilMs = await record.begin(attemptOf(request, atMs), lockOut);
    if (untilMs === null) return;
    const { sessionId, mode, policy } = request;
    log.info({ sessionId, mode, policy }, 'refused: the subject is locked');
    // The store may have taken longer to say so than there was left.
    const retryAfterMs = Math.max(1, untilMs - clock.wallMs());
    throw new VeriframeError('subject.locked', undefined, { retryAfterMs });
  }

  /**
   * Durable when it resolves, with whether the verdict is on record: an accept is not when the reference that it rests
   * on is no longer stored. Rejects with a `StoreError`; then `failed` says how it ended.
   */
  async decided(request: SessionRequest, verdict: Verdict, startedAtMs: number): Promise<boolean> {
    const { clock, record } = this.parts;
    const decidedAtMs = clock.wallMs();
    const { reasons, assurance } = verdict;
    const attempt = attemptOf(request, decidedAtMs - (clock.nowMs() - startedAtMs));
    const ending = { ...attempt, reasons, assurance, decidedAtMs };
    const { outcome, subject } = verdict;
    return await record.record(
      outcome === 'accept'
        ? { ...ending, outcome, subject, restsOn: verdict.restsOn }
        : { ...ending, outcome, subject },
    );
  }

  /** The attempt ended without a decision. Returns at once. */
  failed(request: SessionRequest, code: ErrorCode): void {
    const { clock, directory, log } = this.parts;
    const { sessionId, mode, policy } = request;
    const decidedAtMs = clock.wallMs();
    directory.failed(request, code);
    log.info({ sessionId, mode, policy, code }, 'ended without a decision');
    const written = this.write({ ...attemptOf(request, decidedAtMs), outcome: null, code, decidedAtMs });
    this.writing.add(written);
    void written.then(() => this.writing.delete(written));
  }

  /** Offers what waits a last time. Resolves when the store has answered. */
  async close(): Promise<void> {
    this.closing = true;
    for (const goOn of this.waiting) goOn();
    await Promise.all(this.writing);
  }

  private async write(ending: NewFailure): Promise<void> {
    const { record, log } = this.parts;
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
      const isLast = this.closing;
      try {
        await record.record(ending);
        return;
      } catch (error) {
        const { sessionId } = ending;
        log.error({ sessionId, error: String(error), isLast }, 'the end of an attempt is not on record');
        // What can never be kept is not offered again.
        if (isLast || (error instanceof StoreError && error.code === 'store.invalid')) return;
      }
      if (!this.closing) await this.pause(pauseMs);
    }
  }

  private async pause(ms: number): Promise<void> {
    const { clock } = this.parts;
    await new Promise<void>((resolve) => {
      const goOn = () => {
        cancel();
        this.waiting.delete(goOn);
        resolve();
      };
      const cancel = clock.wakeAt(clock.nowMs() + ms, goOn);
      this.waiting.add(goOn);
    });
  }
}

function attemptOf(request: SessionRequest, startedAtMs: number): NewAttempt {
  const { sessionId, tenant, mode, subject, policy, observed = false } = request;
  return { sessionId, tenant, mode, subject, policy, observed, startedAtMs };
}
