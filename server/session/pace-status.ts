import type { PublicStatus } from '../../protocol/status.ts';
import type { Policy } from '../policy/shape.ts';
import type { StatusTrack } from './state.ts';

export const silent: StatusTrack = { sent: null, sentAtMs: 0, hint: null, hintSinceMs: 0 };

/**
 * The status that is sent now, or null. It is sent at once when phase, hint, challenge or colour change, otherwise at
 * most once in `statusEveryMs` (SPEC R22). A hint stays for `hintHoldMs`, so that it can be read, unless the phase or
 * the challenge changes. Progress does not fall within a phase.
 */
export function paceStatus(
  track: StatusTrack,
  wanted: PublicStatus,
  atMs: number,
  policy: Policy,
): readonly [StatusTrack, PublicStatus | null] {
  const { sent } = track;
  const newMoment =
    sent === null ||
    sent.phase !== wanted.phase ||
    sent.challenge?.number !== wanted.challenge?.number ||
    sent.challenge?.kind !== wanted.challenge?.kind ||
    sent.flash?.number !== wanted.flash?.number;
  const held = !newMoment && track.hint !== null && atMs - track.hintSinceMs < policy.hintHoldMs;
  const hint = held ? track.hint : (wanted.hint ?? null);
  const progress = sent?.phase === wanted.phase ? Math.max(sent.progress, wanted.progress) : wanted.progress;
  const { hint: _, ...rest } = wanted;
  const status: PublicStatus = { ...rest, progress, ...(hint === null ? {} : { hint }) };

  const urgent = newMoment || hint !== track.hint;
  const due = sent === null || atMs - track.sentAtMs >= policy.statusEveryMs;
  if (!urgent && (!due || same(sent, status))) return [track, null];
  const hintSinceMs = newMoment || hint !== track.hint ? atMs : track.hintSinceMs;
  return [{ sent: status, sentAtMs: atMs, hint, hintSinceMs }, status];
}

function same(a: PublicStatus | null, b: PublicStatus): boolean {
  return (
    a !== null &&
    a.progress === b.progress &&
    a.face?.x === b.face?.x &&
    a.face?.y === b.face?.y &&
    a.face?.width === b.face?.width &&
    a.face?.height === b.face?.height &&
    a.challenge?.remainingMs === b.challenge?.remainingMs &&
    a.challenge?.skippable === b.challenge?.skippable
  );
}
