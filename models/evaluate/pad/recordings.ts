import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import sharp from 'sharp';
import { hash32 } from '../../../simulator/seeded.ts';
import { sha256 } from '../../file-stamp.ts';
import { EvaluateError } from '../evaluate-error.ts';
import { entriesOf } from '../folder-entries.ts';
import { flatPerformer } from '../../../simulator/attacks/flat-performer.ts';
import type { FootageSource } from './footage.ts';
import { DISPLAY_HOLDING } from './materials.ts';
import { displayed, type DisplayKind } from '../../../simulator/attacks/surfaces.ts';

/** What stood in front of the camera. */
export type Presentation = 'live' | 'print' | 'screen' | 'phone' | 'injected' | 'other attack';

/** A recording of one presentation: a folder of frames, or a video. */
export interface Recording {
  /** Path inside the data folder, with forward slashes. */
  readonly name: string;
  readonly presentation: Presentation;
  readonly source: FootageSource;
}

export interface FoundRecordings {
  readonly recordings: readonly Recording[];
  /** What could not be used, and why. */
  readonly notices: readonly string[];
}

const VIDEO_FILE = /\.(mp4|mov|mkv|avi|webm|mpg|mpeg|mjpeg|mjpg)$/i;
const IMAGE_FILE = /\.(jpe?g|png|webp)$/i;
const FEWEST_FRAMES = 20;
/** Of one video: enough for a session and the reference before it. */
const LONGEST_VIDEO_S = 16;
/** Folders of frames tell no rate; webcams of the time of such sets took about this many. */
const FOLDER_FRAMES_PER_SECOND = 20;
const LARGEST_SIDE = 640;

/** What words in a path say about a presentation; the last word that says something counts. */
const WORDS: readonly (readonly [Presentation, RegExp])[] = [
  ['live', /^(live|real|genuine|bona-?fide|clientraw|clips|clip)$/],
  ['print', /^(print(ed)?|photo|paper|imposterraw|cut|warped)$/],
  ['phone', /^(phone|mobile)$/],
  ['screen', /^(screen|display|monitor|tablet|laptop|replay|video-?replay|pc)$/],
  ['injected', /^(deepfake|swap|swapped|injected|injection|synthetic)$/],
  ['other attack', /^(attack|spoof|fake|mask|hack)$/],
];

/**
 * Finds recordings below a folder. What a recording shows is told by words in its path such as `live`, `print`,
 * `screen`; a recording without one is taken for live. Folders laid out as `Name/Name_0001.jpg` are photographs, not
 * recordings, and left out.
 */
export async function findRecordings(folder: string): Promise<FoundRecordings> {
  const recordings: Recording[] = [];
  const notices: string[] = [];
  const visited = new Set<string>();
  const visit = async (relative: string): Promise<void> => {
    // A link may lead back to a folder above it.
    const real = await realpath(path.join(folder, relative));
    if (visited.has(real)) return;
    visited.add(real);
    const { files, folders } = await entriesOf(real);
    const images = files.filter((name) => IMAGE_FILE.test(name));
    const photograph = `${path.posix.basename(relative)}_0001.`;
    const isPhotographs = images.some((name) => name.startsWith(photograph));
    if (images.length > 0 && !isPhotographs) {
      if (images.length < FEWEST_FRAMES) notices.push(`${relative} has fewer than ${FEWEST_FRAMES} frames`);
      else recordings.push(framesRecording(folder, relative, images));
    }
    for (const name of files.filter((file) => VIDEO_FILE.test(file))) {
      recordings.push(await videoRecording(folder, path.posix.join(relative, name)));
    }
    for (const name of folders) {
      await visit(path.posix.join(relative, name));
    }
  };
  try {
    await visit('.');
  } catch (error) {
    if (error instanceof EvaluateError) throw error;
    throw new EvaluateError(
      `${folder} cannot be read: ${error instanceof Error ? error.message : 'unknown'}`,
    );
  }
  const hasVideo = recordings.some(({ name }) => VIDEO_FILE.test(name));
  if (hasVideo && !(await hasFfmpeg())) {
    notices.push('ffmpeg is not installed, so videos are left out');
    return { recordings: recordings.filter(({ name }) => !VIDEO_FILE.test(name)), notices };
  }
  return { recordings, notices };
}

/** What the words of a path say. */
export function presentationOf(name: string): Presentation {
  const words = name.toLowerCase().split(/[^a-z]+|(?<=\d)(?=[a-z])/);
  for (const word of words.toReversed()) {
    const found = WORDS.find(([, pattern]) => pattern.test(word));
    if (found !== undefined) return found[0];
  }
  return 'live';
}

function framesRecording(folder: string, relative: string, names: readonly string[]): Recording {
  const number = (name: string) => Number(/(\d+)\D*$/.exec(name)?.[1] ?? 0);
  const files = names
    .toSorted((a, b) => number(a) - number(b) || (a < b ? -1 : 1))
    .map((name) => path.join(folder, relative, name));
  return {
    name: relative,
    presentation: presentationOf(relative),
    source: {
      id: `frames ${path.resolve(folder, relative)} ${files.length}`,
      framesPerSecond: FOLDER_FRAMES_PER_SECOND,
      async *pictures() {
        for (const file of files) yield await readFile(file);
      },
    },
  };
}

async function videoRecording(folder: string, relative: string): Promise<Recording> {
  const file = path.resolve(folder, relative);
  return {
    name: relative,
    presentation: presentationOf(relative),
    source: {
      id: `video ${sha256(await readFile(file))}`,
      framesPerSecond: VIDEO_FRAMES_PER_SECOND,
      pictures: () => videoFrames(file),
    },
  };
}

/** Videos are brought to this rate, which a session gets from a webcam. */
const VIDEO_FRAMES_PER_SECOND = 25;

async function hasFfmpeg(): Promise<boolean> {
  return await run('ffmpeg', ['-version']).then(
    () => true,
    () => false,
  );
}

const run = promisify(execFile);

async function* videoFrames(file: string): AsyncGenerator<Buffer> {
  const folder = await mkdtemp(path.join(tmpdir(), 'veriframe-video-'));
  try {
    const fit = `fps=${VIDEO_FRAMES_PER_SECOND},scale=w='min(${LARGEST_SIDE},iw)':h=-2`;
    const input = ['-v', 'error', '-t', `${LONGEST_VIDEO_S}`, '-i', file];
    const output = ['-an', '-vf', fit, '-q:v', '2', path.join(folder, '%05d.jpg')];
    await run('ffmpeg', [...input, ...output]).catch(() => {
      throw new EvaluateError(`${file} cannot be read as a video.`);
    });
    for (const name of (await readdir(folder)).toSorted()) yield await readFile(path.join(folder, name));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** A recording's frames as a camera sees them on a display. Simulated. */
export function onDisplay({ source, name }: Recording, kind: DisplayKind): FootageSource {
  const seed = hash32(...Buffer.from(name));
  return {
    id: `${source.id} on a ${kind}`,
    framesPerSecond: source.framesPerSecond,
    async *pictures() {
      let picture = { data: new Uint8Array(), width: 0, height: 0 };
      const performer = flatPerformer(
        (_, atMs) => displayed(picture, kind, seed, atMs),
        DISPLAY_HOLDING[kind],
        seed,
      );
      let frame = 0;
      for await (const bytes of source.pictures()) {
        const { data, info } = await sharp(bytes)
          .toColourspace('srgb')
          .raw()
          .toBuffer({ resolveWithObject: true });
        picture = { data: new Uint8Array(data), width: info.width, height: info.height };
        yield await performer.frameAt([], (1000 * frame++) / source.framesPerSecond);
      }
    },
  };
}
