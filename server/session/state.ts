import type { EmbeddingModelId, PadModelId } from '../../models/ids.ts';
import type { ErrorCode } from '../../protocol/errors.ts';
import type { FaceBox, Hint, Mode, Outcome, PublicStatus } from '../../protocol/status.ts';
import { CUE_TABLE, initialCueStates, type CueStates, type CueTable } from '../decision/cue-table.ts';
import type { ChallengeRun } from '../evidence/challenge.ts';
import type { FlashRun } from '../evidence/flash.ts';
import type { Posture } from '../evidence/gesture.ts';
import type { FrameAssessment } from '../evidence/quality-gate.ts';
import type { Anchor } from '../matching/anchor.ts';
import { emptyPool, type EmbeddingPool } from '../matching/embedding-pool.ts';
import type { MatchFinding, SessionProbe } from '../matching/match.ts';
import type { Reference } from '../matching/reference.ts';
import type { FaceRegion } from '../vision/analysis.ts';
import type { Accept, Refusal } from './effect.ts';
import type { FrameSupply } from './frame-supply.ts';
import type { SessionRequest } from './ports.ts';
import type { TrustState } from './trust.ts';

/** What a session needs to know of the server. */
export interface SessionContext {
  readonly models: {
    readonly embeddings: readonly EmbeddingModelId[];
    readonly pad: readonly PadModelId[];
    /** Whether the network for living motion is loaded; absent: no. */
    readonly motion?: boolean;
  };
  /** The cues that a session gathers; absent: all of `CUE_TABLE`. */
  readonly cues?: CueTable;
}

export function cuesOf(context: SessionContext): CueTable {
  return context.cues ?? CUE_TABLE;
}

/** A frame, by its number. Its bytes stay with the runner. */
export interface FrameTicket {
  readonly seq: number;
  readonly capturedAtMs: number;
  /** Server time. */
  readonly receivedAtMs: number;
  /** Number of the colour that the client says it showed; null: none. */
  readonly shown: number | null;
}

/**
 * The frames of a session in transit. At all times the policy's frame window is the sum of `credit`, `owedCredit`, one
 * if a frame waits, and one if a frame runs.
 */
export interface FrameFlow {
  /** -1 before the first frame. */
  readonly lastSeq: number;
  /** Frames that the client may still send. */
  readonly credit: number;
  /** Credit of replaced frames. It is returned only with the next analysed frame, which slows the client down. */
  readonly owedCredit: number;
  readonly waiting: FrameTicket | null;
  readonly turn:
    | { readonly at: 'none' }
    | { readonly at: 'requested' }
    | { readonly at: 'running'; readonly frame: FrameTicket };
  /** Unreadable pictures since the last readable one. */
  readonly undecodable: number;
  /** When the last readable picture was analysed, in server time; null: there was none. */
  readonly readableAtMs: number | null;
  /** Frames that were lost because their worker crashed or ran into its time limit. */
  readonly lost: number;
}

/** What is gathered frame by frame: the probes, and the state of each cue. */
export interface Gathered {
  readonly probes: EmbeddingPool;
  /** Null until the first challenge begins. */
  readonly anchor: Anchor | null;
  readonly cues: CueStates;
}

/** What the last analysed frame showed, and when the expensive analyses were last made. */
export interface LastLook {
  readonly atMs: number;
  readonly region: FaceRegion | null;
  readonly box: FaceBox | null;
  readonly assessment: FrameAssessment | null;
  /** Null where no face was found. */
  readonly posture: Posture | null;
  /** The latest known number of faces. */
  readonly faceCount: number;
  readonly countedAtMs: number | null;
  /** When a face was last looked for upside down. */
  readonly turnedSoughtAtMs: number | null;
  readonly embeddedAtMs: number | null;
  readonly padAtMs: number | null;
  readonly motionAtMs: number | null;
}

/** The status that the client was last sent. */
export interface StatusTrack {
  readonly sent: PublicStatus | null;
  readonly sentAtMs: number;
  readonly hint: Hint | null;
  readonly hintSinceMs: number;
}

/** What all phases between hello and the end have in common. */
export interface Live {
  readonly mode: Mode;
  readonly subject: string | null;
  /** The client shows colours when told to. */
  readonly offersFlash: boolean;
  /** The client's camera has the name of a program that poses as a camera. */
  readonly virtualCamera: boolean;
  /** Who controls the camera and holds the subject's key; `control.trust` is what has been shown of it. */
  readonly control: TrustState;
  readonly sessionDeadlineAtMs: number;
  readonly flow: FrameFlow;
  /** Without meaning where the policy asks for no rate. */
  readonly supply: FrameSupply;
  readonly look: LastLook;
  readonly gathered: Gathered;
  /** Null until they arrive. */
  readonly references: readonly Reference[] | null;
  readonly status: StatusTrack;
  /** The wake-up that the runner was asked for. */
  readonly wakeAtMs: number | null;
  /** The client has no more frames: the session is decided as soon as the last ones are analysed. */
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
  /** Postures of recent good frames. Their median becomes the rest. */
  readonly postures: readonly PostureAt[];
}

export interface ChallengingState {
  readonly phase: 'challenging';
  readonly live: Live;
  /** The face at rest, against which gestures are measured. */
  readonly rest: Posture;
  readonly run: ChallengeRun;
}

/** A request to the gallery or the store that is not answered yet. */
type Pending =
  | { readonly for: 'candidates'; readonly probe: SessionProbe }
  | { readonly for: 'storage'; readonly deadlineAtMs: number };

export interface MatchingState {
  readonly phase: 'matching';
  readonly live: Live;
  readonly rest: Posture;
  readonly deadlineAtMs: number;
  /** Null until the first colour is shown, and where none are shown. */
  readonly flash: FlashRun | null;
  readonly pending: Pending | null;
  /** Identify: what the last search found, and when it was requested. */
  readonly found: MatchFinding | null;
  readonly searchedAtMs: number | null;
}

/** An accept that is being recorded. It is final unless the reference that it rests on is no longer stored. */
export interface ConfirmingState {
  readonly phase: 'confirming';
  readonly accept: Accept;
  /** The decision in that case. */
  readonly refusal: Refusal;
}

interface DecidedState {
  readonly phase: 'decided';
  readonly atMs: number;
  readonly outcome: Outcome;
  readonly subject: string | null;
}

/** Ended without a decision: by an error, or by the client before its hello. */
interface ClosedState {
  readonly phase: 'closed';
  readonly atMs: number;
  readonly code: ErrorCode | null;
}

export type LiveState = PositioningState | ChallengingState | MatchingState;
type EndState = DecidedState | ClosedState;
export type SessionState = HelloState | LiveState | ConfirmingState | EndState;

/** A session before its hello. States are plain data: they can be cloned, stored and compared. */
export function initialState(request: SessionRequest, atMs: number): SessionState {
  return {
    phase: 'hello',
    mode: request.mode,
    subject: request.subject,
    createdAtMs: atMs,
    references: null,
  };
}

export function emptyGathered(table: CueTable): Gathered {
  return { probes: emptyPool, anchor: null, cues: initialCueStates(table) };
}

export const nothingSeen: LastLook = {
  atMs: 0,
  region: null,
  box: null,
  assessment: null,
  posture: null,
  faceCount: 0,
  countedAtMs: null,
  turnedSoughtAtMs: null,
  embeddedAtMs: null,
  padAtMs: null,
  motionAtMs: null,
};

export function isLive(state: SessionState): state is LiveState {
  return state.phase === 'positioning' || state.phase === 'challenging' || state.phase === 'matching';
}

/** The same state with changes to its live part. */
export function withLive<State extends LiveState>(state: State, change: Partial<Live>): State {
  return { ...state, live: { ...state.live, ...change } };
}
