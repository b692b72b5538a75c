/** The line for the screen reader. `announce` limits how often it changes. */
export interface Announcement {
  readonly spoken: string;
  readonly spokenAtMs: number;
  readonly waiting: string | null;
}

/**
 * How long a screen reader needs for a short sentence. Guidance that comes faster is dropped; the latest line is kept.
 */
export const SPEAK_MS = 2_500;

export const SILENCE: Announcement = { spoken: '', spokenAtMs: Number.NEGATIVE_INFINITY, waiting: null };

/**
 * Requests that `text` is spoken. An `urgent` text (a challenge, an end) is spoken at once. Guidance waits until the
 * last sentence has been spoken.
 */
export function announce(state: Announcement, text: string, urgent: boolean, nowMs: number): Announcement {
  if (text === state.spoken) return state.waiting === null ? state : { ...state, waiting: null };
  if (urgent || nowMs - state.spokenAtMs >= SPEAK_MS)
    return { spoken: text, spokenAtMs: nowMs, waiting: null };
  return { ...state, waiting: text };
}

/** Speaks the waiting line once the last one has had its time. */
export function settleAnnouncement(state: Announcement, nowMs: number): Announcement {
  if (state.waiting === null || nowMs - state.spokenAtMs < SPEAK_MS) return state;
  return { spoken: state.waiting, spokenAtMs: nowMs, waiting: null };
}

/** Milliseconds until `settleAnnouncement` changes something, or null when no line waits. */
export function announcementDueInMs({ waiting, spokenAtMs }: Announcement, nowMs: number): number | null {
  return waiting === null ? null : Math.max(0, spokenAtMs + SPEAK_MS - nowMs);
}
