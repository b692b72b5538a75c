import { setTimeout as delay } from 'node:timers/promises';

/**
 * Yields the items at `framesPerSecond` and takes each item from its source only when it is due. A late item delays the
 * later ones, so that there are no bursts. Ends without an error when `signal` aborts.
 */
export async function* paced<T>(
  items: AsyncIterable<T> | Iterable<T>,
  framesPerSecond: number,
  signal: AbortSignal,
): AsyncGenerator<T> {
  const intervalMs = 1000 / framesPerSecond;
  let dueAtMs = performance.now();
  for await (const item of items) {
    if (signal.aborted) return;
    const waitMs = dueAtMs - performance.now();
    if (waitMs > 0) await delay(waitMs, undefined, { signal }).catch(() => {});
    if (signal.aborted) return;
    yield item;
    dueAtMs = Math.max(dueAtMs + intervalMs, performance.now());
  }
}
