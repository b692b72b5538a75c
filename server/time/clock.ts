/** Server time and wake-ups, passed in wherever time is needed so that tests can own it. */
export interface Clock {
  /** Milliseconds since the Unix epoch that never run backwards, whatever happens to the wall clock. */
  nowMs(): number;
  /** Milliseconds since the Unix epoch by the wall clock, for what others compare with theirs. It may jump. */
  wallMs(): number;
  /** Calls back once at or after `atMs`; returns a function that cancels. */
  wakeAt(atMs: number, callback: () => void): () => void;
}

/** The machine's monotonic clock, anchored to the wall clock at process start. */
export const systemClock: Clock = {
  nowMs: () => Math.round(performance.timeOrigin + performance.now()),
  wallMs: () => Date.now(),
  wakeAt(atMs, callback) {
    const timer = setTimeout(callback, Math.max(0, atMs - this.nowMs()));
    timer.unref();
    return () => clearTimeout(timer);
  },
};
