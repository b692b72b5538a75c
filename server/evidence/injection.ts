import type { InjectionPolicy } from '../decision/policy-shape.ts';
import type { FaceAnalysis } from '../vision/analysis.ts';
import type { Evidence } from './evidence.ts';
import { summedLlr, worstSeverity, type InjectionSign } from './injection-signs.ts';
import { faceOf, type Sample } from './sample.ts';

interface Digest {
  readonly atMs: number;
  readonly digest: string;
}

/** Landmark coordinates in eye distances, about the frame's origin, at one moment. */
interface Posture {
  readonly atMs: number;
  readonly coordinates: readonly number[];
}

export interface InjectionState {
  readonly digests: readonly Digest[];
  /** The run of identical pictures that the last frame belongs to. */
  readonly runStartMs: number;
  readonly runFrames: number;
  readonly loopedFrames: number;
  /** Pictures that another session has shown. */
  readonly replayedFrames: number;
  readonly postures: readonly Posture[];
  readonly signs: readonly InjectionSign[];
  readonly firstCapture: { readonly atMs: number; readonly capturedAtMs: number } | null;
  readonly lastCapturedAtMs: number;
  readonly frames: number;
  readonly lastAtMs: number;
}

export const initialInjection: InjectionState = {
  digests: [],
  runStartMs: 0,
  runFrames: 0,
  loopedFrames: 0,
  replayedFrames: 0,
  postures: [],
  signs: [],
  firstCapture: null,
  lastCapturedAtMs: 0,
  frames: 0,
  lastAtMs: 0,
};

/** Nose tip, forehead, chin, cheeks, eye corners, mouth corners: points that move with any life in a face. */
const LANDMARKS = [4, 10, 152, 234, 454, 33, 133, 263, 362, 61, 291, 13, 14];

/** Folds one frame that shows a face; a camera that is covered may well send the same black picture twice. */
export function foldInjection(
  state: InjectionState,
  sample: Sample,
  policy: InjectionPolicy,
): InjectionState {
  const face = faceOf(sample);
  if (face === null) return { ...state, postures: [] };
  const { atMs, capturedAtMs } = sample;
  const digest = sample.analysis.pixelDigest;
  const repeats = state.digests.at(-1)?.digest === digest;
  const looped =
    !repeats && state.digests.some((old) => old.digest === digest && atMs - old.atMs >= policy.loopGapMs);
  const next: InjectionState = {
    ...state,
    digests: repeats ? state.digests : [...state.digests, { atMs, digest }].slice(-policy.digestsKept),
    runStartMs: repeats ? state.runStartMs : atMs,
    runFrames: repeats ? state.runFrames + 1 : 1,
    loopedFrames: state.loopedFrames + (looped ? 1 : 0),
    replayedFrames: state.replayedFrames + (sample.seenBefore === true ? 1 : 0),
    postures: [...state.postures, { atMs, coordinates: posture(face) }].filter(
      (old) => old.atMs >= atMs - policy.stillMs - 1000,
    ),
    firstCapture: state.firstCapture ?? { atMs, capturedAtMs },
    lastCapturedAtMs: capturedAtMs,
    frames: state.frames + 1,
    lastAtMs: atMs,
  };
  const shown: InjectionSign[] = [];
  if (next.runFrames >= policy.frozenFrames && atMs - next.runStartMs >= policy.frozenMs)
    shown.push('frozen');
  if (next.loopedFrames >= policy.loopedFrames) shown.push('looped');
  if (next.replayedFrames >= policy.replayedFrames) shown.push('replayed');
  if (motionless(next.postures, atMs, policy)) shown.push('motionless');
  if (clockImplausible(state, next, policy)) shown.push('clock');
  const added = shown.filter((sign) => !state.signs.includes(sign));
  return added.length === 0 ? next : { ...next, signs: [...state.signs, ...added] };
}

function posture({ landmarks, quality }: FaceAnalysis): number[] {
  const scale = 1 / Math.max(1, quality.interEyePx);
  return LANDMARKS.flatMap((index) => [landmarks[3 * index] * scale, landmarks[3 * index + 1] * scale]);
}

/** Root mean square motion of the landmarks between two postures, in eye distances. */
function motion(a: Posture, b: Posture): number {
  let squares = 0;
  for (let i = 0; i < a.coordinates.length; i++) squares += (a.coordinates[i] - b.coordinates[i]) ** 2;
  return Math.sqrt((2 * squares) / a.coordinates.length);
}

/** True when the newest posture was the same at every moment of the last `stillMs`. */
function motionless(postures: readonly Posture[], atMs: number, policy: InjectionPolicy): boolean {
  const oldest = postures[0];
  const newest = postures.at(-1);
  if (oldest === undefined || newest === undefined || atMs - oldest.atMs < policy.stillMs) return false;
  const recent = postures.filter((old) => old.atMs >= atMs - policy.stillMs);
  return recent.length >= 4 && recent.every((old) => motion(old, newest) < policy.stillMotion);
}

/** The client's clock must run forward, and about as fast as ours. */
function clockImplausible(before: InjectionState, now: InjectionState, policy: InjectionPolicy): boolean {
  if (before.firstCapture === null) return false;
  const { atMs, capturedAtMs } = before.firstCapture;
  const drift = now.lastCapturedAtMs - capturedAtMs - (now.lastAtMs - atMs);
  return now.lastCapturedAtMs < before.lastCapturedAtMs || Math.abs(drift) > policy.maxClockDriftMs;
}

/** Score: severity 0..1, larger is worse. The absence of signs proves little, so it speaks for nobody. */
export function injectionEvidence(state: InjectionState, policy: InjectionPolicy): Evidence {
  const { frames, firstCapture, lastAtMs, signs } = state;
  const spanMs = firstCapture === null ? 0 : lastAtMs - firstCapture.atMs;
  if (!policy.enforced) return { measured: false, why: 'not-requested' };
  if (signs.length === 0 && (frames < policy.minFrames || spanMs < policy.minSpanMs))
    return { measured: false, why: 'too-few-frames' };
  return { measured: true, logLikelihoodRatio: summedLlr(signs), score: worstSeverity(signs), frames };
}
