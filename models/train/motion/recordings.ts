import { spawn } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import type { RgbImage } from '../../../server/vision/image.ts';
import { TrainError } from '../train-error.ts';
import type { Looker } from './looker.ts';

/** An image of a recording, and the time at which it was taken. */
export interface TimedPicture {
  readonly atMs: number;
  readonly image: RgbImage;
}

/** Frame rate of the NUAA webcams (Tan et al., "Face Liveness Detection from a Single Image ...", ECCV 2010). */
const NUAA_FPS = 20;
const VIDEO = /\.(mp4|mpg|avi|mov|webm)$/i;

/** Sorted names in a folder; empty when the folder does not exist. */
export async function namesIn(folder: string): Promise<string[]> {
  const names: string[] = await readdir(folder).catch(() => []);
  return names.toSorted();
}

/** Sorted paths of the videos in a folder; empty when the folder does not exist. */
export async function videosIn(folder: string): Promise<string[]> {
  return (await namesIn(folder)).filter((name) => VIDEO.test(name)).map((name) => path.join(folder, name));
}

/** The images of a folder whose file names end in a frame number. */
export async function* numberedFrames(
  folder: string,
  looker: Looker,
): AsyncGenerator<TimedPicture, void, void> {
  const numbered = (await namesIn(folder)).flatMap((name) => {
    const number = /(\d+)\.jpe?g$/i.exec(name)?.[1];
    return number === undefined ? [] : [{ name, number: Number(number) }];
  });
  for (const { name, number } of numbered.toSorted((a, b) => a.number - b.number)) {
    const image = await looker.decode(await readFile(path.join(folder, name)));
    yield { atMs: (number * 1000) / NUAA_FPS, image };
  }
}

/**
 * The frames of a video, through ffmpeg.
 * @throws TrainError when ffmpeg cannot read the video
 */
export async function* videoFrames(file: string): AsyncGenerator<TimedPicture, void, void> {
  const { width, height, fps } = await probe(file);
  const child = spawn('ffmpeg', ['-v', 'error', '-i', file, '-f', 'rawvideo', '-pix_fmt', 'rgb24', '-'], {
    // ffmpeg reports an error when its output is closed early.
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const length = 3 * width * height;
  let rest = Buffer.alloc(0);
  let number = 0;
  try {
    for await (const chunk of child.stdout as AsyncIterable<Buffer>) {
      rest = Buffer.concat([rest, chunk]);
      for (; rest.length >= length; rest = rest.subarray(length)) {
        const data = new Uint8Array(rest.subarray(0, length));
        yield { atMs: (number++ * 1000) / fps, image: { data, width, height } };
      }
    }
  } finally {
    child.kill();
  }
}

async function probe(file: string): Promise<{ width: number; height: number; fps: number }> {
  const entries = 'stream=width,height,r_frame_rate';
  const child = spawn(
    'ffprobe',
    ['-v', 'error', '-select_streams', 'v:0', '-show_entries', entries, '-of', 'json', file],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const failed = new Promise<never>((_, reject) => {
    child.on('error', () => reject(new TrainError('Videos need ffmpeg.')));
  });
  const text = await Promise.race([readAll(child.stdout), failed]);
  const { streams } = JSON.parse(text || '{}') as {
    streams?: { width: number; height: number; r_frame_rate: string }[];
  };
  const stream = streams?.[0];
  if (stream === undefined) throw new TrainError(`${file} is no video.`);
  const [over, under] = stream.r_frame_rate.split('/').map(Number);
  return { width: stream.width, height: stream.height, fps: over / (under || 1) };
}

async function readAll(stream: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}
