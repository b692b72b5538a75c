import type { ReactiveController, ReactiveControllerHost } from 'lit';
import {
  announce,
  announcementDueInMs,
  type Announcement,
  settleAnnouncement,
  SILENCE,
} from './announcer.ts';
import { firstHint, type HeldHint, hintDueInMs, settleHint, requestHint } from './hint-holder.ts';

/**
 * Keeps the shown line and the spoken line for as long as they need. Requests an update of the host when the next line
 * is due.
 */
export class LineHolder implements ReactiveController {
  readonly #host: ReactiveControllerHost;
  #held: HeldHint<string> | null = null;
  #previous: string | null = null;
  #announcement: Announcement = SILENCE;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(host: ReactiveControllerHost) {
    this.#host = host;
    host.addController(this);
  }

  hostDisconnected(): void {
    clearTimeout(this.#timer);
  }

  /** The line to show. */
  get shown(): string {
    return this.#held?.shown ?? '';
  }

  /** The line that is fading out, or null. */
  get leaving(): string | null {
    return this.#previous;
  }

  /** The line for the live region. */
  get spoken(): string {
    return this.#announcement.spoken;
  }

  /** Requests that a line is shown. */
  show(line: string): void {
    const nowMs = performance.now();
    this.#hold(this.#held === null ? firstHint(line, nowMs) : requestHint(this.#held, line, nowMs));
    this.#schedule();
  }

  /** Forgets the shown line, so that the next one is shown at once. */
  clear(): void {
    this.#held = null;
    this.#previous = null;
  }

  /** Requests that a line is spoken. An `urgent` line does not wait for the one before it. */
  speak(line: string, urgent: boolean): void {
    this.#announcement = announce(this.#announcement, line, urgent, performance.now());
    this.#host.requestUpdate();
    this.#schedule();
  }

  #hold(next: HeldHint<string>): void {
    if (this.#held !== null && next.shown !== this.#held.shown) this.#previous = this.#held.shown;
    this.#held = next;
    this.#host.requestUpdate();
  }

  #schedule(): void {
    clearTimeout(this.#timer);
    const nowMs = performance.now();
    const dues = [
      this.#held === null ? null : hintDueInMs(this.#held, nowMs),
      announcementDueInMs(this.#announcement, nowMs),
    ].filter((due) => due !== null);
    if (dues.length > 0) this.#timer = setTimeout(() => this.#settle(), Math.min(...dues));
  }

  #settle(): void {
    const nowMs = performance.now();
    this.#announcement = settleAnnouncement(this.#announcement, nowMs);
    if (this.#held !== null) this.#hold(settleHint(this.#held, nowMs));
    this.#host.requestUpdate();
    this.#schedule();
  }
}
