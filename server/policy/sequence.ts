/**
 * How many challenges a session asks for, by what it has shown. All values are log-likelihood ratios but the shares.
 */
export interface SequencePolicy {
  /**
   * A session begins with at least this many, unless the camera is attested or the subject's own device has signed:
   * then with the policy's `minCount`.
   */
  readonly minUnvouched: number;
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
 * the depth parallax add up to 2.3. A recording of an accepted session shows all of that too, and needs only the right
 * draw: with three draws, 2.3 % of 300 had it, with four .3 to 1 % (`npm run evaluate -- pad`). Hence four, whatever
 * the pictures show, where nothing but them speaks for the person. A recording that begins its moves at any time begins
 * a given one within `promptMs` less often than within the whole time for an answer, by a factor of two to three.
 * `oneMoreShare` hides from a client what the number of challenges says of its pictures. With one doubt, two challenges
 * convince in no case: 4.5 + 3.5 − 1.8 < 6.5. Starting values; `npm run bench:gestures` prints the times they lead to.
 */
export const sequence: SequencePolicy = {
  minUnvouched: 4,
  convincing: 6.5,
  maxPassive: 3.5,
  promptMs: 1_600,
  lateShare: 0.5,
  doubt: 1.8,
  trust: 2,
  oneMoreShare: 0.15,
};
