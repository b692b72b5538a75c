import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { policyFor } from '../../../../server/policy/built-in.ts';
import type { Policy } from '../../../../server/policy/shape.ts';
import { assessFrame } from '../../../../server/evidence/quality-gate.ts';
import type { FrameAnalysis } from '../../../../server/vision/analysis.ts';
import { durationMs, type Footage } from '../footage.ts';
import { withoutChallenges } from '../ledger.ts';
import { RecordingPresenter, recordingOf } from '../presenters.ts';
import { atLength, enrolmentFrames } from '../recording-kinds.ts';
import { findRecordings, type Recording } from '../recordings.ts';
import { referenceFrom } from '../session-kinds.ts';
import type { Played } from '../session-player.ts';
import { compressed, type Codec } from './compressed.ts';
import type { Condition, Showing, Subject } from './subject.ts';

/** Recordings are entered at a moment drawn from their start, and at least this much is left. */
const LEFT_MS = 6_000;
/** A recording that shows less than this beside its reference is over before a session can be decided. */
const LEAST_MS = 1_500;
/** A policy that waits for a blink gives up after this long: a recording has to last as long. */
const BLINK_WITHIN_MS = 11_000;
const SLOW_FRAMES_PER_SECOND = 12;
/** A face that is followed in fewer frames than this is not one person before a camera. */
const MIN_FOLLOWED_SHARE = 0.8;
/** Nobody in a recording hears that they should look straight: who seldom does is not before the camera for it. */
const MIN_GOOD_SHARE = 0.5;

export interface LivingRecordings {
  readonly subjects: readonly Subject[];
  readonly notices: readonly string[];
}

/** Every recording of a living person below a folder, one after the other compressed by each codec in turn; attacks are left out. Throws EvaluateError where it cannot be read. */
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

/** Columns: `file`, the path from the data folder, and `person`; others may tell the true frame rate in words. */
const INDEX_FILE = 'INDEX.tsv';
/** As `really about 7 fps` or `10 distinct fps`. */
const TRUE_RATE = /\b(?:really|truly) about (\d+)|\b(\d+) distinct fps/i;

interface Indexed {
  readonly person: string;
  /** Null where nothing is said about it. */
  readonly trueFramesPerSecond: number | null;
}

/** Who is in which recording, where an index beside the recordings says so. */
async function readIndexes(folder: string): Promise<ReadonlyMap<string, Indexed>> {
  const indexed = new Map<string, Indexed>();
  const found = (await readdir(folder, { recursive: true })).filter(
    (name) => path.basename(name) === INDEX_FILE,
  );
  for (const name of found) {
    const [head = '', ...lines] = (await readFile(path.join(folder, name), 'utf8')).split(/\r?\n/);
    const columns = head.split('\t');
    const [file, person] = [columns.indexOf('file'), columns.indexOf('person')];
    if (file < 0 || person < 0) continue;
    for (const line of lines) {
      const cells = line.split('\t');
      if (!cells[file] || !cells[person]) continue;
      const rate = TRUE_RATE.exec(line);
      const trueFramesPerSecond = rate === null ? null : Number(rate[1] ?? rate[2]);
      indexed.set(cells[file], { person: cells[person], trueFramesPerSecond });
    }
  }
  return indexed;
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

/** Different pictures a second: what a codec or a player repeats is no new frame. */
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

/** Whether the recording was over before the face had held still, or shown as many good frames as any session needs. */
function isTooShort({ reasons, evidence, positioned }: Played, { match }: Policy): boolean {
  if (!reasons.includes('source-ended')) return false;
  if (!positioned) return true;
  const probes = evidence?.match;
  return (
    reasons.includes('required-cue-unmeasured') ||
    (probes?.measured === true && probes.frames < match.minProbes)
  );
}

/** The same for a recording that did not show as many good frames as its length allows. */
function withProbes(policy: Policy, probes: number): Policy | null {
  return probes < policy.match.minProbes
    ? null
    : { ...policy, match: { ...policy.match, minProbes: probes } };
}

/**
 * What a recording can be judged by: a policy that waits for a blink as it is, where the recording is long enough; the
 * standard policy without its challenges, which nobody in a recording hears; no other, for it would be the same again.
 */
function unaskedPolicy(policy: Policy, lengthMs: number): Policy | null {
  if (policy.challenges === null) return lengthMs >= BLINK_WITHIN_MS ? policy : null;
  if (policy.name !== 'standard') return null;
  const unasked = withoutChallenges(policy);
  // An enrolment has no match to speak for it either.
  return { ...unasked, fusion: { ...unasked.fusion, accept: unasked.fusion.prior } };
}
