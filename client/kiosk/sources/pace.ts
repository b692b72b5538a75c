import { setTimeout as delay } from 'node:timers/promises';

/**
 * Yields the items at `framesPerSecond`, taking each from its source only when its turn comes. An item that is
 * late moves the ones after it: there are no bursts to catch up. Ends quietly on the signal.
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
