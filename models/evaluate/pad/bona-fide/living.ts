import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Policy } from '../../../../server/decision/policy-shape.ts';
import { durationMs, type Footage } from '../footage.ts';
import { withoutChallenges } from '../ledger.ts';
import { RecordingPresenter, recordingOf } from '../presenters.ts';
import { atLength, enrolmentFrames } from '../recording-kinds.ts';
import { findRecordings, type Recording } from '../recordings.ts';
import { referenceFrom } from '../session-kinds.ts';
import { compressed, type Codec } from './compressed.ts';
import type { Condition, Showing, Subject } from './subject.ts';

/** Recordings are entered at a moment drawn from their start, and at least this much is left. */
const LEFT_MS = 6_000;
/** A recording that shows less than this beside its reference says nothing about a session. */
const LEAST_MS = 3_000;
/** Policies that wait for somebody to blink need this much of a recording. */
const BLINK_WITHIN_MS = 8_000;
const SLOW_FRAMES_PER_SECOND = 12;
/** A face that is followed in fewer frames than this is not one person before a camera. */
const MIN_FOLLOWED_SHARE = 0.8;

export interface LivingRecordings {
  readonly subjects: readonly Subject[];
  readonly notices: readonly string[];
}

/** Every recording of a living person below a folder, one after the other compressed by each codec in turn; attacks are left out. Throws EvaluateError where it cannot be read. */
export async function findLiving(folder: string, codecs: readonly Codec[]): Promise<LivingRecordings> {
  const { recordings, notices } = await findRecordings(folder);
  const people = await peopleOf(folder);
  const live = recordings.filter(({ presentation }) => presentation === 'live');
  return {
    subjects: live.map((recording, index) => livingSubject(recording, people, codecs[index % codecs.length])),
    notices,
  };
}

/** Column names of an index of recordings: the path from the data folder, and who is in it. */
const INDEX_FILE = 'INDEX.tsv';

/** Who is in which recording, where an index beside the recordings says so. */
async function peopleOf(folder: string): Promise<ReadonlyMap<string, string>> {
  const people = new Map<string, string>();
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
      if (cells[file] && cells[person]) people.set(cells[file], cells[person]);
    }
  }
  return people;
}

function livingSubject(
  { name, source }: Recording,
  people: ReadonlyMap<string, string>,
  codec: Codec,
): Subject {
  const coded = compressed(source, codec);
  return {
    person: people.get(name) ?? name,
    name,
    sources: [source, coded],
    showings(footages) {
      const footage = footages.get(source.id);
      if (footage === undefined) return { unusable: 'it was not analysed' };
      const unusable = whyUnusable(footage);
      if (unusable !== null) return { unusable };
      const isSlow = framesPerSecondOf(footage) < SLOW_FRAMES_PER_SECOND;
      const shown: readonly (readonly [Condition, Footage | undefined, number])[] = isSlow
        ? [['recorded, below 12 fps', footage, footage.framesPerSecond]]
        : [
            ['recorded', footage, footage.framesPerSecond],
            ['recorded, 12 fps', footage, SLOW_FRAMES_PER_SECOND],
            ['recorded, compressed', footages.get(coded.id), footage.framesPerSecond],
          ];
      const showings = shown
        .map(([condition, of, rate]) => showingOf(name, condition, of, rate))
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
  const leftMs = durationMs(footage) * (1 - enrolmentFrames(footage) / frames.length);
  return leftMs < LEAST_MS ? `less than ${LEAST_MS / 1000} s are left beside its reference` : null;
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
      const isAsIs = policy.requiredCues.includes('blink');
      return {
        presenter: new RecordingPresenter(frames, { offsetMs: isAsIs ? 0 : offsetMs, once: true }),
        policy: isAsIs ? policy : atLength(policy, lengthMs - offsetMs),
      };
    },
  };
}

/**
 * What a recording can be judged by: a policy that waits for a blink as it is, where the recording is long enough; the
 * standard policy without its challenges, which nobody in a recording hears; no other, for it would be the same again.
 */
function unaskedPolicy(policy: Policy, lengthMs: number): Policy | null {
  if (policy.challenges === null) return lengthMs >= BLINK_WITHIN_MS ? policy : null;
  return policy.name === 'standard' ? withoutChallenges(policy) : null;
}
