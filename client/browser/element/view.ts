import type {
  Status,
  ChallengeKind,
  ChallengeStatus,
  DecisionCause,
  FaceBox,
  Hint,
  Phase,
} from '@veriframe/protocol';
import type { FaceSessionErrorCode } from '../sdk/errors.ts';
import { type FaceSessionEvent, isPlacementPhase } from '../sdk/session-state.ts';
import { type ChallengeDrawing, CHALLENGE_DRAWINGS } from './challenge-drawings.ts';
import { directionToCentre, type RingState } from './ring.ts';

/** What the person sees. */
export type View =
  | { readonly screen: 'start' }
  | { readonly screen: 'permission' }
  | {
      readonly screen: 'connecting';
      /** The browser asks the person for a key. */
      readonly asksDevice?: true;
    }
  | StreamingView
  | { readonly screen: 'passed' }
  | {
      readonly screen: 'failed';
      readonly outcome: 'reject' | 're-verify';
      readonly retryable: boolean;
      /** What was too slow or is missing, where that is the cause of the failure. */
      readonly cause: DecisionCause | null;
    }
  | { readonly screen: 'denied' }
  | { readonly screen: 'offline' }
  | { readonly screen: 'error'; readonly code: FaceSessionErrorCode; readonly retryable: boolean };

export interface StreamingView {
  readonly screen: 'streaming';
  readonly phase: Phase;
  /** The server's hint. */
  readonly hint: Hint | null;
  /** The hint of help on the device, which comes before the server's. Null when it has none or is absent. */
  readonly advised: Hint | null;
  readonly face: FaceBox | null;
  readonly challenge: ChallengeStatus | null;
  /** `#rrggbb` to show around the picture, or null. */
  readonly colour: string | null;
  /** Share of the ring that is lit. Never falls within a session, even when the face is lost. */
  readonly lit: number;
  /** How much of the present challenge is done, 0..1. */
  readonly followed: number;
}

/** The line under the stage: a hint, a challenge, or the phase when the person has nothing to do. */
export type Line =
  | { readonly of: 'hint'; readonly hint: Hint }
  | { readonly of: 'challenge'; readonly kind: ChallengeKind }
  | { readonly of: 'phase'; readonly phase: Phase };

export const START: View = { screen: 'start' };

/** The view after an event of the session. */
export function nextView(view: View, event: FaceSessionEvent): View {
  switch (event.type) {
    case 'permission':
      return { screen: event.permission === 'granted' ? 'connecting' : 'permission' };
    case 'camera':
    case 'connecting':
      return { screen: 'connecting' };
    case 'key-asked':
      return { screen: 'connecting', asksDevice: true };
    case 'streaming':
      return {
        screen: 'streaming',
        phase: 'hello',
        hint: null,
        advised: null,
        face: null,
        challenge: null,
        colour: null,
        lit: 0,
        followed: 0,
      };
    case 'status':
      return view.screen === 'streaming' ? follow(view, event) : view;
    case 'guidance':
      return view.screen === 'streaming'
        ? { ...view, advised: event.hint, face: event.face ?? view.face }
        : view;
    case 'flash':
      return view.screen === 'streaming' ? { ...view, colour: event.flash?.colour ?? null } : view;
    case 'challenge':
    case 'key-answered':
    case 'warning':
      return view;
    case 'decision':
      return event.outcome === 'accept'
        ? { screen: 'passed' }
        : {
            screen: 'failed',
            outcome: event.outcome,
            retryable: event.retryable,
            cause: event.cause ?? null,
          };
    case 'failed':
      return viewOfError(event.error.code, event.error.retryable);
    case 'cancelled':
      return START;
  }
}

function viewOfError(code: FaceSessionErrorCode, retryable: boolean): View {
  if (code === 'camera.denied') return { screen: 'denied' };
  if (code === 'connection.offline') return { screen: 'offline' };
  return { screen: 'error', code, retryable };
}

/** Share of the ring at which each phase begins and ends. */
const PHASE_ARC: Readonly<Record<Phase, readonly [number, number]>> = {
  hello: [0, 0],
  positioning: [0, 0.12],
  challenging: [0.12, 0.86],
  matching: [0.86, 0.98],
  decided: [0.98, 0.98],
};

function follow(view: StreamingView, status: Extract<FaceSessionEvent, { type: 'status' }>): StreamingView {
  const [begin, end] = PHASE_ARC[status.phase];
  const challenge = status.challenge ?? null;
  return {
    screen: 'streaming',
    phase: status.phase,
    hint: hintAfter(view.hint, status),
    // After placement a turned face or an open mouth may be the response to a challenge.
    advised: isPlacementPhase(status.phase) ? view.advised : null,
    face: status.face ?? null,
    challenge,
    colour: view.colour,
    lit: Math.max(view.lit, begin + (end - begin) * status.progress),
    followed: challenge === null ? 0 : followedShare(status.progress, challenge),
  };
}

/**
 * The hint to show next. In the short pause between two challenges the server asks to hold still. A line that changes
 * there would still be held when the next challenge is shown. So "look straight" stays until then.
 */
function hintAfter(shown: Hint | null, { phase, hint }: Pick<Status, 'phase' | 'hint'>): Hint | null {
  const isPause = phase === 'challenging' && hint === 'hold-still';
  return isPause && shown === 'look-straight' ? shown : (hint ?? null);
}

/**
 * Share of a challenge's movement that was seen. The server counts the response as half of a challenge and the return
 * to the front as the other half. The ring is full once the head has arrived.
 */
function followedShare(progress: number, { number, of }: ChallengeStatus): number {
  return Math.min(1, Math.max(0, 2 * (progress * of - (number - 1))));
}

/** The line to show now. It is the challenge, unless a hint has to be followed first. */
export function lineOf({ phase, hint, advised, challenge }: StreamingView): Line {
  // The server finds small faces that the device does not find.
  const isFar = advised === 'no-face' && hint === 'move-closer';
  if (advised !== null && !isFar) return { of: 'hint', hint: advised };
  if (hint !== null && hint !== 'do-challenge' && hint !== 'wait') return { of: 'hint', hint };
  if (challenge !== null) return { of: 'challenge', kind: challenge.kind };
  return hint === 'wait' ? { of: 'hint', hint } : { of: 'phase', phase };
}

/** Hints that the person cannot act on. The challenge stays visible beside them. */
const SLOW_HINTS: readonly Hint[] = ['connection-slow', 'service-slow'];

/** Hints that ask for no change of the picture: the face is where it should be. */
const CALM_HINTS: readonly Hint[] = [
  'hold-still',
  'look-straight',
  'do-challenge',
  'again-slower',
  'wait',
  ...SLOW_HINTS,
];

/**
 * Whether a line asks the person to change something about the picture. The oval then shows that the face does not fit.
 */
export function isGuidance(line: Line): boolean {
  return line.of === 'hint' && !CALM_HINTS.includes(line.hint);
}

/** The challenge drawing to show. Null while a hint has to be followed first. */
export function drawingOf(view: View): ChallengeDrawing | null {
  if (view.screen !== 'streaming') return null;
  const line = lineOf(view);
  if (line.of === 'hint' && SLOW_HINTS.includes(line.hint) && view.challenge !== null)
    return CHALLENGE_DRAWINGS[view.challenge.kind];
  return line.of === 'challenge' ? CHALLENGE_DRAWINGS[line.kind] : null;
}

/** What the ring shows on each screen. */
export function ringOf(view: View): RingState {
  const still: RingState = { progress: 0, gapDeg: null, trail: null, signDeg: null };
  if (view.screen === 'passed') return { ...still, progress: 1 };
  if (view.screen !== 'streaming') return still;
  const line = lineOf(view);
  const drawing = view.challenge === null ? {} : CHALLENGE_DRAWINGS[view.challenge.kind];
  return {
    progress: view.lit,
    gapDeg:
      line.of === 'hint' && line.hint === 'centre-face' && view.face !== null
        ? directionToCentre(view.face)
        : null,
    trail: drawing.beadDeg === undefined ? null : { toDeg: drawing.beadDeg, followed: view.followed },
    signDeg: signOf(drawingOf(view)),
  };
}

/** Clock angle of the drawing on the ring: the lids are at the top, the mouth is at the bottom. */
function signOf(drawing: ChallengeDrawing | null): number | null {
  if (drawing?.lids === true) return 0;
  return drawing?.mouth === undefined ? null : 180;
}

/** Whether the ring pulses: while the face is being found and placed. */
export function isBreathing(view: View): boolean {
  if (view.screen === 'permission' || view.screen === 'connecting') return true;
  return view.screen === 'streaming' && isPlacementPhase(view.phase);
}
