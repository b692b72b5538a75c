import type { ErrorCode, Retry } from './errors.ts';
import type { ChallengeKind, Hint, Mode, Outcome, Phase, Slowness } from './status.ts';

/**
 * What a live feed carries (SPEC section 9). It is for whoever answers for the service, or for a session that was
 * created to be observed; nothing of it ever travels in veriframe.v1. No message holds a picture, an embedding or a
 * subject's id.
 */
export const LIVE_SUBPROTOCOL = 'veriframe-live.v1';

/** A landmark's place is sent as a 16-bit integer: the fraction of the picture's width or height, times this. */
export const LANDMARK_SCALE = 16_384;

/** What is known of one cue; `why` says what keeps it from being measured. Unknown is never zero. */
export type CueReading =
  | {
      readonly measured: true;
      readonly score: number;
      /** Natural logarithm; above 0 speaks for a bona fide presentation and a true claim. */
      readonly logLikelihoodRatio: number;
      readonly frames: number;
    }
  | { readonly measured: false; readonly why: string };

/** Numbers of the last analysed frame that showed a face. Angles as `Pose` has them. */
export interface FaceReading {
  /** Mean eye aspect ratio of both eyes. */
  readonly eyeOpenness: number;
  readonly yawDeg: number;
  readonly pitchDeg: number;
  readonly rollDeg: number;
}

export interface ChallengeReading {
  readonly passed: readonly ChallengeKind[];
  /** Null until they are counted out. */
  readonly of: number | null;
  /** The one under way; null before it is revealed to the client. */
  readonly current: { readonly kind: ChallengeKind; readonly stage: string } | null;
}

/** How a session ended; without outcome it was cut off, by an error where there is a code. */
export type SessionEnd =
  | { readonly outcome: Outcome; readonly reasons: readonly string[] }
  | { readonly outcome: null; readonly code: ErrorCode | null };

/** Where one session stands. Times are server milliseconds. */
export interface LiveSession {
  readonly sessionId: string;
  readonly mode: Mode;
  readonly policy: string;
  readonly startedAtMs: number;
  readonly atMs: number;
  readonly phase: Phase;
  readonly hint: Hint | null;
  /** 0..1 within the phase. */
  readonly progress: number;
  readonly challenges: ChallengeReading;
  readonly cues: Readonly<Record<string, CueReading>>;
  /** Cues without which the policy accepts nobody. */
  readonly requiredCues: readonly string[];
  /** The fused probability of a bona fide presentation and a true claim, 0..1. */
  readonly probability: number;
  readonly faceCount: number;
  /** Null when the last frame showed no face. */
  readonly face: FaceReading | null;
  /** Frames analysed a second, over the last two seconds. */
  readonly framesPerSecond: number;
  /** Frames that arrived a second, over the same time. */
  readonly framesArrivedPerSecond: number;
  /** What keeps the session from enough frames; null: it gets them, or its policy asks for no rate. */
  readonly starvedBy: Slowness | null;
  /** Null while it runs. */
  readonly end: SessionEnd | null;
}

/** Figures of the whole service. */
export interface ServiceFigures {
  readonly sessions: number;
  /** Frames analysed a second. */
  readonly framesPerSecond: number;
  /** From a frame's arrival to its result in the session, over the last ten seconds; null without frames. */
  readonly latencyMs: { readonly p50: number; readonly p95: number; readonly p99: number } | null;
  /** Frames since the start, by what became of them. */
  readonly frames: { readonly analysed: number; readonly superseded: number; readonly failed: number };
  readonly queueDepth: number;
  readonly workers: number;
  readonly busyWorkers: number;
  /** Decisions since the start. */
  readonly decisions: Readonly<Record<Outcome, number>>;
  /** 99th percentile of late timers. */
  readonly eventLoopLagMs: number;
  readonly memoryBytes: number;
}

export interface LiveHello {
  readonly type: 'hello';
  /** From `POST /v1/live`, or from `POST /v1/sessions` of a session to be observed. */
  readonly ticket: string;
}

export type LiveMessage =
  | {
      readonly type: 'welcome';
      readonly scope: 'service' | 'session';
      readonly atMs: number;
      /** Shortest time between two updates of one session. */
      readonly everyMs: number;
    }
  /** Sessions that changed. */
  | { readonly type: 'sessions'; readonly atMs: number; readonly sessions: readonly LiveSession[] }
  | { readonly type: 'service'; readonly atMs: number; readonly figures: ServiceFigures }
  /** One analysed frame of an observed session. */
  | {
      readonly type: 'look';
      readonly session: LiveSession;
      readonly seq: number;
      /** The client's own clock, as it came with the frame. */
      readonly capturedAtMs: number;
      readonly width: number;
      readonly height: number;
      /** What the quality gate asks for; null where the frame was good. */
      readonly verdict: Hint | null;
      /** 468 × (x, y) as little-endian 16-bit integers, see `LANDMARK_SCALE`; null without a face. */
      readonly landmarks: Uint8Array | null;
    }
  | {
      readonly type: 'error';
      readonly code: ErrorCode;
      readonly message: string;
      readonly retry: Retry;
      /** In how many milliseconds asking again makes sense, where that is known. */
      readonly retryAfterMs?: number;
    };
