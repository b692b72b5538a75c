import type { FaceBox } from '../../protocol/status.ts';
import type { Policy } from '../policy/shape.ts';
import { foldBlink, type Blink } from '../evidence/blink.ts';
import { breaksTrack, foldContinuity, initialContinuity } from '../matching/continuity.ts';
import { foldDepth } from '../evidence/depth.ts';
import { addToPool } from '../matching/embedding-pool.ts';
import { deviationFrom, isAway, postureOf, type Posture } from '../evidence/gesture.ts';
import { foldInjection } from '../evidence/injection.ts';
import { foldMotion } from '../evidence/motion.ts';
import { foldPassivePad } from '../evidence/passive-pad.ts';
import { foldPlanarity } from '../evidence/planarity.ts';
import { foldQuality, judge, type Verdict } from '../evidence/quality-gate.ts';
import { faceOf, type Sample } from '../evidence/sample.ts';
import type { FlashColours } from '../vision/flash-colours.ts';
import { emptyGathered, type Gathered, type LastLook } from './state.ts';

/** What one frame showed, as far as the phases care. */
export interface Seen {
  readonly atMs: number;
  readonly verdict: Verdict;
  /** Null where no face was found. */
  readonly posture: Posture | null;
  readonly eyesClosed: boolean;
  /** Null where they were not asked for or cannot be told. */
  readonly colours: FlashColours | null;
  /** Number of the colour the client says it showed. */
  readonly shown: number | null;
  /** The blink that ended with this frame. */
  readonly blink: Blink | null;
  /** Track and identity are unbroken up to and in this frame. */
  readonly trusted: boolean;
  /** An embedding of this frame agreed with the session's own. */
  readonly recognised: boolean;
  /** An embedding of this frame agreed, or fell short only as a face away from its rest does. */
  readonly resembles: boolean;
}

export interface Folded {
  readonly gathered: Gathered;
  readonly look: LastLook;
  readonly seen: Seen;
}

/** Folds one analysed frame into all accumulators. `rest` is null until the session has found it. */
export function foldAnalysis(
  before: Gathered,
  lastLook: LastLook,
  sample: Sample,
  rest: Posture | null,
  policy: Policy,
): Folded {
  const { analysis, atMs } = sample;
  const face = faceOf(sample);
  const posture = face === null ? null : postureOf(face, analysis.width);
  const faceCount = analysis.faceCount ?? lastLook.faceCount;
  const unjoined = before.continuity.unproven || breaksTrack(before.continuity, sample, policy.continuity);

  const blink = foldBlink(before.blink, sample, unjoined, policy.blink);
  const verdict = judge(sample, faceCount, blink.eyesClosed, policy.quality);
  const deviation = posture === null || rest === null ? null : deviationFrom(rest, posture);
  const continuity = foldContinuity(
    before.continuity,
    sample,
    verdict,
    before.probes,
    deviation !== null && isAway(deviation, policy.gestures),
    policy.continuity,
  );
  const recognised = continuity.agreements > before.continuity.agreements;
  const isNewPicture = before.injection.digests.every(({ digest }) => digest !== analysis.pixelDigest);
  const isProbe = recognised && verdict.good && isNewPicture;

  const gathered: Gathered = {
    probes: isProbe && face?.embeddings ? addToPool(before.probes, face.embeddings, atMs) : before.probes,
    quality: foldQuality(before.quality, verdict),
    blink,
    continuity,
    passivePad: foldPassivePad(before.passivePad, sample, verdict, policy.passivePad),
    motion: foldMotion(before.motion, sample, breaksTrack(before.continuity, sample, policy.continuity)),
    injection: foldInjection(before.injection, sample, policy.injection),
    planarity: foldPlanarity(before.planarity, sample, verdict, deviation, policy.planarity),
    depth: foldDepth(before.depth, sample, verdict, policy.depth),
    challenges: before.challenges,
  };
  const look: LastLook = {
    atMs,
    region: face?.region ?? null,
    box: faceBox(sample),
    verdict,
    posture,
    faceCount,
    countedAtMs: analysis.faceCount === undefined ? lastLook.countedAtMs : atMs,
    embeddedAtMs: face?.embeddings === undefined ? lastLook.embeddedAtMs : atMs,
    padAtMs: face?.bonaFideProbability === undefined ? lastLook.padAtMs : atMs,
    motionAtMs: analysis.livingMotionProbability === undefined ? lastLook.motionAtMs : atMs,
  };
  const seen: Seen = {
    atMs,
    verdict,
    posture,
    eyesClosed: blink.eyesClosed,
    colours: face?.colours ?? null,
    shown: sample.shown ?? null,
    blink: blink.count > before.blink.count ? blink.latest : null,
    trusted: verdict.usable && !continuity.unproven,
    recognised,
    resembles: continuity.resemblances > before.continuity.resemblances,
  };
  return { gathered, look, seen };
}

/** Forgets whoever was seen so far, as when another person steps in before anything was asked. */
export function startOver({ injection }: Gathered): Gathered {
  return { ...emptyGathered, injection };
}

/** Breaks while a person is still taking place are not held against them. */
export function forgiveBreaks(gathered: Gathered): Gathered {
  return { ...gathered, continuity: { ...gathered.continuity, breaks: initialContinuity.breaks } };
}

function faceBox(sample: Sample): FaceBox | null {
  const face = faceOf(sample);
  if (face === null) return null;
  const { width, height } = sample.analysis;
  const left = clampToUnit(face.box.x / width);
  const top = clampToUnit(face.box.y / height);
  return {
    x: left,
    y: top,
    width: clampToUnit((face.box.x + face.box.width) / width) - left,
    height: clampToUnit((face.box.y + face.box.height) / height) - top,
  };
}

function clampToUnit(value: number): number {
  return Math.min(1, Math.max(0, value));
}
