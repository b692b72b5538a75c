import type { Policy } from '../policy/shape.ts';
import type { Evidence, MeasuredEvidence } from './evidence.ts';

/** A finding of one cue that rejects a session by itself, whatever the other cues have shown. */
interface RejectReason<Reason extends string> {
  /** What the record says. */
  readonly reason: Reason;
  readonly applies: (evidence: MeasuredEvidence, policy: Policy) => boolean;
}

/** Weaker findings of one cue that go on record beside the reasons of the decision. */
export interface Indicators<State, Indicator extends string> {
  readonly all: readonly Indicator[];
  readonly found: (state: State, policy: Policy) => readonly Indicator[];
}

/**
 * Everything that the session and the decision need to know of a cue. A cue declares what it reads: `Frame` is what it
 * reads of each analysed frame, `Session` what it reads of the session when it gives its evidence.
 * `decision/cue-table.ts` has the full types of both, and the table of all cues.
 */
export interface CueDefinition<
  State,
  Frame,
  Session,
  Reason extends string = never,
  Indicator extends string = never,
> {
  /** The state before the first frame. Plain data: a session can be cloned, stored and compared. */
  readonly initial: State;
  /** The state after one more frame. */
  readonly fold: (state: State, frame: Frame, policy: Policy) => State;
  /** What the cue has shown so far. */
  readonly evidence: (state: State, session: Session, policy: Policy) => Evidence;
  /** Null: this cue never rejects by itself. */
  readonly rejectReason: RejectReason<Reason> | null;
  /**
   * Whether the evidence, although there may be some, is too little for an accept. Absent: an accept needs no more than
   * that the cue is measured, where the policy requires it.
   */
  readonly fallsShort?: (evidence: Evidence, policy: Policy) => boolean;
  readonly indicators?: Indicators<State, Indicator>;
  /**
   * The state is about the stream of frames and not about the person. It is kept when another person takes the place of
   * the first before anything was asked.
   */
  readonly outlivesPerson?: true;
}

/** The fold of a cue that learns nothing from a frame by itself. */
export function unchanged<State>(state: State): State {
  return state;
}
