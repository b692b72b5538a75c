import { DemoError } from './errors.ts';

interface AttemptLimit {
  readonly most: number;
  readonly withinMs: number;
}

/** Most keys in memory. Beyond that the key that was unused for longest is forgotten. */
const MOST_KEYS = 10_000;

/** Counts attempts by key over a sliding window. The counts are only in memory. */
export class AttemptLimiter {
  readonly #limit: AttemptLimit;
  readonly #nowMs: () => number;
  readonly #attempts = new Map<string, number[]>();

  constructor(limit: AttemptLimit, nowMs: () => number) {
    this.#limit = limit;
    this.#nowMs = nowMs;
  }

  /**
   * Counts one attempt. A refused attempt is not counted.
   * @throws DemoError `attempts.too_many`, with the time until the next attempt is allowed
   */
  attempt(key: string): void {
    const { most, withinMs } = this.#limit;
    const nowMs = this.#nowMs();
    const recent = (this.#attempts.get(key) ?? []).filter((atMs) => nowMs - atMs < withinMs);
    this.#attempts.delete(key);
    const isFull = recent.length >= most;
    this.#attempts.set(key, isFull ? recent : [...recent, nowMs]);
    const [oldest] = this.#attempts.keys();
    if (this.#attempts.size > MOST_KEYS && oldest !== undefined) this.#attempts.delete(oldest);
    if (!isFull) return;
    const retryAfterMs = (recent[0] ?? nowMs) + withinMs - nowMs;
    throw new DemoError('attempts.too_many', { retryAfterSeconds: Math.ceil(retryAfterMs / 1000) });
  }

  /** Forgets the attempts of a key, for example after a success. */
  clear(key: string): void {
    this.#attempts.delete(key);
  }
}
