/** How long an instruction stays before another one may replace it. */
const LEAST_SHOWN_MS = 900;

/**
 * Keeps each text long enough to be read. The newest requested text replaces the shown one when that one has had its
 * time. `urgent` texts (the challenges) are shown at once.
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
