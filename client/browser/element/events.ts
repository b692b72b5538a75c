import type { ChallengeStatus, DecisionCause, Mode, Outcome, PublicStatus } from '@veriframe/protocol';
import type { CameraPermission } from '../sdk/camera.ts';
import type { FaceSessionErrorCode } from '../sdk/errors.ts';
import type { FaceSessionEvent, KeyResult } from '../sdk/session-state.ts';

/** The `detail` of each event of the element. */
export interface FaceAuthEventDetails {
  /** The element has been rendered and can be started. */
  ready: null;
  permission: { readonly permission: CameraPermission };
  connecting: null;
  streaming: { readonly sessionId: string; readonly mode: Mode };
  /** The device was asked for a key of the person's, and has answered. */
  key: { readonly result: KeyResult };
  status: PublicStatus;
  challenge: ChallengeStatus;
  passed: { readonly mode: Mode; readonly token: string | null };
  failed: {
    readonly mode: Mode;
    readonly outcome: Exclude<Outcome, 'accept'>;
    readonly retryable: boolean;
    /** What was too slow for a decision, or is missing. Absent: neither. */
    readonly cause?: DecisionCause;
  };
  error: { readonly code: FaceSessionErrorCode; readonly message: string; readonly retryable: boolean };
  cancel: null;
}

export type FaceAuthEvent = {
  [Type in keyof FaceAuthEventDetails]: { readonly type: Type; readonly detail: FaceAuthEventDetails[Type] };
}[keyof FaceAuthEventDetails];

/** The element's event for an event of its session, or null when the page gets none. */
export function pageEventOf(event: FaceSessionEvent, mode: Mode): FaceAuthEvent | null {
  switch (event.type) {
    case 'permission':
      return { type: 'permission', detail: { permission: event.permission } };
    case 'connecting':
      return { type: 'connecting', detail: null };
    case 'streaming':
      return { type: 'streaming', detail: { sessionId: event.sessionId, mode: event.mode } };
    case 'status': {
      const { phase, progress, hint, face, challenge, flash } = event;
      return {
        type: 'status',
        detail: {
          phase,
          progress,
          ...(hint === undefined ? {} : { hint }),
          ...(face === undefined ? {} : { face }),
          ...(challenge === undefined ? {} : { challenge }),
          ...(flash === undefined ? {} : { flash }),
        },
      };
    }
    case 'key-answered':
      return { type: 'key', detail: { result: event.result } };
    case 'challenge': {
      const { kind, number, of, remainingMs, skippable } = event;
      return { type: 'challenge', detail: { kind, number, of, remainingMs, skippable } };
    }
    case 'decision':
      return event.outcome === 'accept'
        ? { type: 'passed', detail: { mode, token: event.token ?? null } }
        : {
            type: 'failed',
            detail: {
              mode,
              outcome: event.outcome,
              retryable: event.retryable,
              ...(event.cause === undefined ? {} : { cause: event.cause }),
            },
          };
    case 'failed': {
      const { code, message, retryable } = event.error;
      return { type: 'error', detail: { code, message, retryable } };
    }
    case 'cancelled':
      return { type: 'cancel', detail: null };
    case 'camera':
    case 'key-asked':
    case 'guidance':
    case 'flash':
    case 'warning':
      return null;
  }
}
