import type { ChallengeKind, PublicStatus } from '../../protocol/status.ts';
import { ALICE, type Identity, type Look, type Script } from './analysis-builder.ts';

const REACTION_MS = 450;
const GESTURE_MS = 400;
const HOLD_MS = 600;
/** Lids close, stay closed, and open again. */
const BLINK = { closeMs: 90, closedMs: 90, openMs: 130 };
const BLINK_MS = BLINK.closeMs + BLINK.closedMs + BLINK.openMs;
const CLOSED = 0.4;
const RESPONSE_MS = 2_000;
/** Somebody whose answer was not noticed gives it again. */
const REPEAT_MS = 2_500;

export interface SubjectOptions {
  readonly identity?: Identity;
  /** Blinks of the subject's own accord, one every so often; null for none. */
  readonly blinkEveryMs?: number | null;
  readonly reactionMs?: number;
  /** What the subject does when told `kind`; null does nothing. */
  readonly answer?: (kind: ChallengeKind) => ChallengeKind | null;
  readonly look?: Look;
}

/** A cooperative subject: sits still, blinks now and then, and does what the status says, with a human delay. */
export function subject(options: SubjectOptions = {}): Script {
  const {
    identity = ALICE,
    blinkEveryMs = 2_700,
    reactionMs = REACTION_MS,
    answer = (kind) => kind,
  } = options;
  let startedMs: number | null = null;
  let told: { readonly key: string; readonly kind: ChallengeKind; readonly atMs: number } | null = null;
  return (atMs, status) => {
    startedMs ??= atMs;
    const key = challengeKey(status);
    if (key === null && told !== null && atMs - told.atMs > RESPONSE_MS) told = null;
    // Who is in the middle of a gesture finishes it first.
    const actingMs = told === null ? -1 : atMs - told.atMs - reactionMs;
    const isBusy = told?.kind !== 'blink' && actingMs > 0 && actingMs < 2 * GESTURE_MS + HOLD_MS;
    if (key !== null && status?.challenge !== undefined && told?.key !== key && !isBusy)
      told = { key, kind: status.challenge.kind, atMs };
    const doing = told === null ? null : answer(told.kind);
    const sinceMs = told === null ? 0 : (atMs - told.atMs) % REPEAT_MS;
    const response = told === null || doing === null ? {} : respond(doing, sinceMs - reactionMs);
    const spontaneous =
      blinkEveryMs !== null && (atMs - startedMs) % blinkEveryMs > blinkEveryMs - BLINK_MS
        ? blinkLook(((atMs - startedMs) % blinkEveryMs) - (blinkEveryMs - BLINK_MS))
        : {};
    return { identity, ...options.look, ...spontaneous, ...response };
  };
}

function challengeKey(status: PublicStatus | null): string | null {
  return status?.challenge === undefined ? null : `${status.challenge.number} ${status.challenge.kind}`;
}

function respond(kind: ChallengeKind, sinceMs: number): Look {
  if (sinceMs < 0) return {};
  if (kind === 'blink') return blinkLook(sinceMs);
  const there = Math.min(1, sinceMs / GESTURE_MS);
  const back = Math.min(1, Math.max(0, sinceMs - GESTURE_MS - HOLD_MS) / GESTURE_MS);
  return gesture(kind, there - back);
}

/** The lids at a time since the blink began. */
export function blinkLook(sinceMs: number): Look {
  const { closeMs, closedMs } = BLINK;
  if (sinceMs < 0 || sinceMs > BLINK_MS) return {};
  const closed = Math.min(1, sinceMs / closeMs, (BLINK_MS - sinceMs) / (BLINK_MS - closeMs - closedMs));
  return { openness: 1 - (1 - CLOSED) * closed };
}

/** A gesture done by `share`, 0 at rest. */
export function gesture(kind: Exclude<ChallengeKind, 'blink'>, share: number): Look {
  switch (kind) {
    case 'turn-left':
      return { yawDeg: 28 * share };
    case 'turn-right':
      return { yawDeg: -28 * share };
    case 'look-up':
      return { pitchDeg: -17 * share };
    case 'look-down':
      return { pitchDeg: 17 * share };
    case 'smile':
      return { mouth: { width: 0.53 * (1 + 0.17 * share), cornerLift: -0.01 + 0.03 * share } };
    case 'open-mouth':
      return { mouth: { opening: 0.03 + 0.5 * share } };
    case 'come-closer':
      return { size: 200 * (1 + 0.28 * share) };
  }
}

/** A printed photograph held as still as a hand can: it sways, and its eyes stay open. */
export function photograph(identity: Identity = ALICE): Script {
  return () => ({ identity, bonaFideProbability: 0.02 });
}

/** The same photograph when no PAD network can see it for what it is. */
export function flawlessPhotograph(identity: Identity = ALICE): Script {
  return () => ({ identity });
}

/** Plays `first` until `atMs` and `second` from then on. */
export function switchAt(switchAtMs: number, first: Script, second: Script): Script {
  return (atMs, status) => (atMs < switchAtMs ? first : second)(atMs, status);
}
