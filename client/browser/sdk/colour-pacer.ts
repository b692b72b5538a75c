import type { FlashStatus } from '@veriframe/protocol';

/**
 * Shortest time between two changes of colour: at most three changes a second, even when the network delivers several
 * statuses at once. More flashes a second could trigger seizures (WCAG 2.2, success criterion 2.3.1).
 */
const CHANGE_EVERY_MS = 334;

/** Passes colours on and delays those that come too fast. Of the delayed ones only the newest is shown. */
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

  /** Requests a colour, or null for none. */
  request(flash: FlashStatus | null): void {
    clearTimeout(this.#timer);
    if (flash?.number === this.#shown?.number) return;
    const dueInMs = this.#changedAtMs + CHANGE_EVERY_MS - performance.now();
    if (dueInMs > 0) this.#timer = setTimeout(() => this.request(flash), dueInMs);
    else this.#change(flash);
  }

  /** Cancels a pending change of colour. */
  stop(): void {
    clearTimeout(this.#timer);
  }

  #change(flash: FlashStatus | null): void {
    this.#shown = flash;
    this.#changedAtMs = performance.now();
    this.#show(flash);
  }
}
