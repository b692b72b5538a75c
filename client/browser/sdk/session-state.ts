import type { Status, ChallengeStatus, FlashStatus, Mode, Outcome, Slowness } from '@veriframe/protocol';
import type { CameraPermission } from './camera.ts';
import type { FaceSessionError } from './errors.ts';
import type { Guidance } from './help/seen-face.ts';

/** What a session tells its page, in order. The last event is `decision`, `failed` or `cancelled`. */
export type FaceSessionEvent =
  | { readonly type: 'permission'; readonly permission: CameraPermission }
  | { readonly type: 'camera'; readonly stream: MediaStream; readonly label: string }
  | { readonly type: 'connecting' }
  | { readonly type: 'streaming'; readonly sessionId: string; readonly mode: Mode }
  | Readonly<Status>
  /** A challenge starts. Repeats of its status do not repeat this. */
  | ({ readonly type: 'challenge' } & ChallengeStatus)
  /**
   * The colour to show around the picture from now on, at once and never over the face; null: none any more. At most three
   * a second, so it may come later than its status.
   */
  | { readonly type: 'flash'; readonly flash: FlashStatus | null }
  /** What help on the device sees, told when it changes. It comes before the server's own hint, and as often. */
  | ({ readonly type: 'guidance' } & Guidance)
  /** Something went wrong that does not end the session. */
  | { readonly type: 'warning'; readonly error: FaceSessionError }
  | ({ readonly type: 'decision' } & FaceDecision)
  | { readonly type: 'failed'; readonly error: FaceSessionError }
  | { readonly type: 'cancelled' };

export interface FaceDecision {
  readonly outcome: Outcome;
  /** Signed, for the relying application's backend to check. Only with `accept`. */
  readonly token?: string;
  /** Whether a new session may help. */
  readonly retryable: boolean;
  /** What was too slow for a judgement: nothing that the person did. Absent: nothing was. */
  readonly cause?: Slowness;
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
      /** Null until the server has said its first. */
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

/** Whether `next` is a challenge that `previous` was not yet. */
export function isNewChallenge(
  previous: ChallengeStatus | undefined,
  next: ChallengeStatus | undefined,
): next is ChallengeStatus {
  return next !== undefined && (previous?.number !== next.number || previous.kind !== next.kind);
}
