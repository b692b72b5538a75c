import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { FaceAnalysis } from '../../../server/vision/analysis.ts';
import type { RgbImage } from '../../../server/vision/image.ts';
import { drawHold, type HoldStyle, HOLD_STYLES } from './hold.ts';
import { Looker } from './looker.ts';
import { photographSheet } from './paper.ts';
import { Draws } from './random.ts';
import { namesIn, numberedFrames, videoFrames, videosIn, type TimedPicture } from './recordings.ts';

/** Kind of a real recording. `live-*` are people; all others are attacks. */
export type RealKind =
  | 'live-clip'
  | 'live-webcam'
  | 'print-webcam'
  | `photo-${HoldStyle}`
  | 'replay-fixed'
  | 'replay-in-hand';

/** Analyses of one recording. */
export interface RealStream {
  readonly kind: RealKind;
  readonly name: string;
  readonly faces: readonly { readonly atMs: number; readonly face: FaceAnalysis }[];
}

interface RealStreamOptions {
  readonly data: string;
  readonly seed: number;
  /** Number of photographs that are held before the camera, each in every style in turn. */
  readonly photos: number;
  readonly onStream?: (stream: RealStream) => void;
}

const PHOTO_FPS = 25;
const PHOTO_SECONDS = 5;
const REPLAY_SECONDS = 7;
/** The sensor noise is drawn once. Each row takes it from another position. */
const GRAIN_LENGTH = 1 << 17;
const FRAME = { width: 640, height: 480 };

/** Whether a recording of this kind shows a living person. */
export function isLiving(kind: RealKind): boolean {
  return kind.startsWith('live-');
}

/**
 * Analyses every recording in `data` (clips-dev, nuaa-dev, lfw-dev) with the server's own vision code. Hand-held
 * photographs and screens that replay the clips are rendered, with new sensor noise in each frame.
 */
export async function realStreams({
  data,
  seed,
  photos,
  onStream,
}: RealStreamOptions): Promise<RealStream[]> {
  const looker = await Looker.load();
  const streams: RealStream[] = [];
  const keep = async (kind: RealKind, name: string, pictures: AsyncIterable<TimedPicture>) => {
    looker.startOver();
    const faces: { atMs: number; face: FaceAnalysis }[] = [];
    for await (const { atMs, image } of pictures) {
      const face = await looker.look(image);
      if (face !== null) faces.push({ atMs, face });
    }
    const stream = { kind, name, faces };
    streams.push(stream);
    onStream?.(stream);
  };

  const clips = await videosIn(path.join(data, 'clips-dev'));
  for (const clip of clips) await keep('live-clip', path.basename(clip), videoFrames(clip));
  for (const [kind, folder] of [
    ['live-webcam', 'live'],
    ['print-webcam', 'print'],
  ] as const) {
    const root = path.join(data, 'nuaa-dev', folder);
    for (const name of await namesIn(root))
      await keep(kind, `${folder}/${name}`, numberedFrames(path.join(root, name), looker));
  }
  const people = await namesIn(path.join(data, 'lfw-dev'));
  for (let i = 0; i < Math.min(photos, people.length); i++) {
    const folder = path.join(data, 'lfw-dev', people[Math.floor((i * people.length) / photos)]);
    const [photo] = await namesIn(folder);
    const image = await looker.decode(await readFile(path.join(folder, photo)));
    const style = HOLD_STYLES[i % HOLD_STYLES.length];
    await keep(`photo-${style}`, photo, heldPhoto(image, style, seed + i));
  }
  for (const [i, clip] of clips.entries()) {
    for (const style of ['fixed', 'in-hand'] as const)
      await keep(`replay-${style}`, path.basename(clip), heldScreen(clip, style, seed + 1000 + i));
  }
  return streams;
}

async function* heldPhoto(
  sheet: RgbImage,
  style: HoldStyle,
  seed: number,
): AsyncGenerator<TimedPicture, void, void> {
  const photograph = photographer(style, seed);
  for (let i = 0; i < PHOTO_FPS * PHOTO_SECONDS; i++) yield photograph(sheet, (i * 1000) / PHOTO_FPS);
}

async function* heldScreen(
  clip: string,
  style: HoldStyle,
  seed: number,
): AsyncGenerator<TimedPicture, void, void> {
  const photograph = photographer(style, seed);
  for await (const { atMs, image } of videoFrames(clip)) {
    if (atMs > REPLAY_SECONDS * 1000) return;
    yield photograph(image, atMs);
  }
}

/** Takes images of a sheet that is held in one style, with sensor noise (standard deviation 1.5 to 5 of 255). */
function photographer(style: HoldStyle, seed: number): (sheet: RgbImage, atMs: number) => TimedPicture {
  const draws = new Draws(seed);
  const hold = drawHold(style, draws, draws.between(0, 0.5));
  const wall = draws.between(60, 200);
  const deviation = draws.between(1.5, 5);
  const grain = Int8Array.from({ length: GRAIN_LENGTH }, () => Math.round(draws.normal() * deviation));
  return (sheet, atMs) => {
    const image = { ...FRAME, data: new Uint8Array(3 * FRAME.width * FRAME.height) };
    photographSheet(sheet, hold(atMs / 1000), image, wall);
    const { data } = image;
    const rowLength = 3 * FRAME.width;
    for (let start = 0; start < data.length; start += rowLength) {
      const shift = draws.index(GRAIN_LENGTH - rowLength) - start;
      for (let i = start; i < start + rowLength; i++)
        data[i] = Math.min(255, Math.max(0, data[i] + grain[i + shift]));
    }
    return { atMs, image };
  };
}
