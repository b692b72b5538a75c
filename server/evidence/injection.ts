import type { InjectionPolicy } from '../policy/shape.ts';
import type { Evidence } from './evidence.ts';
import { foldCuts, initialCuts, type CutsState } from './injection-cuts.ts';
import { motion, postureOf, type Posture } from './injection-posture.ts';
import { foldRepeats, initialRepeats, type RepeatsState } from './injection-repeats.ts';
import { corroboratedLlr, worstSeverity, type InjectionSign } from './injection-indicators.ts';
import { foldNoise, initialNoise, isNoiseless, type NoiseState } from './injection-noise.ts';
import { foldTiming, initialTiming, isMetronomic, spanMs, type TimingState } from './injection-timing.ts';
import { faceOf, type Sample } from './sample.ts';

interface Digest {
  readonly atMs: number;
  readonly digest: string;
}

export interface InjectionState {
  readonly digests: readonly Digest[];
  /** The run of identical pictures that the last frame belongs to. */
  readonly runStartMs: number;
  readonly runFrames: number;
  /** Frames that show the very picture of the frame before. */
  readonly duplicates: number;
  readonly loopedFrames: number;
  /** Pictures that another session has shown. */
  readonly replayedFrames: number;
  /** When the face was last found after it had been away. */
  readonly foundAtMs: number | null;
  readonly repeats: RepeatsState;
  readonly cuts: CutsState;
  readonly noise: NoiseState;
  readonly timing: TimingState;
  /** The client names a program as its camera. */
  readonly virtualCamera: boolean;
  readonly frames: number;
  /** In the order in which they showed. */
  readonly signs: readonly InjectionSign[];
}

export const initialInjection: InjectionState = {
  digests: [],
  runStartMs: 0,
  runFrames: 0,
  duplicates: 0,
  loopedFrames: 0,
  replayedFrames: 0,
  foundAtMs: null,
  repeats: initialRepeats,
  cuts: initialCuts,
  noise: initialNoise,
  timing: initialTiming,
  virtualCamera: false,
  frames: 0,
  signs: [],
};

/** Folds one frame that shows a face; a camera that is covered may well send the same black picture twice. */
export function foldInjection(
  state: InjectionState,
  sample: Sample,
  policy: InjectionPolicy,
): InjectionState {
  const face = faceOf(sample);
  if (face === null) return { ...state, foundAtMs: null, cuts: foldCuts(state.cuts, null, policy) };
  const { atMs, capturedAtMs } = sample;
  const digest = sample.analysis.pixelDigest;
  const isDuplicate = state.digests.at(-1)?.digest === digest;
  const isLooped =
    !isDuplicate && state.digests.some((old) => old.digest === digest && atMs - old.atMs >= policy.loopGapMs);
  const posture = postureOf(face, atMs, capturedAtMs);
  const next: InjectionState = {
    ...state,
    digests: isDuplicate ? state.digests : [...state.digests, { atMs, digest }].slice(-policy.digestsKept),
    runStartMs: isDuplicate ? state.runStartMs : atMs,
    runFrames: isDuplicate ? state.runFrames + 1 : 1,
    duplicates: state.duplicates + (isDuplicate ? 1 : 0),
    loopedFrames: state.loopedFrames + (isLooped ? 1 : 0),
    replayedFrames: state.replayedFrames + (sample.seenBefore === true ? 1 : 0),
    foundAtMs: state.foundAtMs ?? atMs,
    // The same picture again is no new posture.
    repeats: isDuplicate ? state.repeats : foldRepeats(state.repeats, posture, policy),
    cuts: isDuplicate ? state.cuts : foldCuts(state.cuts, posture, policy),
    noise: isDuplicate ? state.noise : foldNoise(state.noise, sample.analysis.blocks),
    timing: foldTiming(state.timing, atMs, capturedAtMs, policy),
    frames: state.frames + 1,
  };
  const added = signsOf(next, posture, policy).filter((sign) => !state.signs.includes(sign));
  return added.length === 0 ? next : { ...next, signs: [...state.signs, ...added] };
}

function signsOf(state: InjectionState, newest: Posture, policy: InjectionPolicy): InjectionSign[] {
  const { frames, runFrames, runStartMs, timing } = state;
  const shows: Readonly<Record<InjectionSign, boolean>> = {
    replayed: state.replayedFrames >= policy.replayedFrames,
    frozen: runFrames >= policy.frozenFrames && newest.atMs - runStartMs >= policy.frozenMs,
    looped: state.loopedFrames >= policy.loopedFrames,
    repeated: state.repeats.found,
    spliced: state.cuts.cuts >= policy.splicedCuts,
    motionless: isMotionless(state, newest, policy),
    cut: state.cuts.cuts > 0,
    clock: timing.clockImplausible,
    duplicated: frames >= policy.minFramesToCount && state.duplicates >= policy.duplicatedShare * frames,
    noiseless: isNoiseless(state.noise, policy),
    'virtual-camera': state.virtualCamera,
    metronome: isMetronomic(timing, policy),
  };
  return (Object.keys(shows) as InjectionSign[]).filter((sign) => shows[sign]);
}

/** True when the newest posture was the same at every moment of the last `stillMs`. */
function isMotionless(
  { repeats, foundAtMs }: InjectionState,
  newest: Posture,
  policy: InjectionPolicy,
): boolean {
  if (foundAtMs === null || newest.atMs - foundAtMs < policy.stillMs) return false;
  const since = newest.atMs - policy.stillMs;
  const first = repeats.postures.findLastIndex(({ atMs }) => atMs < since) + 1;
  const recent = repeats.postures.slice(first);
  return (
    recent.length >= policy.stillFrames && recent.every((old) => motion(old, newest) < policy.stillMotion)
  );
}

/** Score: severity 0..1, larger is worse. The absence of signs proves little, so it speaks for nobody. */
export function injectionEvidence(state: InjectionState, policy: InjectionPolicy): Evidence {
  const { frames, signs, timing } = state;
  if (!policy.enforced) return { measured: false, why: 'not-requested' };
  if (signs.length === 0 && (frames < policy.minFrames || spanMs(timing) < policy.minSpanMs))
    return { measured: false, why: 'too-few-frames' };
  return { measured: true, logLikelihoodRatio: corroboratedLlr(signs), score: worstSeverity(signs), frames };
}
