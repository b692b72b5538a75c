/** How many challenges a session asks for, by what it has shown. All values are log-likelihood ratios but the shares. */
export interface SequencePolicy {
  /** No further challenge is asked for once the passed ones and the other cues together reach this. */
  readonly convincing: number;
  /** What the other cues may contribute, together. */
  readonly maxPassive: number;
  /** A gesture that begins later than this after its prompt is half the evidence. */
  readonly promptMs: number;
  readonly lateShare: number;
  /** Taken off for each skip, each answer whose course was not seen, and each early start. */
  readonly doubt: number;
  /** Added when the camera is attested, and when the subject's own device signed the session. */
  readonly trust: number;
  /** One challenge more is asked for in this share of the sessions, whatever they show. */
  readonly oneMoreShare: number;
}

/**
 * Two prompt moves of the head are worth 4.5. With the PAD networks, a living face adds 2 to 3; the motion network and
 * the depth parallax add up to 2.3. So two challenges convince where the PAD networks are loaded and sure, and three
 * without them. A recording that begins its moves at any time begins a given one within `promptMs` less often than
 * within the whole time for an answer, by a factor of two to three. `oneMoreShare` hides from a client what the number
 * of challenges says of its pictures. With one doubt, two challenges convince in no case: 4.5 + 3.5 − 1.8 < 6.5. Starting
 * values; `npm run bench:gestures` prints the times they lead to.
 */
export const sequence: SequencePolicy = {
  convincing: 6.5,
  maxPassive: 3.5,
  promptMs: 1_600,
  lateShare: 0.5,
  doubt: 1.8,
  trust: 2,
  oneMoreShare: 0.15,
};
