import type { InjectionPolicy } from '../policy/injection.ts';
import type { CueDefinition } from './cue.ts';
import { NOT_REQUESTED, type Evidence } from './evidence.ts';
import { foldCuts, initialCuts, type CutsState } from './injection-cuts.ts';
import {
  corroboratedLlr,
  INJECTION_INDICATORS,
  worstSeverity,
  type InjectionIndicator,
} from './injection-indicators.ts';
import { foldNoise, initialNoise, isNoiseless, type NoiseState } from './injection-noise.ts';
import { facePoints, motion, type FacePoints } from './injection-points.ts';
import { foldRepeats, initialRepeats, type RepeatsState } from './injection-repeats.ts';
import { foldTiming, initialTiming, isMetronomic, spanMs, type TimingState } from './injection-timing.ts';
import { faceOf, type Sample } from './sample.ts';

interface Digest {
  readonly atMs: number;
  readonly digest: string;
}

export interface InjectionState {
  readonly digests: readonly Digest[];
  /** The run of identical pictures that ends with the last frame. */
  readonly runStartMs: number;
  readonly runFrames: number;
  /** Frames that show the same picture as the frame before. */
  readonly duplicates: number;
  readonly loopedFrames: number;
  /** Pictures that another session has shown. */
  readonly replayedFrames: number;
  /** When the face was last found after it had been lost. */
  readonly foundAtMs: number | null;
  readonly repeats: RepeatsState;
  readonly cuts: CutsState;
  readonly noise: NoiseState;
  readonly timing: TimingState;
  readonly frames: number;
  /** In the order in which they were found. */
  readonly indicators: readonly InjectionIndicator[];
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
  frames: 0,
  indicators: [],
};

/** Folds one frame. Only frames with a face count: a covered camera may well send the same black picture twice. */
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
  const points = facePoints(face, atMs, capturedAtMs);
  const next: InjectionState = {
    ...state,
    digests: isDuplicate ? state.digests : [...state.digests, { atMs, digest }].slice(-policy.digestsKept),
    runStartMs: isDuplicate ? state.runStartMs : atMs,
    runFrames: isDuplicate ? state.runFrames + 1 : 1,
    duplicates: state.duplicates + (isDuplicate ? 1 : 0),
    loopedFrames: state.loopedFrames + (isLooped ? 1 : 0),
    replayedFrames: state.replayedFrames + (sample.seenBefore === true ? 1 : 0),
    foundAtMs: state.foundAtMs ?? atMs,
    // The same picture again is no new moment.
    repeats: isDuplicate ? state.repeats : foldRepeats(state.repeats, points, policy),
    cuts: isDuplicate ? state.cuts : foldCuts(state.cuts, points, policy),
    noise: isDuplicate ? state.noise : foldNoise(state.noise, sample.analysis.blocks),
    timing: foldTiming(state.timing, atMs, capturedAtMs, policy),
    frames: state.frames + 1,
  };
  const added = indicatorsOf(next, points, sample.virtualCamera === true, policy).filter(
    (indicator) => !state.indicators.includes(indicator),
  );
  return added.length === 0 ? next : { ...next, indicators: [...state.indicators, ...added] };
}

function indicatorsOf(
  state: InjectionState,
  newest: FacePoints,
  virtualCamera: boolean,
  policy: InjectionPolicy,
): InjectionIndicator[] {
  const { frames, runFrames, runStartMs, timing } = state;
  const shows: Readonly<Record<InjectionIndicator, boolean>> = {
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
    'virtual-camera': virtualCamera,
    metronome: isMetronomic(timing, policy),
  };
  return (Object.keys(shows) as InjectionIndicator[]).filter((indicator) => shows[indicator]);
}

/** Whether the face has not moved at any moment of the last `stillMs`. */
function isMotionless(
  { repeats, foundAtMs }: InjectionState,
  newest: FacePoints,
  policy: InjectionPolicy,
): boolean {
  if (foundAtMs === null || newest.atMs - foundAtMs < policy.stillMs) return false;
  const since = newest.atMs - policy.stillMs;
  const first = repeats.moments.findLastIndex(({ atMs }) => atMs < since) + 1;
  const recent = repeats.moments.slice(first);
  return (
    recent.length >= policy.stillFrames && recent.every((old) => motion(old, newest) < policy.stillMotion)
  );
}

/** Score: severity 0..1, larger is worse. The absence of indicators proves little, so it is no evidence in favour. */
export function injectionEvidence(state: InjectionState, policy: InjectionPolicy): Evidence {
  const { frames, indicators, timing } = state;
  if (!policy.enforced) return NOT_REQUESTED;
  if (indicators.length === 0 && (frames < policy.minFrames || spanMs(timing) < policy.minSpanMs))
    return { measured: false, why: 'too-few-frames' };
  return {
    measured: true,
    logLikelihoodRatio: corroboratedLlr(indicators),
    score: worstSeverity(indicators),
    frames,
  };
}

export const injectionCue: CueDefinition<
  InjectionState,
  { readonly sample: Sample },
  unknown,
  'injection-above-bar',
  InjectionIndicator
> = {
  initial: initialInjection,
  fold: (state, { sample }, policy) => foldInjection(state, sample, policy.injection),
  evidence: (state, _, policy) => injectionEvidence(state, policy.injection),
  rejectReason: {
    reason: 'injection-above-bar',
    applies: ({ score }, policy) => score >= policy.injection.rejectSeverity,
  },
  indicators: {
    all: INJECTION_INDICATORS,
    found: ({ indicators }, policy) => (policy.injection.enforced ? indicators : []),
  },
  outlivesPerson: true,
};
