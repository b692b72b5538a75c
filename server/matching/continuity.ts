import { unclampedLlr } from './comparison-llr.ts';
import { compare } from './compare.ts';
import type { ContinuityPolicy } from '../policy/shape.ts';
import type { FaceAnalysis } from '../vision/analysis.ts';
import { poolMean, type EmbeddingPool } from './embedding-pool.ts';
import type { Evidence } from '../evidence/evidence.ts';
import type { Verdict } from '../evidence/quality-gate.ts';
import { faceOf, type Sample } from '../evidence/sample.ts';

/** Where the face was last seen. */
interface TrackPoint {
  readonly atMs: number;
  readonly centreX: number;
  readonly centreY: number;
  readonly size: number;
  readonly yawDeg: number;
}

interface Contradictions {
  readonly count: number;
  /** When the first of them was seen. */
  readonly sinceMs: number;
}

const noContradictions: Contradictions = { count: 0, sinceMs: 0 };

export interface ContinuityState {
  readonly track: TrackPoint | null;
  readonly breaks: number;
  /** True until an embedding agrees: at the start, after every break, and after a clear one that did not agree. */
  readonly unproven: boolean;
  /** Contradictions since the last agreement: of faces that look ahead, and of any. */
  readonly aheadContradictions: Contradictions;
  readonly contradictions: Contradictions;
  /** When the face was last away from its rest. */
  readonly awayAtMs: number | null;
  readonly changed: boolean;
  readonly agreements: number;
  readonly lastAgreedAtMs: number | null;
  /** Embeddings above what strangers score, turned or blurred as the face may have been. */
  readonly resemblances: number;
  /** Lowest unclamped log-likelihood ratio of an agreed embedding against the pool; null before the second. */
  readonly lowestLlr: number | null;
  readonly severalFacesSinceMs: number | null;
}

export const initialContinuity: ContinuityState = {
  track: null,
  breaks: 0,
  unproven: true,
  aheadContradictions: noContradictions,
  contradictions: noContradictions,
  awayAtMs: null,
  changed: false,
  agreements: 0,
  lastAgreedAtMs: null,
  resemblances: 0,
  lowestLlr: null,
  severalFacesSinceMs: null,
};

/** Whether this frame's face cannot be joined to the one before it: lost, found anew, or moved too fast. */
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

/** What an embedding said about the face being the session's own. */
type Similarity = 'agrees' | 'doubtful' | 'contradicts' | 'says-nothing';

/**
 * Folds one frame. The track says where the face is, embeddings say whose it is: after a break nothing counts
 * until an embedding agrees with `pool`, the session's own, and embeddings sampled all along catch a face that
 * was swapped without a visible break. The first good embedding founds the pool and agrees by definition. `away`:
 * the face is turned or moved so that every embedding of it weakens.
 */
export function foldContinuity(
  state: ContinuityState,
  sample: Sample,
  verdict: Verdict,
  pool: EmbeddingPool,
  away: boolean,
  policy: ContinuityPolicy,
): ContinuityState {
  const face = faceOf(sample);
  const severalFacesSinceMs =
    verdict.hint === 'several-faces' ? (state.severalFacesSinceMs ?? sample.atMs) : null;
  const broken = breaksTrack(state, sample, policy);
  const next: ContinuityState = {
    ...state,
    track: face === null ? null : trackPoint(sample.atMs, face),
    breaks: state.breaks + (broken && (state.track !== null || face !== null) ? 1 : 0),
    unproven: state.unproven || broken,
    awayAtMs: away ? sample.atMs : state.awayAtMs,
    severalFacesSinceMs,
  };
  if (!verdict.usable || face?.embeddings === undefined) return next;

  if (pool.frames === 0) return verdict.good ? agreed(next, sample.atMs, null) : next;
  const comparison = compare(face.embeddings, poolMean(pool));
  if (comparison === null) return next;
  const llr = unclampedLlr(comparison);
  switch (similarity(llr, away, verdict, policy)) {
    case 'agrees':
      return agreed(next, sample.atMs, llr);
    case 'contradicts':
      return contradicted(next, sample.atMs, verdict, policy);
    case 'doubtful':
      return { ...next, unproven: true };
    case 'says-nothing':
      return llr > policy.contradictLlr ? { ...next, resemblances: next.resemblances + 1 } : next;
  }
}

/**
 * A good frame has to agree. One of a face away from its rest may fall short of that, but not into what strangers score; a blurred or
 * covered one may fail in any way without it meaning anything.
 */
function similarity(llr: number, away: boolean, verdict: Verdict, policy: ContinuityPolicy): Similarity {
  if (llr >= policy.agreeLlr) return 'agrees';
  const frontal = verdict.good && !away;
  const clear = verdict.good || verdict.hint === 'look-straight';
  if (clear && llr <= (frontal ? policy.contradictLlr : policy.contradictAwayLlr)) return 'contradicts';
  return frontal ? 'doubtful' : 'says-nothing';
}

/** Whatever contradicts has to be proven anew; to make it another face takes several, over a while. */
function contradicted(
  state: ContinuityState,
  atMs: number,
  verdict: Verdict,
  policy: ContinuityPolicy,
): ContinuityState {
  const { awayAtMs, contradictions, aheadContradictions } = state;
  const isAhead = verdict.good && (awayAtMs === null || atMs - awayAtMs >= policy.aheadMs);
  const ahead = isAhead ? oneMore(aheadContradictions, atMs) : aheadContradictions;
  const any = oneMore(contradictions, atMs);
  const enough = ({ count, sinceMs }: Contradictions, spanMs: number) =>
    count >= policy.contradictionsToChange && atMs - sinceMs >= spanMs;
  return {
    ...state,
    unproven: true,
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

function agreed(state: ContinuityState, atMs: number, llr: number | null): ContinuityState {
  return {
    ...state,
    unproven: false,
    aheadContradictions: noContradictions,
    contradictions: noContradictions,
    agreements: state.agreements + 1,
    lastAgreedAtMs: atMs,
    resemblances: state.resemblances + 1,
    lowestLlr: llr === null ? state.lowestLlr : Math.min(state.lowestLlr ?? llr, llr),
  };
}

function trackPoint(atMs: number, { region, pose }: FaceAnalysis): TrackPoint {
  const { centreX, centreY, size } = region;
  return { atMs, centreX, centreY, size, yawDeg: pose.yawDeg };
}

/**
 * Bona fide sessions hold together nearly always (.98 assumed), attacks mostly (.6: only those that join or swap
 * faces do not). Starting values, to be calibrated.
 */
const HELD_LLR = Math.log(0.98 / 0.6);
const CHANGED_LLR = Math.log(0.005 / 0.2);

/** Score: the lowest log-likelihood ratio of any agreed embedding against the session's own pool. */
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
