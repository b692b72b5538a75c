/** The line a screen reader should speak, throttled: see `announce`. */
export interface Announcement {
  readonly spoken: string;
  readonly spokenAtMs: number;
  readonly waiting: string | null;
}

/** Time a short sentence takes to be spoken; guidance that comes faster is dropped, the latest wins. */
export const SPEAK_MS = 2_500;

export const SILENCE: Announcement = { spoken: '', spokenAtMs: Number.NEGATIVE_INFINITY, waiting: null };

/**
 * Wishes for `text` to be spoken. What is `urgent` (a challenge, an end) is spoken at once; guidance waits until
 * the last sentence has been heard.
 */
export function announce(state: Announcement, text: string, urgent: boolean, nowMs: number): Announcement {
  if (text === state.spoken) return state.waiting === null ? state : { ...state, waiting: null };
  if (urgent || nowMs - state.spokenAtMs >= SPEAK_MS)
    return { spoken: text, spokenAtMs: nowMs, waiting: null };
  return { ...state, waiting: text };
}

/** Speaks what waits once its time has come. */
export function settleAnnouncement(state: Announcement, nowMs: number): Announcement {
  if (state.waiting === null || nowMs - state.spokenAtMs < SPEAK_MS) return state;
  return { spoken: state.waiting, spokenAtMs: nowMs, waiting: null };
}

/** How long until `settleAnnouncement` changes something, or null when nothing waits. */
export function announcementDueInMs({ waiting, spokenAtMs }: Announcement, nowMs: number): number | null {
  return waiting === null ? null : Math.max(0, spokenAtMs + SPEAK_MS - nowMs);
}
