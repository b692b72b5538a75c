/** How many verifications of one subject may fail before the next has to wait. */
export interface LockOutPolicy {
  /** 0: never locked. */
  readonly maxFailures: number;
  /** Failures older than this count no more. */
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

/** What has become of the attempts at one subject. */
export interface Attempts {
  /** When verifications ended without accept since the last that was accepted; the latest first. Server milliseconds. */
  readonly failedAtMs: readonly number[];
  /** Verifications that are under way, or may still begin. */
  readonly open: number;
}

/**
 * Until when a subject takes no further attempt, or null when it takes one now. Whoever may try without end is
 * accepted in the end, and whoever leaves when the challenge does not suit has tried: so every session that did not
 * end in accept counts, and open ones count as failed, or many could be opened at once.
 */
export function lockedUntilMs(
  { failedAtMs, open }: Attempts,
  nowMs: number,
  { maxFailures, windowMs }: LockOutPolicy,
): number | null {
  if (maxFailures === 0) return null;
  const recent = failedAtMs.filter((atMs) => atMs > nowMs - windowMs).slice(0, maxFailures);
  if (recent.length + open < maxFailures) return null;
  return (recent.at(-1) ?? nowMs) + windowMs;
}
