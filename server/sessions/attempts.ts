import { type ErrorCode, VeriframeError } from '../../protocol/errors.ts';
import type { Clock } from '../time/clock.ts';
import type { Assurance } from '../decision/reasons.ts';
import type { LockOutPolicy } from '../identity/lock-out.ts';
import type { Logger } from '../observe/log.ts';
import type { SessionDirectory } from './directory.ts';
import type { ShownByClient } from './session-trust.ts';
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

/** Pause before the end of an attempt is offered to the store again, doubled each time. */
const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 30_000;

/** When this many ends of attempts wait for the store, no new attempt may begin. */
export const MAX_UNWRITTEN_ENDS = 1000;

/**
 * Records each redeemed ticket as one attempt: its beginning before the client is shown anything, and its end once,
 * whatever ended it. An end that the store rejects is offered again until the store takes it. Attempts that are still
 * open when the process ends are ended by the next one (`DecisionLog.endInterrupted`).
 */
export class Attempts {
  private readonly parts: Parts;
  /** End the pauses of those that wait to be offered again. */
  private readonly pauses = new Set<() => void>();
  private readonly writing = new Set<Promise<void>>();
  private closing = false;

  constructor(parts: Parts) {
    this.parts = parts;
  }

  /** Why no attempt may begin now, because the store takes no ends; null when it does. */
  refusal(): VeriframeError | null {
    if (this.writing.size < MAX_UNWRITTEN_ENDS) return null;
    return new VeriframeError('server.busy', undefined, { retryAfterMs: LONGEST_PAUSE_MS });
  }

  /**
   * Records the beginning. Rejects with `VeriframeError` `subject.locked` when the subject is locked out, and then
   * nothing has begun, or with a `StoreError`.
   */
  async begin(request: SessionRequest): Promise<void> {
    const { clock, record, lockOut, log } = this.parts;
    const atMs = clock.wallMs();
    const untilMs = await record.begin(attemptOf(request, atMs), lockOut);
    if (untilMs === null) return;
    const { sessionId, mode, policy } = request;
    log.info({ sessionId, mode, policy }, 'refused: the subject is locked');
    // The lock-out may have ended while the store answered.
    const retryAfterMs = Math.max(1, untilMs - clock.wallMs());
    throw new VeriframeError('subject.locked', undefined, { retryAfterMs });
  }

  /**
   * Records a decision. Durable when it resolves. Returns whether the verdict is on record: an accept is not when the
   * reference that it rests on is no longer stored. Rejects with a `StoreError`; the caller then calls `failed`.
   */
  async decided(
    request: SessionRequest,
    verdict: Verdict,
    startedAtMs: number,
    shown?: ShownByClient,
  ): Promise<boolean> {
    const { clock, record } = this.parts;
    const decidedAtMs = clock.wallMs();
    const { reasons, assurance } = verdict;
    const attempt = attemptOf(request, decidedAtMs - (clock.nowMs() - startedAtMs));
    const ending = { ...attempt, reasons, assurance: recordedAs(assurance, shown), decidedAtMs };
    const { outcome, subject } = verdict;
    const registers = shown?.registers ?? null;
    return await record.record(
      outcome === 'accept'
        ? {
            ...ending,
            outcome,
            subject,
            restsOn: verdict.restsOn,
            ...(registers === null ? {} : { registers }),
          }
        : { ...ending, outcome, subject },
    );
  }

  /** Records that the attempt ended without a decision. Returns before that is written. */
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

  /** Offers every unwritten end to the store once more. Resolves when the store has answered. */
  async close(): Promise<void> {
    this.closing = true;
    for (const endPause of this.pauses) endPause();
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
        // The store would never take it.
        if (isLast || (error instanceof StoreError && error.code === 'store.invalid')) return;
      }
      if (!this.closing) await this.pause(pauseMs);
    }
  }

  private async pause(ms: number): Promise<void> {
    const { clock } = this.parts;
    await new Promise<void>((resolve) => {
      const endPause = () => {
        cancel();
        this.pauses.delete(endPause);
        resolve();
      };
      const cancel = clock.wakeAt(clock.nowMs() + ms, endPause);
      this.pauses.add(endPause);
    });
  }
}

/** The assurance with who answers for the capture. */
function recordedAs(assurance: Assurance, shown: ShownByClient | undefined): Assurance {
  const { trust } = assurance;
  if (trust === undefined) return assurance;
  return { ...assurance, trust: { ...trust, by: shown?.captureBy ?? null } };
}

function attemptOf(request: SessionRequest, startedAtMs: number): NewAttempt {
  const { sessionId, tenant, mode, subject, policy, observed = false } = request;
  return { sessionId, tenant, mode, subject, policy, observed, startedAtMs };
}
