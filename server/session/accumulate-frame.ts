import type { FaceBox } from '../../protocol/status.ts';
import { foldCues, forgetPerson, type CueTable } from '../decision/cue-table.ts';
import { foldBlink, type Blink } from '../evidence/blink.ts';
import { deviationFrom, isAway, postureOf, type Posture } from '../evidence/gesture.ts';
import { assessFrame, type FrameAssessment } from '../evidence/quality-gate.ts';
import { faceOf, type Sample } from '../evidence/sample.ts';
import { breaksTrack } from '../matching/continuity.ts';
import { addToPool, emptyPool } from '../matching/embedding-pool.ts';
import type { Policy } from '../policy/shape.ts';
import type { FlashColours } from '../vision/flash-colours.ts';
import type { Gathered, LastLook } from './state.ts';

/** What the phases read of one frame. */
export interface Seen {
  readonly atMs: number;
  readonly assessment: FrameAssessment;
  /** Null where no face was found. */
  readonly posture: Posture | null;
  readonly eyesClosed: boolean;
  /** Null where they were not asked for, or could not be measured. */
  readonly colours: FlashColours | null;
  /** Number of the colour that the client says it showed. */
  readonly shown: number | null;
  /** The blink that ended with this frame. */
  readonly blink: Blink | null;
  /** The frame is usable; track and identity are unbroken, this frame included. */
  readonly trusted: boolean;
  /** An embedding of this frame agreed with the session's own. */
  readonly recognised: boolean;
  /** An embedding of this frame agreed, or fell short by no more than a face away from its rest does. */
  readonly resembles: boolean;
}

interface Accumulated {
  readonly gathered: Gathered;
  readonly look: LastLook;
  readonly seen: Seen;
}

/** Folds one analysed frame into everything that is gathered. `rest` is null until the session has found it. */
export function accumulateFrame(
  before: Gathered,
  lastLook: LastLook,
  sample: Sample,
  rest: Posture | null,
  policy: Policy,
  table: CueTable,
): Accumulated {
  const { analysis, atMs } = sample;
  const face = faceOf(sample);
  const posture = face === null ? null : postureOf(face, analysis.width);
  const faceCount = analysis.faceCount ?? lastLook.faceCount;
  const trackBroken = breaksTrack(before.cues.continuity, sample, policy.continuity);
  const trackLost = before.cues.continuity.needsReidentification || trackBroken;

  // The lids come first, because the assessment reads whether they are closed. The cues read the assessment.
  const blink = foldBlink(before.cues.blink, sample, trackLost, policy.blink);
  const soughtTurned = analysis.soughtTurned === true;
  const assessed = assessFrame(sample, faceCount, blink.eyesClosed, policy.quality);
  // What was seen when a face was last looked for upside down holds until it is looked for again.
  const stillTurned =
    !soughtTurned &&
    lastLook.assessment?.hint === 'turn-camera' &&
    (assessed.hint === 'no-face' || assessed.hint === 'face-covered')
      ? lastLook.assessment
      : null;
  const assessment = stillTurned ?? assessed;
  const deviation = posture === null || rest === null ? null : deviationFrom(rest, posture);
  const away = deviation !== null && isAway(deviation, policy.gestures);
  const frame = {
    sample,
    assessment,
    deviation,
    away,
    trackBroken,
    blink,
    pool: before.probes,
    anchor: before.anchor,
  };
  const cues = foldCues(table, before.cues, frame, policy);

  const { continuity } = cues;
  const recognised = continuity.agreements > before.cues.continuity.agreements;
  const isNewPicture = before.cues.injection.digests.every(({ digest }) => digest !== analysis.pixelDigest);
  const isProbe = recognised && assessment.good && isNewPicture;
  const probes =
    isProbe && face?.embeddings ? addToPool(before.probes, face.embeddings, atMs) : before.probes;
  const look: LastLook = {
    atMs,
    region: face?.region ?? null,
    box: faceBox(sample),
    assessment,
    posture,
    faceCount,
    countedAtMs: analysis.faceCount === undefined ? lastLook.countedAtMs : atMs,
    turnedSoughtAtMs: soughtTurned ? atMs : lastLook.turnedSoughtAtMs,
    embeddedAtMs: face?.embeddings === undefined ? lastLook.embeddedAtMs : atMs,
    padAtMs: face?.bonaFideProbability === undefined ? lastLook.padAtMs : atMs,
    motionAtMs: analysis.livingMotionProbability === undefined ? lastLook.motionAtMs : atMs,
  };
  const seen: Seen = {
    atMs,
    assessment,
    posture,
    eyesClosed: blink.eyesClosed,
    colours: face?.colours ?? null,
    shown: sample.shown ?? null,
    blink: blink.count > before.cues.blink.count ? blink.latest : null,
    trusted: assessment.usable && !continuity.needsReidentification,
    recognised,
    resembles: continuity.resemblances > before.cues.continuity.resemblances,
  };
  return { gathered: { ...before, probes, cues }, look, seen };
}

/** Forgets the person seen so far, as when another person takes their place before anything was asked. */
export function startOver({ cues }: Gathered, table: CueTable): Gathered {
  return { probes: emptyPool, anchor: null, cues: forgetPerson(table, cues) };
}

/** Breaks of the track while a person is still moving into place do not count. */
export function resetTrackBreaks(gathered: Gathered): Gathered {
  const { continuity } = gathered.cues;
  return { ...gathered, cues: { ...gathered.cues, continuity: { ...continuity, breaks: 0 } } };
}

/** The face's box in shares of the picture, cut off at its edges; null without a face. */
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
