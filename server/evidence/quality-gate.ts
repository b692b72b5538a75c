import type { Hint } from '../../protocol/status.ts';
import type { QualityPolicy } from '../policy/quality.ts';
import type { FaceAnalysis } from '../vision/analysis.ts';
import type { CueDefinition } from './cue.ts';
import type { Evidence } from './evidence.ts';
import { faceOf, type Sample } from './sample.ts';

/**
 * What one frame can be used for. `usable`: it shows exactly one face, large and lit enough to follow it and to measure
 * its movements. `good`: it may also serve as a probe. `hint` is the first thing that keeps the frame from being good.
 */
export type FrameAssessment =
  | { readonly usable: true; readonly good: true; readonly hint: null }
  | { readonly usable: boolean; readonly good: false; readonly hint: Hint };

const GOOD: FrameAssessment = { usable: true, good: true, hint: null };
const unusable = (hint: Hint): FrameAssessment => ({ usable: false, good: false, hint });
const notGood = (hint: Hint): FrameAssessment => ({ usable: true, good: false, hint });

/**
 * Assesses one frame. `faceCount` is the latest known number of faces. `eyesClosed` comes from the state of the blink
 * cue, which knows how open these eyes are at rest. The rules stand in the order in which their hints help a person:
 * first what keeps the face from being seen, last what keeps a probe from being sharp.
 */
export function assessFrame(
  sample: Sample,
  faceCount: number,
  eyesClosed: boolean,
  policy: QualityPolicy,
): FrameAssessment {
  const face = faceOf(sample);
  if (face === null) return unusable(hintWithoutFace(sample));
  if (face.presence < policy.minPresence) return unusable('no-face');
  if (faceCount > 1) return unusable('several-faces');
  // Nobody holds the head so: the picture lies on its side.
  if (Math.abs(face.pose.rollDeg) > policy.maxHeldRollDeg) return unusable('turn-camera');
  const { quality } = face;
  if (isTooLarge(face, sample.analysis, policy)) return unusable('move-back');
  if (quality.insideShare < policy.minInsideShare) return unusable('centre-face');
  if (quality.interEyePx < policy.minInterEyePx) return unusable('move-closer');
  if (quality.brightness < policy.minBrightness) return unusable('too-dark');
  if (quality.brightness > policy.maxBrightness || quality.clippedShare > policy.maxClippedShare)
    return unusable('too-bright');
  if (quality.colourSpread !== undefined && quality.colourSpread < policy.minColourSpread)
    return unusable('no-colour');
  if (looksAside(face, policy)) return notGood('look-straight');
  // Before the rules that need a sharp picture.
  if (quality.sharpness < policy.minSharpness) return notGood('hold-still');
  if (quality.occlusion > policy.maxOcclusion) return notGood('face-covered');
  if (eyesClosed) return notGood('open-eyes');
  return GOOD;
}

function hintWithoutFace({ analysis: { face } }: Sample): Hint {
  if (face.found || face.why === 'no-face') return 'no-face';
  return face.why === 'turned-face' ? 'turn-camera' : 'face-covered';
}

/** Too large to fit into the picture, wherever the face is. Moving it to the centre would not help. */
function isTooLarge(
  { box, quality }: FaceAnalysis,
  { width: fullWidth, height: fullHeight, content }: Sample['analysis'],
  { maxWidthShare, minInsideShare }: QualityPolicy,
): boolean {
  const { width, height } = content ?? { width: fullWidth, height: fullHeight };
  const isCut = quality.insideShare < minInsideShare;
  return box.width > maxWidthShare * width || (isCut && box.height > maxWidthShare * height);
}

function looksAside({ pose }: FaceAnalysis, policy: QualityPolicy): boolean {
  return (
    Math.abs(pose.yawDeg) > policy.maxYawDeg ||
    Math.abs(pose.pitchDeg) > policy.maxPitchDeg ||
    Math.abs(pose.rollDeg) > policy.maxRollDeg
  );
}

interface QualityState {
  readonly frames: number;
  readonly goodFrames: number;
}

const initialQuality: QualityState = { frames: 0, goodFrames: 0 };

function foldQuality(state: QualityState, assessment: FrameAssessment): QualityState {
  return { frames: state.frames + 1, goodFrames: state.goodFrames + (assessment.good ? 1 : 0) };
}

/** Score: the share of good frames, 0..1. Quality is no evidence of a person, so its log-likelihood ratio is 0. */
function qualityEvidence(state: QualityState): Evidence {
  if (state.goodFrames === 0) return { measured: false, why: 'too-few-frames' };
  return {
    measured: true,
    logLikelihoodRatio: 0,
    score: state.goodFrames / state.frames,
    frames: state.goodFrames,
  };
}

export const qualityCue: CueDefinition<QualityState, { readonly assessment: FrameAssessment }, unknown> = {
  initial: initialQuality,
  fold: (state, { assessment }) => foldQuality(state, assessment),
  evidence: (state) => qualityEvidence(state),
  rejectReason: null,
};
