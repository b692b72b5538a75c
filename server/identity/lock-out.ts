import type { ErrorCode } from '../../protocol/errors.ts';
import type { Outcome } from '../../protocol/status.ts';
import type { Reason } from '../decision/reasons.ts';

/** How many verifications of one subject may fail before the next has to wait. */
export interface LockOutPolicy {
  /** 0: never locked. */
  readonly maxFailures: number;
  /** Attempts that began longer ago than this count no more. */
  readonly windowMs: number;
}

/**
 * Whose attempts are counted together. Observed sessions are counted by themselves: their tokens open nothing, so
 * they neither lock a subject out nor, accepted, set it free; and looking on cannot be tried without end either.
 */
export interface AttemptedSubject {
  readonly tenant: string;
  readonly subject: string;
  readonly observed: boolean;
}

/** How an attempt ended: with a decision, or with the code of the error that ended it. */
export type AttemptEnding =
  | { readonly outcome: Outcome; readonly reasons: readonly Reason[] }
  | { readonly outcome: null; readonly code: ErrorCode };

/**
 * When the attempts at one subject began that count, those under way included: all that were not accepted, and had
 * not ended before the last one was that was. The latest first, in server milliseconds.
 */
export interface CountedAttempts {
  readonly ownAtMs: readonly number[];
  /** Those that were not the person's fault (`isExcused`). */
  readonly excusedAtMs: readonly number[];
}

/**
 * As many excused attempts are allowed for each that is not. A client can choose to be slow, and can send pictures
 * that end their worker: without a bound it could draw challenges until they suit it.
 */
export const EXCUSED_PER_FAILURE = 3;

const STARVED: readonly Reason[] = ['connection-too-slow', 'service-too-slow'];
const OUR_FAULT: readonly ErrorCode[] = ['server.internal', 'server.draining'];

/**
 * Whether an attempt that was not accepted counts by a bound of its own: its frames did not arrive or were not looked
 * at in time, or the server ended it. A reject is never excused.
 */
export function isExcused(ending: AttemptEnding): boolean {
  if (ending.outcome === null) return OUR_FAULT.includes(ending.code);
  return ending.outcome === 're-verify' && ending.reasons.some((reason) => STARVED.includes(reason));
}

/**
 * When a subject takes an attempt again, or null when it takes one now. An attempt counts for `windowMs` from its
 * beginning, whatever becomes of it: so many begun at once are no more than many begun in turn, whoever leaves when the
 * challenge does not suit has tried, and the answer is exact: one millisecond earlier an attempt would be refused.
 * Only an accept sets the subject free sooner.
 */
export function lockedUntilMs(
  { ownAtMs, excusedAtMs }: CountedAttempts,
  nowMs: number,
  { maxFailures, windowMs }: LockOutPolicy,
): number | null {
  if (maxFailures === 0) return null;
  const freeAtMs = [
    freeAt(ownAtMs, maxFailures, windowMs),
    freeAt(excusedAtMs, EXCUSED_PER_FAILURE * maxFailures, windowMs),
  ];
  const untilMs = Math.max(...freeAtMs);
  return untilMs > nowMs ? untilMs : null;
}

/** When fewer than `most` of the attempts are within the window. */
function freeAt(beganAtMs: readonly number[], most: number, windowMs: number): number {
  return (beganAtMs[most - 1] ?? -Infinity) + windowMs;
}
