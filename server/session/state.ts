import type { ErrorCode } from '../../protocol/errors.ts';
import type { ChallengeKind, FaceBox, Hint, Mode, Outcome, PublicStatus } from '../../protocol/status.ts';
import type { EmbeddingModelId, PadModelId } from '../../models/ids.ts';
import { initialBlink, type BlinkState } from '../evidence/blink.ts';
import type { ChallengeFailure, ChallengeRun } from '../evidence/challenge.ts';
import { initialContinuity, type ContinuityState } from '../matching/continuity.ts';
import { initialDepth, type DepthState } from '../evidence/depth.ts';
import { emptyPool, type EmbeddingPool } from '../matching/embedding-pool.ts';
import type { FlashRun } from '../evidence/flash.ts';
import type { Posture } from '../evidence/gesture.ts';
import { initialInjection, type InjectionState } from '../evidence/injection.ts';
import type { MatchFinding } from '../matching/match.ts';
import { initialMotion, type MotionState } from '../evidence/motion.ts';
import { initialPassivePad, type PassivePadState } from '../evidence/passive-pad.ts';
import { initialPlanarity, type PlanarityState } from '../evidence/planarity.ts';
import { initialQuality, type QualityState, type Verdict } from '../evidence/quality-gate.ts';
import type { Embeddings, FaceRegion } from '../vision/analysis.ts';
import type { Accept, Refusal } from './effect.ts';
import type { Reference } from '../matching/reference.ts';
import type { FrameSupply } from './frame-supply.ts';
import type { SessionRequest } from './ports.ts';

/** What the session knows of the server it runs on. */
export interface SessionContext {
  readonly models: {
    readonly embeddings: readonly EmbeddingModelId[];
    readonly pad: readonly PadModelId[];
    /** Whether living motion can be judged; absent: no. */
    readonly motion?: boolean;
  };
}

/** A frame known by its number; its bytes stay with the runner. */
export interface FrameTicket {
  readonly seq: number;
  readonly capturedAtMs: number;
  /** Server time. */
  readonly receivedAtMs: number;
  /** Number of the colour the client says it showed; null for none. */
  readonly shown: number | null;
}

/**
 * The way of frames through the session. At all times `credit` + `owedCredit` + (one if a frame waits) + (one if
 * one runs) is the policy's frame window.
 */
export interface FrameFlow {
  /** -1 before the first frame. */
  readonly lastSeq: number;
  /** Frames the client may still send. */
  readonly credit: number;
  /** Credit of replaced frames, returned with the next analysed one: that is what slows a client down. */
  readonly owedCredit: number;
  readonly waiting: FrameTicket | null;
  readonly turn:
    | { readonly at: 'none' }
    | { readonly at: 'requested' }
    | { readonly at: 'running'; readonly frame: FrameTicket };
  readonly undecodable: number;
  /** Frames that took their worker with them, or ran into its time limit. */
  readonly lost: number;
}

/** Challenges over the session. `of` is null until they are counted out, 0 where the policy draws none. */
export interface ChallengeLog {
  readonly of: number | null;
  readonly passed: readonly ChallengeKind[];
  readonly skipped: readonly ChallengeKind[];
  readonly failure: ChallengeFailure | null;
}

/** All accumulators. */
export interface Gathered {
  readonly probes: EmbeddingPool;
  readonly quality: QualityState;
  readonly blink: BlinkState;
  readonly continuity: ContinuityState;
  readonly passivePad: PassivePadState;
  readonly motion: MotionState;
  readonly injection: InjectionState;
  readonly planarity: PlanarityState;
  readonly depth: DepthState;
  readonly challenges: ChallengeLog;
}

/** What the last analysed frame showed, and when the expensive looks were last taken. */
export interface LastLook {
  readonly atMs: number;
  readonly region: FaceRegion | null;
  readonly box: FaceBox | null;
  readonly verdict: Verdict | null;
  /** Null where no face was found. */
  readonly posture: Posture | null;
  /** Latest known number of faces. */
  readonly faceCount: number;
  readonly countedAtMs: number | null;
  readonly embeddedAtMs: number | null;
  readonly padAtMs: number | null;
  readonly motionAtMs: number | null;
}

/** What was last said to the client. */
export interface StatusTrack {
  readonly sent: PublicStatus | null;
  readonly sentAtMs: number;
  readonly hint: Hint | null;
  readonly hintSinceMs: number;
}

/** What all phases share between hello and the end. */
export interface Live {
  readonly mode: Mode;
  readonly subject: string | null;
  /** The client shows colours when told to. */
  readonly offersFlash: boolean;
  readonly sessionDeadlineAtMs: number;
  readonly flow: FrameFlow;
  /** Means nothing where the policy asks for no rate. */
  readonly supply: FrameSupply;
  readonly look: LastLook;
  readonly gathered: Gathered;
  /** Null until they arrive. */
  readonly references: readonly Reference[] | null;
  readonly status: StatusTrack;
  /** The wake-up the runner holds for us. */
  readonly wakeAtMs: number | null;
  /** The client has no more frames: decide as soon as those at hand are analysed. */
  readonly ending: boolean;
}

export interface PostureAt {
  readonly atMs: number;
  readonly posture: Posture;
}

export interface HelloState {
  readonly phase: 'hello';
  readonly mode: Mode;
  readonly subject: string | null;
  readonly createdAtMs: number;
  readonly references: readonly Reference[] | null;
}

export interface PositioningState {
  readonly phase: 'positioning';
  readonly live: Live;
  readonly deadlineAtMs: number;
  /** Good frames of late; their median becomes the rest. */
  readonly postures: readonly PostureAt[];
}

export interface ChallengingState {
  readonly phase: 'challenging';
  readonly live: Live;
  /** The subject at rest, against which gestures are measured. */
  readonly rest: Posture;
  readonly run: ChallengeRun;
}

/** A question put to the gallery or the store. */
export type Pending =
  | { readonly for: 'candidates'; readonly probe: Embeddings; readonly probes: number }
  | { readonly for: 'storage'; readonly deadlineAtMs: number };

export interface MatchingState {
  readonly phase: 'matching';
  readonly live: Live;
  readonly rest: Posture;
  readonly deadlineAtMs: number;
  /** Null until the first colour, and where none are shown. */
  readonly flash: FlashRun | null;
  readonly pending: Pending | null;
  /** Identify: what the last search found, and when it was asked for. */
  readonly found: MatchFinding | null;
  readonly searchedAtMs: number | null;
}

/** An accept that is being put on record: it is final unless the reference that it rests on is gone. */
export interface ConfirmingState {
  readonly phase: 'confirming';
  readonly accept: Accept;
  /** What it is otherwise. */
  readonly refusal: Refusal;
}

export interface DecidedState {
  readonly phase: 'decided';
  readonly atMs: number;
  readonly outcome: Outcome;
  readonly subject: string | null;
}

/** Ended without a decision: by an error, or by the client before it said hello. */
export interface ClosedState {
  readonly phase: 'closed';
  readonly atMs: number;
  readonly code: ErrorCode | null;
}

export type LiveState = PositioningState | ChallengingState | MatchingState;
export type EndState = DecidedState | ClosedState;
export type SessionState = HelloState | LiveState | ConfirmingState | EndState;

/** A session before its hello. Plain data: it can be cloned, stored and compared. */
export function initialState(request: SessionRequest, atMs: number): SessionState {
  return {
    phase: 'hello',
    mode: request.mode,
    subject: request.subject,
    createdAtMs: atMs,
    references: null,
  };
}

export const emptyGathered: Gathered = {
  probes: emptyPool,
  quality: initialQuality,
  blink: initialBlink,
  continuity: initialContinuity,
  passivePad: initialPassivePad,
  motion: initialMotion,
  injection: initialInjection,
  planarity: initialPlanarity,
  depth: initialDepth,
  challenges: { of: null, passed: [], skipped: [], failure: null },
};

export const nothingSeen: LastLook = {
  atMs: 0,
  region: null,
  box: null,
  verdict: null,
  posture: null,
  faceCount: 0,
  countedAtMs: null,
  embeddedAtMs: null,
  padAtMs: null,
  motionAtMs: null,
};

export function isLive(state: SessionState): state is LiveState {
  return state.phase === 'positioning' || state.phase === 'challenging' || state.phase === 'matching';
}

/** The same phase with another live part. */
export function withLive<State extends LiveState>(state: State, change: Partial<Live>): State {
  return { ...state, live: { ...state.live, ...change } };
}
