import type {
  Status,
  ChallengeStatus,
  DecisionCause,
  FlashStatus,
  Mode,
  Outcome,
  Phase,
  PossessionRequest,
} from '@veriframe/protocol';
import type { CameraPermission } from './camera.ts';
import type { FaceSessionError } from './errors.ts';
import type { PlacementAdvice } from './help/placement-advice.ts';

/** The events of a session, in order. The last one is `decision`, `failed` or `cancelled`. */
export type FaceSessionEvent =
  | { readonly type: 'permission'; readonly permission: CameraPermission }
  | { readonly type: 'camera'; readonly stream: MediaStream; readonly label: string }
  | { readonly type: 'connecting' }
  | { readonly type: 'streaming'; readonly sessionId: string; readonly mode: Mode }
  /** The device asks the person for a key: nothing is streamed until it has answered. */
  | { readonly type: 'key-asked'; readonly task: PossessionRequest['task'] }
  | { readonly type: 'key-answered'; readonly result: KeyResult }
  | Readonly<Status>
  /** A challenge starts. It is sent once per challenge, although several statuses name the challenge. */
  | ({ readonly type: 'challenge' } & ChallengeStatus)
  /**
   * The colour to show around the picture from now on, at once and never over the face. Null: none from now on. At most
   * three changes a second, so the event may come later than the status that names the colour.
   */
  | { readonly type: 'flash'; readonly flash: FlashStatus | null }
  /** The advice of help on the device. It is sent when it changes, and usually comes before the server's own hint. */
  | ({ readonly type: 'guidance' } & PlacementAdvice)
  /** Something went wrong that does not end the session. */
  | { readonly type: 'warning'; readonly error: FaceSessionError }
  | ({ readonly type: 'decision' } & FaceDecision)
  | { readonly type: 'failed'; readonly error: FaceSessionError }
  | { readonly type: 'cancelled' };

/** `asserted`: a key has signed. `registered`: a key was made, which an accept stores. Otherwise there is no answer. */
export type KeyResult = 'asserted' | 'registered' | 'declined';

export interface FaceDecision {
  readonly outcome: Outcome;
  /** Signed token, which the backend of the relying application checks. Only with `accept`. */
  readonly token?: string;
  /** Whether a new session may help. */
  readonly retryable: boolean;
  /**
   * What was too slow for a decision, or which demanded proof is missing; the person's face is not the cause. Absent:
   * neither.
   */
  readonly cause?: DecisionCause;
}

/** How a session ended. */
export type FaceSessionEnd = Extract<FaceSessionEvent, { type: 'decision' | 'failed' | 'cancelled' }>;

export type FaceSessionState =
  | { readonly kind: 'starting' }
  | { readonly kind: 'permission'; readonly permission: CameraPermission }
  | { readonly kind: 'connecting' }
  | {
      readonly kind: 'streaming';
      readonly sessionId: string;
      readonly mode: Mode;
      /** Null until the server has sent the first status. */
      readonly status: Readonly<Status> | null;
    }
  | { readonly kind: 'ended'; readonly end: FaceSessionEnd };

/** The state after `event`. An ended session stays ended. */
export function nextSessionState(state: FaceSessionState, event: FaceSessionEvent): FaceSessionState {
  if (state.kind === 'ended') return state;
  switch (event.type) {
    case 'permission':
      return { kind: 'permission', permission: event.permission };
    case 'camera':
    case 'connecting':
      return { kind: 'connecting' };
    case 'streaming':
      return { kind: 'streaming', sessionId: event.sessionId, mode: event.mode, status: null };
    case 'status':
      return state.kind === 'streaming' ? { ...state, status: event } : state;
    case 'challenge':
    case 'key-asked':
    case 'key-answered':
    case 'flash':
    case 'guidance':
    case 'warning':
      return state;
    case 'decision':
    case 'failed':
    case 'cancelled':
      return { kind: 'ended', end: event };
  }
}

/** Whether `next` is another challenge than `previous`. */
export function isNewChallenge(
  previous: ChallengeStatus | undefined,
  next: ChallengeStatus | undefined,
): next is ChallengeStatus {
  return next !== undefined && (previous?.number !== next.number || previous.kind !== next.kind);
}

/** Whether the face is still being found and placed. Afterwards every picture is evidence. */
export function isPlacementPhase(phase: Phase): boolean {
  return phase === 'hello' || phase === 'positioning';
}
