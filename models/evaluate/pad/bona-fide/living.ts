import { policyFor } from '../../../../server/policy/built-in.ts';
import type { Policy } from '../../../../server/policy/shape.ts';
import { assessFrame } from '../../../../server/evidence/quality-gate.ts';
import type { FrameAnalysis } from '../../../../server/vision/analysis.ts';
import { durationMs, type Footage } from '../footage.ts';
import { withoutChallenges } from '../ledger.ts';
import { RecordingPresenter, recordingOf } from '../presenters.ts';
import { atLength, enrolmentFrames } from '../recording-kinds.ts';
import { readIndexes, type Indexed } from '../recording-index.ts';
import { findRecordings, type Recording } from '../recordings.ts';
import { referenceFrom } from '../session-kinds.ts';
import type { Played } from '../session-player.ts';
import { compressed, type Codec } from './compressed.ts';
import type { Condition, Showing, Subject } from './subject.ts';

/** A session starts at a random moment of the recording that leaves at least this much of it. */
const LEFT_MS = 6_000;
/** A recording that shows less than this beside its reference ends before a session can decide. */
const LEAST_MS = 1_500;
/** A policy with a blink challenge times out after this. The recording must last as long. */
const BLINK_WITHIN_MS = 11_000;
const SLOW_FRAMES_PER_SECOND = 12;
/** A recording whose face is followed in a smaller share of its frames does not show one person before a camera. */
const MIN_FOLLOWED_SHARE = 0.8;
/**
 * A recording cannot be told to look straight. One with a smaller share of good frames does not show a verification.
 */
const MIN_GOOD_SHARE = 0.5;

interface LivingRecordings {
  readonly subjects: readonly Subject[];
  readonly notices: readonly string[];
}

/**
 * Finds the recordings of living people below a folder; recordings of attacks are left out. The codecs take turns: each
 * recording is also shown compressed by one of them.
 * @throws EvaluateError where the folder cannot be read
 */
export async function findLiving(folder: string, codecs: readonly Codec[]): Promise<LivingRecordings> {
  const { recordings, notices } = await findRecordings(folder);
  const indexed = await readIndexes(folder);
  const live = recordings.filter(({ presentation }) => presentation === 'live');
  return {
    subjects: live.map((recording, index) =>
      livingSubject(recording, indexed.get(recording.name), codecs[index % codecs.length]),
    ),
    notices,
  };
}

function livingSubject({ name, source }: Recording, indexed: Indexed | undefined, codec: Codec): Subject {
  const coded = compressed(source, codec);
  return {
    person: indexed?.person ?? name,
    name,
    sources: [source, coded],
    showings(footages) {
      const footage = footages.get(source.id);
      if (footage === undefined) return { unusable: 'it was not analysed' };
      const unusable = whyUnusable(footage);
      if (unusable !== null) return { unusable };
      const rate = Math.min(framesPerSecondOf(footage), indexed?.trueFramesPerSecond ?? Infinity);
      const isSlow = rate < SLOW_FRAMES_PER_SECOND;
      const shown: readonly (readonly [Condition, Footage | undefined, number])[] = isSlow
        ? [['recorded, below 12 fps', footage, footage.framesPerSecond]]
        : [
            ['recorded', footage, footage.framesPerSecond],
            ['recorded, 12 fps', footage, SLOW_FRAMES_PER_SECOND],
            ['recorded, compressed', footages.get(coded.id), footage.framesPerSecond],
          ];
      const showings = shown
        .map(([condition, of, framesPerSecond]) => showingOf(name, condition, of, framesPerSecond))
        .filter((one) => one !== null);
      return showings.length > 0 ? showings : { unusable: 'its start founds no reference' };
    },
  };
}

/** Distinct frames for each second: a frame that a codec or a player repeats does not count. */
export function framesPerSecondOf(footage: Footage): number {
  const { frames } = footage;
  const different = frames.filter(
    ({ pixelDigest }, index) => index === 0 || pixelDigest !== frames[index - 1].pixelDigest,
  );
  return (1000 * different.length) / durationMs(footage);
}

function whyUnusable(footage: Footage): string | null {
  const { frames } = footage;
  const found = frames.filter(({ face }) => face.found).length;
  if (found === 0) return 'no face is found in it';
  const followed = frames.filter(({ face }) => face.found && face.value.followed).length;
  if (followed < MIN_FOLLOWED_SHARE * frames.length) {
    return `a face is followed in less than ${100 * MIN_FOLLOWED_SHARE} % of its frames`;
  }
  const good = frames.filter(isGood).length;
  if (good < MIN_GOOD_SHARE * frames.length) {
    return `less than ${100 * MIN_GOOD_SHARE} % of its frames are good enough for a probe`;
  }
  const leftMs = durationMs(footage) * (1 - enrolmentFrames(footage) / frames.length);
  return leftMs < LEAST_MS ? `less than ${LEAST_MS / 1000} s are left beside its reference` : null;
}

function isGood(analysis: FrameAnalysis): boolean {
  const sample = { seq: 0, atMs: 0, capturedAtMs: 0, analysis };
  return assessFrame(sample, analysis.faceCount ?? 1, false, policyFor('standard').quality).good;
}

function showingOf(
  name: string,
  condition: Condition,
  footage: Footage | undefined,
  framesPerSecond: number,
): Showing | null {
  if (footage === undefined) return null;
  const split = enrolmentFrames(footage);
  const reference = referenceFrom(footage.frames.slice(0, split), name);
  if (reference === null) return null;
  const rest = { ...footage, frames: footage.frames.slice(split) };
  const lengthMs = durationMs(rest);
  const frames = recordingOf(rest);
  return {
    condition,
    framesPerSecond,
    references: [reference],
    policyFor: (policy) => unaskedPolicy(policy, lengthMs),
    present(random, policy) {
      const offsetMs = Math.max(0, lengthMs - LEFT_MS) * random();
      if (policy.requiredCues.includes('blink')) {
        return {
          endsFirst: (ended) => isTooShort(ended, policy),
          presenter: new RecordingPresenter(frames, { once: true }),
          policy,
        };
      }
      return {
        endsFirst: (ended) => isTooShort(ended, policy),
        presenter: new RecordingPresenter(frames, { offsetMs, once: true }),
        policy: atLength(policy, lengthMs - offsetMs),
        policyAfter: ({ reasons, evidence }) =>
          reasons.includes('evidence-insufficient') && evidence?.match.measured === true
            ? withProbes(policy, evidence.match.frames)
            : null,
      };
    },
  };
}

/**
 * Whether the recording ended before the face had held still, or before it had shown as many good frames as every
 * session needs.
 */
function isTooShort({ reasons, evidence, positioned }: Played, { match }: Policy): boolean {
  if (!reasons.includes('source-ended')) return false;
  if (!positioned) return true;
  const probes = evidence?.match;
  return (
    reasons.includes('required-cue-unmeasured') ||
    (probes?.measured === true && probes.frames < match.minProbes)
  );
}

/** The policy with a lower number of probes, for a recording that showed fewer good frames than its length allows. */
function withProbes(policy: Policy, probes: number): Policy | null {
  return probes < policy.match.minProbes
    ? null
    : { ...policy, match: { ...policy.match, minProbes: probes } };
}

/**
 * The policy that a recording can be played by. A policy with a blink challenge is unchanged if the recording is long
 * enough. The standard policy loses its challenges, which a recording cannot answer. Null for every other policy,
 * because it would repeat one of these two.
 */
function unaskedPolicy(policy: Policy, lengthMs: number): Policy | null {
  if (policy.challenges === null) return lengthMs >= BLINK_WITHIN_MS ? policy : null;
  if (policy.name !== 'standard') return null;
  const unasked = withoutChallenges(policy);
  // An enrolment has no match score as evidence.
  return { ...unasked, fusion: { ...unasked.fusion, accept: unasked.fusion.prior } };
}
