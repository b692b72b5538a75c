import type { ErrorCode } from '../../protocol/errors.ts';
import type { Outcome } from '../../protocol/status.ts';
import type { Reason } from '../decision/reasons.ts';

/** How many verifications of one subject may fail before the next one has to wait. */
export interface LockOutPolicy {
  /** 0: subjects are never locked out. */
  readonly maxFailures: number;
  /** Attempts that began longer ago than this no longer count. */
  readonly windowMs: number;
}

/**
 * Whose attempts are counted together. Observed sessions are counted separately: their tokens grant nothing, so they
 * neither lock a subject out of ordinary sessions nor, when accepted, end its lock-out. They are limited all the same.
 */
export interface AttemptedSubject {
  readonly tenant: string;
  readonly subject: string;
  readonly observed: boolean;
}

/** How an attempt ended: with a decision, or with the code of the error that ended it. */
export type AttemptEnding =
  | { readonly outcome: Outcome; readonly reasons: readonly string[] }
  | { readonly outcome: null; readonly code: string };

/**
 * When the attempts that count against one subject began, the latest first, in server milliseconds. Those count that
 * were not accepted, or are still open, and did not end before the subject's last accept.
 */
export interface CountedAttempts {
  readonly ownAtMs: readonly number[];
  /** Of attempts that were not the person's fault (`isExcused`). */
  readonly excusedAtMs: readonly number[];
}

/**
 * How many excused attempts are allowed for each one that is not excused. A client can choose to be slow, and can send
 * pictures that crash a worker. Without a limit it could draw challenges until it gets one that it can answer.
 */
export const EXCUSED_PER_FAILURE = 3;

/** Nothing was judged: too few frames, or a camera of which no picture can be judged. */
const NOT_JUDGED: ReadonlySet<string> = new Set<Reason>([
  'connection-too-slow',
  'service-too-slow',
  'camera-turned',
  'camera-colourless',
]);
const SERVER_FAULTS: ReadonlySet<string> = new Set<ErrorCode>(['server.internal', 'server.draining']);

/**
 * Whether an attempt that was not accepted is excused, and so counts towards a higher limit: its frames did not arrive
 * or were not analysed in time, the camera was grey or turned so that no session began, or the server ended it. A
 * reject is never excused, nor is a reason or code that this version does not know.
 */
export function isExcused(ending: AttemptEnding): boolean {
  if (ending.outcome === null) return SERVER_FAULTS.has(ending.code);
  return ending.outcome === 're-verify' && ending.reasons.some((reason) => NOT_JUDGED.has(reason));
}

/**
 * When a subject takes an attempt again, or null when it takes one now. An attempt counts for `windowMs` from its
 * beginning, however it ends. So simultaneous attempts count like successive ones, and a client that leaves because it
 * does not like its challenge has used an attempt. The answer is exact: one millisecond earlier an attempt would be
 * refused. Only an accept ends a lock-out sooner.
 */
export function lockedUntilMs(
  { ownAtMs, excusedAtMs }: CountedAttempts,
  nowMs: number,
  { maxFailures, windowMs }: LockOutPolicy,
): number | null {
  if (maxFailures === 0) return null;
  const untilMs = Math.max(
    freeAtMs(ownAtMs, maxFailures, windowMs),
    freeAtMs(excusedAtMs, EXCUSED_PER_FAILURE * maxFailures, windowMs),
  );
  return untilMs > nowMs ? untilMs : null;
}

/** From when on fewer than `limit` of the attempts are within the window. */
function freeAtMs(startedAtMs: readonly number[], limit: number, windowMs: number): number {
  return (startedAtMs[limit - 1] ?? -Infinity) + windowMs;
}
