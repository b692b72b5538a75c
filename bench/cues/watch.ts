import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { splitMjpeg } from '../../client/kiosk/sources/mjpeg-splitter.ts';
import { postureOf, restOf, deviationFrom, type Deviation } from '../../server/evidence/gesture.ts';
import type { Sample } from '../../server/evidence/sample.ts';
import { ImageDecoder } from '../../server/inference/image-decoder.ts';
import type { FaceAnalysis, FaceRegion } from '../../server/vision/analysis.ts';
import type { FrameAnalyzerCore } from '../../server/vision/analyze.ts';
import type { Presenter } from '../../simulator/index.ts';

/** One image of a recording, encoded as it would be sent. */
export interface Picture {
  readonly atMs: number;
  readonly jpeg: Buffer;
}

/** The frames of one recording as the cues receive them. Frames without a face are left out. */
export type Watched = readonly (Sample & { readonly face: FaceAnalysis })[];

const ANALYSIS_OPTIONS = { embeddings: false, pad: false, countFaces: false };
/** NUAA's frame numbers count the frames of a camera of about 20 frames/s. */
const NUAA_FRAME_MS = 50;

/** Analyses images in sequence and follows the face from one to the next. */
export async function watch(core: FrameAnalyzerCore, pictures: AsyncIterable<Picture>): Promise<Watched> {
  const decoder = new ImageDecoder(4_000_000);
  const seen: (Sample & { readonly face: FaceAnalysis })[] = [];
  let region: FaceRegion | null = null;
  for await (const { atMs, jpeg } of pictures) {
    const decoded = await decoder.decode(jpeg);
    if (!decoded.ok) throw new Error(decoded.code);
    const analysis = await core.analyze(decoded.image, region, ANALYSIS_OPTIONS);
    region = analysis.face.found ? analysis.face.value.region : null;
    if (!analysis.face.found) continue;
    // Timing jitter of a tenth of a millisecond, like that of a browser's clock.
    const capturedAtMs = atMs + (seen.length % 7) / 10;
    seen.push({ seq: seen.length, atMs, capturedAtMs, analysis, face: analysis.face.value });
  }
  return seen;
}

/** The images of a folder of NUAA, or of any folder with names `..._NUMBER.jpg`. */
export async function* folderPictures(folder: string): AsyncGenerator<Picture> {
  const numbered = readdirSync(folder)
    .map((name) => ({ name, number: Number(/_(\d+)\.jpg$/.exec(name)?.[1] ?? Number.NaN) }))
    .filter(({ number }) => Number.isFinite(number))
    .toSorted((a, b) => a.number - b.number);
  for (const { name, number } of numbered)
    yield { atMs: number * NUAA_FRAME_MS, jpeg: readFileSync(path.join(folder, name)) };
}

/**
 * The frames of a video as JPEGs of ffmpeg's quality `quality` (2 is the best), scaled to `share` of their size and
 * back.
 */
export async function clipPictures(
  file: string,
  { quality = 3, share = 1, fromS = 0, seconds = 12 } = {},
): Promise<Picture[]> {
  const probe = [
    '-v',
    'error',
    '-select_streams',
    'v:0',
    '-show_entries',
    'stream=r_frame_rate,width,height',
  ];
  const shown = spawnSync('ffprobe', [...probe, '-of', 'csv=p=0', file], { encoding: 'utf8' }).stdout;
  const [width, height, rate] = shown.trim().split(',');
  const [frames, perSeconds] = rate.split('/').map(Number);
  const even = (side: string) => 2 * Math.round((Number(side) * share) / 2);
  const scaled = ['-vf', `scale=${even(width)}:${even(height)},scale=${width}:${height}`];
  const { stdout } = spawnSync(
    'ffmpeg',
    // biome-ignore format: one option and its value together
    ['-v', 'error', '-ss', `${fromS}`, '-t', `${seconds}`, '-i', file, ...(share === 1 ? [] : scaled),
      '-c:v', 'mjpeg', '-q:v', `${quality}`, '-pix_fmt', 'yuvj420p', '-f', 'image2pipe', 'pipe:1'],
    { maxBuffer: 2 ** 30 },
  );
  const pictures: Picture[] = [];
  for await (const jpeg of splitMjpeg(chunksOf(stdout)))
    pictures.push({ atMs: (pictures.length * 1000 * perSeconds) / frames, jpeg: Buffer.from(jpeg) });
  return pictures;
}

async function* chunksOf(bytes: Buffer): AsyncGenerator<Buffer> {
  yield bytes;
}

/** The images of a presenter at a constant frame rate, until `toMs`. */
export async function* presented(
  presenter: Presenter,
  toMs: number,
  framesPerSecond: number,
): AsyncGenerator<Picture> {
  for (let frame = 0; (frame * 1000) / framesPerSecond < toMs; frame++) {
    const atMs = (frame * 1000) / framesPerSecond;
    yield { atMs, jpeg: await presenter.frameAt(atMs) };
  }
}

/** Deviation of the face from its rest pose in each frame. The rest pose is the median over the frames. */
export function deviations(watched: Watched): Deviation[] {
  const postures = watched.map(({ face, analysis }) => postureOf(face, analysis.width));
  const rest = restOf(postures);
  return postures.map((posture) => deviationFrom(rest, posture));
}
