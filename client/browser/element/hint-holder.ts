/** What is shown and what waits to be shown. */
export interface HeldHint<Hint> {
  readonly shown: Hint;
  readonly shownAtMs: number;
  /** The latest wish while the shown one is still held, or null. */
  readonly waiting: { readonly hint: Hint } | null;
}

/** A line is readable when it stays this long. */
export const HOLD_MS = 900;

export function firstHint<Hint>(hint: Hint, nowMs: number): HeldHint<Hint> {
  return { shown: hint, shownAtMs: nowMs, waiting: null };
}

/** Wishes for `hint`: shown at once when the present one has had its time, else it waits and the last wish wins. */
export function wishHint<Hint>(held: HeldHint<Hint>, hint: Hint, nowMs: number): HeldHint<Hint> {
  if (hint === held.shown) return held.waiting === null ? held : { ...held, waiting: null };
  if (nowMs - held.shownAtMs >= HOLD_MS) return firstHint(hint, nowMs);
  return { ...held, waiting: { hint } };
}

/** What is shown once `nowMs` has come: the waiting hint when the present one has had its time. */
export function settleHint<Hint>(held: HeldHint<Hint>, nowMs: number): HeldHint<Hint> {
  const { waiting, shownAtMs } = held;
  return waiting !== null && nowMs - shownAtMs >= HOLD_MS ? firstHint(waiting.hint, nowMs) : held;
}

/** How long until `settleHint` changes something, or null when nothing waits. */
export function hintDueInMs({ waiting, shownAtMs }: HeldHint<unknown>, nowMs: number): number | null {
  return waiting === null ? null : Math.max(0, shownAtMs + HOLD_MS - nowMs);
}
