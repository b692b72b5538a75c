/** Most latencies held. When more fall within the window, the oldest of them are dropped early. */
const CAPACITY = 4096;

interface Percentiles {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
}

/** Latencies of a recent period, from which percentiles are computed on request. Adding one writes two numbers. */
export class LatencyWindow {
  readonly #lengthMs: number;
  readonly #atMs = new Float64Array(CAPACITY).fill(-Infinity);
  readonly #latencyMs = new Float64Array(CAPACITY);
  #next = 0;

  /** @param lengthMs length of the period */
  constructor(lengthMs: number) {
    this.#lengthMs = lengthMs;
  }

  add(atMs: number, latencyMs: number): void {
    this.#atMs[this.#next] = atMs;
    this.#latencyMs[this.#next] = latencyMs;
    this.#next = (this.#next + 1) % CAPACITY;
  }

  /** How many were added within the last `withinMs`. */
  countSince(nowMs: number, withinMs: number): number {
    return this.#atMs.reduce((count, atMs) => count + (atMs > nowMs - withinMs ? 1 : 0), 0);
  }

  /** By the nearest rank; null when there are no latencies. */
  percentiles(nowMs: number): Percentiles | null {
    const isRecent = (_: number, at: number) => (this.#atMs[at] ?? 0) > nowMs - this.#lengthMs;
    const recent = this.#latencyMs.filter(isRecent).toSorted();
    if (recent.length === 0) return null;
    const rank = (share: number) => recent[Math.max(0, Math.ceil(share * recent.length) - 1)] ?? 0;
    return { p50: rank(0.5), p95: rank(0.95), p99: rank(0.99) };
  }
}
