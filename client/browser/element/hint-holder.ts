/** What is shown and what waits to be shown. */
export interface HeldHint<Hint> {
  readonly shown: Hint;
  readonly shownAtMs: number;
  /** The latest hint that was requested while the shown one is still held, or null. */
  readonly waiting: { readonly hint: Hint } | null;
}

/** A line stays at least this long, so that it can be read. */
export const HOLD_MS = 900;

export function firstHint<Hint>(hint: Hint, nowMs: number): HeldHint<Hint> {
  return { shown: hint, shownAtMs: nowMs, waiting: null };
}

/**
 * Requests `hint`. It is shown at once when the present hint has had its time. Otherwise it waits, and the last
 * requested hint replaces earlier ones.
 */
export function requestHint<Hint>(held: HeldHint<Hint>, hint: Hint, nowMs: number): HeldHint<Hint> {
  if (hint === held.shown) return held.waiting === null ? held : { ...held, waiting: null };
  if (nowMs - held.shownAtMs >= HOLD_MS) return firstHint(hint, nowMs);
  return { ...held, waiting: { hint } };
}

/** The held hint at `nowMs`: the waiting hint replaces the shown one when that one has had its time. */
export function settleHint<Hint>(held: HeldHint<Hint>, nowMs: number): HeldHint<Hint> {
  const { waiting, shownAtMs } = held;
  return waiting !== null && nowMs - shownAtMs >= HOLD_MS ? firstHint(waiting.hint, nowMs) : held;
}

/** Milliseconds until `settleHint` changes something, or null when no hint waits. */
export function hintDueInMs({ waiting, shownAtMs }: HeldHint<unknown>, nowMs: number): number | null {
  return waiting === null ? null : Math.max(0, shownAtMs + HOLD_MS - nowMs);
}
