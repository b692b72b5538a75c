import type { ErrorCode, Retry } from './errors.ts';
import type { ChallengeKind, Hint, Mode, Outcome, Phase, Slowness } from './status.ts';

/**
 * Subprotocol of a live feed (SPEC section 9). The feed is for the operator of the service, or for a session that was
 * created to be observed. None of its data is sent over veriframe.v1. No message contains a picture, an embedding or a
 * subject's id.
 */
export const LIVE_SUBPROTOCOL = 'veriframe-live.v1';

/** A landmark's coordinate is a 16-bit integer: the fraction of the picture's width or height, times this scale. */
export const LANDMARK_SCALE = 16_384;

/** The state of one cue. `why` says why it is not measured. Unmeasured evidence is never a zero. */
export type CueReading =
  | {
      readonly measured: true;
      readonly score: number;
      /**
       * Natural logarithm of the likelihood ratio. A value above 0 speaks for a bona fide presentation and a true
       * claim.
       */
      readonly logLikelihoodRatio: number;
      readonly frames: number;
    }
  | { readonly measured: false; readonly why: string };

/** Values of the last analysed frame with a face. Angles have the signs of the server's `Pose`. */
export interface FaceReading {
  /** Mean eye aspect ratio of both eyes. */
  readonly eyeOpenness: number;
  readonly yawDeg: number;
  readonly pitchDeg: number;
  readonly rollDeg: number;
}

export interface ChallengeReading {
  readonly passed: readonly ChallengeKind[];
  /** Null until the number of challenges is chosen. */
  readonly of: number | null;
  /** The present challenge. Null before it is revealed to the client. */
  readonly current: { readonly kind: ChallengeKind; readonly stage: string } | null;
}

/** The end of a session. A session without an outcome was cut off; `code` names the error, if there was one. */
export type SessionEnd =
  | { readonly outcome: Outcome; readonly reasons: readonly string[] }
  | { readonly outcome: null; readonly code: ErrorCode | null };

/** The state of one session. Times are in milliseconds of the server's clock. */
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
  /** Cues that the policy requires for an accept. */
  readonly requiredCues: readonly string[];
  /** The fused probability of a bona fide presentation and a true claim, 0..1. */
  readonly probability: number;
  readonly faceCount: number;
  /** Null when the last frame showed no face. */
  readonly face: FaceReading | null;
  /** Analysed frames a second, over the last two seconds. */
  readonly framesPerSecond: number;
  /** Received frames a second, over the last two seconds. */
  readonly framesArrivedPerSecond: number;
  /** What keeps the frame rate of the session too low. Null: the rate is high enough, or the policy requires none. */
  readonly starvedBy: Slowness | null;
  /** Null while the session runs. */
  readonly end: SessionEnd | null;
}

/** Figures of the whole service. */
export interface ServiceFigures {
  readonly sessions: number;
  /** Analysed frames a second. */
  readonly framesPerSecond: number;
  /** Time from a frame's arrival to its result in the session, over the last ten seconds. Null without frames. */
  readonly latencyMs: { readonly p50: number; readonly p95: number; readonly p99: number } | null;
  /** Number of frames since the start, by their result. */
  readonly frames: { readonly analysed: number; readonly superseded: number; readonly failed: number };
  readonly queueDepth: number;
  readonly workers: number;
  readonly busyWorkers: number;
  /** Decisions since the start. */
  readonly decisions: Readonly<Record<Outcome, number>>;
  /** 99th percentile of the delay of timers. */
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
  /** The sessions that have changed. */
  | { readonly type: 'sessions'; readonly atMs: number; readonly sessions: readonly LiveSession[] }
  | { readonly type: 'service'; readonly atMs: number; readonly figures: ServiceFigures }
  /** One analysed frame of an observed session. */
  | {
      readonly type: 'look';
      readonly session: LiveSession;
      readonly seq: number;
      /** Time of capture on the client's clock, as sent with the frame. */
      readonly capturedAtMs: number;
      readonly width: number;
      readonly height: number;
      /** The hint of the quality gate. Null: the frame was good. */
      readonly verdict: Hint | null;
      /** 468 × (x, y) as little-endian 16-bit integers, see `LANDMARK_SCALE`. Null without a face. */
      readonly landmarks: Uint8Array | null;
    }
  | {
      readonly type: 'error';
      readonly code: ErrorCode;
      readonly message: string;
      readonly retry: Retry;
      /** Milliseconds after which a new attempt makes sense, where that is known. */
      readonly retryAfterMs?: number;
    };
