import { llrBetween } from './comparison-llr.ts';
import type { ContinuityPolicy } from '../policy/continuity.ts';
import type { FaceAnalysis } from '../vision/analysis.ts';
import type { Anchor } from './anchor.ts';
import { poolMean, type EmbeddingPool } from './embedding-pool.ts';
import type { CueDefinition } from '../evidence/cue.ts';
import type { Evidence } from '../evidence/evidence.ts';
import type { FrameAssessment } from '../evidence/quality-gate.ts';
import { faceOf, type Sample } from '../evidence/sample.ts';

/** Where the face was last seen. */
interface TrackPoint {
  readonly atMs: number;
  readonly centreX: number;
  readonly centreY: number;
  readonly size: number;
  readonly yawDeg: number;
}

/** A series of embeddings that contradicted, without an agreement between them. */
interface Contradictions {
  readonly count: number;
  /** When the first of them was seen. */
  readonly sinceMs: number;
}

const noContradictions: Contradictions = { count: 0, sinceMs: 0 };

export interface ContinuityState {
  readonly track: TrackPoint | null;
  readonly breaks: number;
  /** True until an embedding agrees: at the start, after every break, and after a clear frame that did not agree. */
  readonly needsReidentification: boolean;
  /** Contradictions since the last agreement: of faces that look ahead, and of any faces. */
  readonly aheadContradictions: Contradictions;
  readonly contradictions: Contradictions;
  /** When the face was last away from its rest. */
  readonly awayAtMs: number | null;
  /** Another face has taken the place of the first. */
  readonly changed: boolean;
  readonly agreements: number;
  /** Embeddings above the scores of strangers, although the face may have been turned or blurred. */
  readonly resemblances: number;
  /** The lowest unclamped log-likelihood ratio of an agreed embedding against the pool; null before the second one. */
  readonly lowestLlr: number | null;
  readonly severalFacesSinceMs: number | null;
}

export const initialContinuity: ContinuityState = {
  track: null,
  breaks: 0,
  needsReidentification: true,
  aheadContradictions: noContradictions,
  contradictions: noContradictions,
  awayAtMs: null,
  changed: false,
  agreements: 0,
  resemblances: 0,
  lowestLlr: null,
  severalFacesSinceMs: null,
};

/** Whether the face of this frame cannot be joined to that of the frame before: lost, found anew, or moved too fast. */
export function breaksTrack(state: ContinuityState, sample: Sample, policy: ContinuityPolicy): boolean {
  const face = faceOf(sample);
  if (face === null) return true;
  if (!policy.followTrack || state.track === null) return false;
  return !face.followed || jumped(state.track, sample.atMs, face, policy);
}

function jumped(before: TrackPoint, atMs: number, face: FaceAnalysis, policy: ContinuityPolicy): boolean {
  const elapsedMs = Math.max(1, atMs - before.atMs);
  const { centreX, centreY, size } = face.region;
  const moved = Math.hypot(centreX - before.centreX, centreY - before.centreY) / before.size;
  const scaled = Math.abs(Math.log(size / before.size));
  const turned = Math.abs(face.pose.yawDeg - before.yawDeg);
  return (
    moved > policy.moveAllowance + policy.maxMovePerMs * elapsedMs ||
    scaled > policy.scaleAllowance + policy.maxScalePerMs * elapsedMs ||
    turned > policy.yawAllowanceDeg + policy.maxYawDegPerMs * elapsedMs
  );
}

/** What an embedding says about whether the face is the session's own. */
type Similarity = 'agrees' | 'doubtful' | 'contradicts' | 'says-nothing';

/**
 * Folds one frame. The track shows where the face is, and embeddings show whose it is. After a break of the track,
 * nothing counts until an embedding agrees with `pool`, the session's own. Embeddings are also sampled while the track
 * holds, so that a face that was swapped without a break is found. The first good embedding starts the pool, and agrees
 * by definition. From the first challenge on, an embedding that agrees must also agree with `anchor`, the face before
 * it: the pool follows a face that changes little by little, the anchor does not. `away`: the face is so far from its
 * rest that an embedding of it is less reliable.
 */
export function foldContinuity(
  state: ContinuityState,
  sample: Sample,
  assessment: FrameAssessment,
  pool: EmbeddingPool,
  away: boolean,
  policy: ContinuityPolicy,
  anchor: Anchor | null = null,
): ContinuityState {
  const face = faceOf(sample);
  const severalFacesSinceMs =
    assessment.hint === 'several-faces' ? (state.severalFacesSinceMs ?? sample.atMs) : null;
  const broken = breaksTrack(state, sample, policy);
  const next: ContinuityState = {
    ...state,
    track: face === null ? null : trackPoint(sample.atMs, face),
    breaks: state.breaks + (broken && (state.track !== null || face !== null) ? 1 : 0),
    needsReidentification: state.needsReidentification || broken,
    awayAtMs: away ? sample.atMs : state.awayAtMs,
    severalFacesSinceMs,
  };
  if (!assessment.usable || face?.embeddings === undefined) return next;

  if (pool.frames === 0) return assessment.good ? agreed(next, null) : next;
  const llr = llrBetween(face.embeddings, poolMean(pool));
  if (llr === -Infinity) return next;
  const toAnchor = anchor === null ? Infinity : llrBetween(face.embeddings, anchor);
  switch (similarity(llr, toAnchor, away, assessment, policy)) {
    case 'agrees':
      return agreed(next, llr);
    case 'contradicts':
      return contradicted(next, sample.atMs, assessment, policy);
    case 'doubtful':
      return { ...next, needsReidentification: true };
    case 'says-nothing':
      return Math.min(llr, toAnchor) > policy.contradictLlr
        ? { ...next, resemblances: next.resemblances + 1 }
        : next;
  }
}

/**
 * A good frame must agree. A frame of a face away from its rest may score lower, but not as low as strangers do. A
 * blurred or covered face may score anything, which says nothing.
 */
function similarity(
  llr: number,
  toAnchor: number,
  away: boolean,
  assessment: FrameAssessment,
  policy: ContinuityPolicy,
): Similarity {
  if (llr >= policy.agreeLlr && toAnchor >= policy.anchor.agreeLlr) return 'agrees';
  const frontal = assessment.good && !away;
  const clear = assessment.good || assessment.hint === 'look-straight';
  const lowest = frontal ? Math.min(llr, toAnchor) : llr;
  if (clear && lowest <= (frontal ? policy.contradictLlr : policy.contradictAwayLlr)) return 'contradicts';
  return frontal ? 'doubtful' : 'says-nothing';
}

/** After a contradiction the face must be recognised again. Several, over some time, mean that it is another face. */
function contradicted(
  state: ContinuityState,
  atMs: number,
  assessment: FrameAssessment,
  policy: ContinuityPolicy,
): ContinuityState {
  const { awayAtMs, contradictions, aheadContradictions } = state;
  const isAhead = assessment.good && (awayAtMs === null || atMs - awayAtMs >= policy.aheadMs);
  const ahead = isAhead ? oneMore(aheadContradictions, atMs) : aheadContradictions;
  const any = oneMore(contradictions, atMs);
  const enough = ({ count, sinceMs }: Contradictions, spanMs: number) =>
    count >= policy.contradictionsToChange && atMs - sinceMs >= spanMs;
  return {
    ...state,
    needsReidentification: true,
    aheadContradictions: ahead,
    contradictions: any,
    changed:
      state.changed ||
      (isAhead && enough(ahead, policy.contradictionSpanMs)) ||
      enough(any, policy.awayContradictionSpanMs),
  };
}

function oneMore({ count, sinceMs }: Contradictions, atMs: number): Contradictions {
  return { count: count + 1, sinceMs: count === 0 ? atMs : sinceMs };
}

function agreed(state: ContinuityState, llr: number | null): ContinuityState {
  return {
    ...state,
    needsReidentification: false,
    aheadContradictions: noContradictions,
    contradictions: noContradictions,
    agreements: state.agreements + 1,
    resemblances: state.resemblances + 1,
    lowestLlr: llr === null ? state.lowestLlr : Math.min(state.lowestLlr ?? llr, llr),
  };
}

function trackPoint(atMs: number, { region, pose }: FaceAnalysis): TrackPoint {
  const { centreX, centreY, size } = region;
  return { atMs, centreX, centreY, size, yawDeg: pose.yawDeg };
}

/**
 * Starting values, to be calibrated. A bona fide session is assumed to show one face throughout with probability .98,
 * an attack with .6: only attacks that swap faces do not.
 */
const HELD_LLR = Math.log(0.98 / 0.6);
const CHANGED_LLR = Math.log(0.005 / 0.2);

/**
 * Score: the lowest log-likelihood ratio of an agreed embedding against the session's own pool, or the bar for a
 * contradiction when the face was changed. An agreed embedding is always above that bar.
 */
export function continuityEvidence(state: ContinuityState, policy: ContinuityPolicy): Evidence {
  const { agreements, lowestLlr, changed } = state;
  if (changed)
    return {
      measured: true,
      logLikelihoodRatio: CHANGED_LLR,
      score: policy.contradictLlr,
      frames: agreements,
    };
  if (lowestLlr === null || agreements < policy.minAgreements)
    return { measured: false, why: 'too-few-frames' };
  return { measured: true, logLikelihoodRatio: HELD_LLR, score: lowestLlr, frames: agreements };
}

export const continuityCue: CueDefinition<
  ContinuityState,
  {
    readonly sample: Sample;
    readonly assessment: FrameAssessment;
    readonly pool: EmbeddingPool;
    readonly away: boolean;
    readonly anchor: Anchor | null;
  },
  unknown,
  'face-changed'
> = {
  initial: initialContinuity,
  fold: (state, { sample, assessment, pool, away, anchor }, policy) =>
    foldContinuity(state, sample, assessment, pool, away, policy.continuity, anchor),
  evidence: (state, _, policy) => continuityEvidence(state, policy.continuity),
  rejectReason: {
    reason: 'face-changed',
    applies: ({ score }, policy) => score <= policy.continuity.contradictLlr,
  },
};
