/** Server time and timers. Whatever needs time gets a clock, so that tests can control it. */
export interface Clock {
  /** Milliseconds since the Unix epoch. Never runs backwards, even when the wall clock is set. */
  nowMs(): number;
  /** Milliseconds since the Unix epoch by the wall clock, for times that others compare with theirs. May jump. */
  wallMs(): number;
  /** Calls back once when `nowMs` reaches `atMs`. Returns a function that cancels the call. */
  wakeAt(atMs: number, callback: () => void): () => void;
}

/** The machine's monotonic clock, set to the wall clock when the process starts. */
export const systemClock: Clock = {
  nowMs: () => Math.round(performance.timeOrigin + performance.now()),
  wallMs: () => Date.now(),
  wakeAt(atMs, callback) {
    const timer = setTimeout(callback, Math.max(0, atMs - this.nowMs()));
    timer.unref();
    return () => clearTimeout(timer);
  },
};
