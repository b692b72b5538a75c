/**
 * Delivers events to `for await` in order, and waits for new ones. The loop ends when `end` was called and all events
 * are read.
 */
export class EventQueue<Event> implements AsyncIterableIterator<Event, void> {
  readonly #unread: Event[] = [];
  readonly #onReturn: () => void;
  #waiting: ((result: IteratorResult<Event, void>) => void)[] = [];
  #isEnded = false;

  /** `onReturn` is called when the reader leaves its loop early. */
  constructor(onReturn: () => void) {
    this.#onReturn = onReturn;
  }

  push(event: Event): void {
    if (this.#isEnded) return;
    const reader = this.#waiting.shift();
    if (reader === undefined) this.#unread.push(event);
    else reader({ done: false, value: event });
  }

  end(): void {
    this.#isEnded = true;
    for (const reader of this.#waiting) reader({ done: true, value: undefined });
    this.#waiting = [];
  }

  next(): Promise<IteratorResult<Event, void>> {
    const event = this.#unread.shift();
    if (event !== undefined) return Promise.resolve({ done: false, value: event });
    if (this.#isEnded) return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  return(): Promise<IteratorResult<Event, void>> {
    this.#unread.length = 0;
    this.end();
    this.#onReturn();
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
