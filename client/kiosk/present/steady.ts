/** How long an instruction stays before another may replace it. */
const LEAST_SHOWN_MS = 900;

/**
 * Holds each text long enough to be read: the newest wanted one shows once the present one had its time.
 * `urgent` texts, the challenges, show at once.
 */
export class SteadyText {
  #shown = '';
  #sinceMs = -Infinity;

  show(wanted: string, urgent: boolean, nowMs: number): string {
    if (wanted !== this.#shown && (urgent || nowMs - this.#sinceMs >= LEAST_SHOWN_MS)) {
      this.#shown = wanted;
      this.#sinceMs = nowMs;
    }
    return this.#shown;
  }
}
