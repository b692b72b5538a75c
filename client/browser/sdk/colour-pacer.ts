import type { FlashStatus } from '@veriframe/protocol';

/** Least time between two changes of colour: never more than three in a second, whatever a network does to a server's pace. */
const CHANGE_EVERY_MS = 334;

/** Passes colours on as they come, but later where they come too fast; of those held back only the newest is shown. */
export class ColourPacer {
  readonly #show: (flash: FlashStatus | null) => void;
  #shown: FlashStatus | null = null;
  #changedAtMs = -Infinity;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(show: (flash: FlashStatus | null) => void) {
    this.#show = show;
  }

  /** The colour that is shown now; null for none. */
  get shown(): FlashStatus | null {
    return this.#shown;
  }

  /** Wishes for a colour, or for none. */
  wish(flash: FlashStatus | null): void {
    clearTimeout(this.#timer);
    if (flash?.number === this.#shown?.number) return;
    const dueInMs = this.#changedAtMs + CHANGE_EVERY_MS - performance.now();
    if (dueInMs > 0) this.#timer = setTimeout(() => this.wish(flash), dueInMs);
    else this.#change(flash);
  }

  /** Shows nothing any more. */
  stop(): void {
    clearTimeout(this.#timer);
  }

  #change(flash: FlashStatus | null): void {
    this.#shown = flash;
    this.#changedAtMs = performance.now();
    this.#show(flash);
  }
}
