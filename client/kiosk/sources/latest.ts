import { once } from 'node:events';

/**
 * Reads `items` as fast as they come and yields only the newest one that was not yielded yet. A slow consumer thus gets
 * the present item, not a queue. An error of `items` is thrown after the newest item before it was yielded.
 */
export async function* latest<T>(items: AsyncIterable<T>): AsyncGenerator<T> {
  const news = new EventTarget();
  let waiting: { readonly item: T } | null = null;
  let ended = false;
  let taking = true;
  const reading = (async () => {
    try {
      for await (const item of items) {
        if (!taking) return;
        waiting = { item };
        news.dispatchEvent(new Event('news'));
      }
    } finally {
      ended = true;
      news.dispatchEvent(new Event('news'));
    }
  })();
  reading.catch(() => {});
  try {
    while (true) {
      if (waiting !== null) {
        const { item }: { readonly item: T } = waiting;
        waiting = null;
        yield item;
      } else if (ended) {
        break;
      } else {
        await once(news, 'news');
      }
    }
    await reading;
  } finally {
    taking = false;
  }
}
