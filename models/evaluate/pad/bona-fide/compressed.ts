import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import sharp from 'sharp';
import { EvaluateError } from '../../evaluate-error.ts';
import type { FootageSource } from '../footage.ts';

/** Codecs of cameras, and of programs between the camera and the client. */
const CODECS = ['h264', 'mjpeg'] as const;
export type Codec = (typeof CODECS)[number];

/** JPEG quality, 1..100, of a cheap camera. */
const MJPEG_QUALITY = 40;
/** Bits for each pixel: 460 kbit/s at 640 × 480 and 25 frames/s, like a poor video call. */
const BITS_PER_PIXEL = 0.06;

/** Names of the codecs in a report. */
export const CODEC_WORDS: Readonly<Record<Codec, string>> = {
  h264: `H.264 at ${BITS_PER_PIXEL} bits a pixel`,
  mjpeg: `MJPEG of quality ${MJPEG_QUALITY}`,
};

/** The codecs that this machine can encode. */
export async function availableCodecs(): Promise<readonly Codec[]> {
  const encoders = await run('ffmpeg', ['-v', 'error', '-encoders']).then(
    ({ stdout }) => stdout,
    () => '',
  );
  return encoders.includes('libx264') ? CODECS : ['mjpeg'];
}

const run = promisify(execFile);

/**
 * The source's images after encoding and decoding. All images must have the same size.
 * @throws EvaluateError where ffmpeg fails
 */
export function compressed(source: FootageSource, codec: Codec): FootageSource {
  const id = `${source.id} through ${codec}`;
  return { ...source, id, pictures: codec === 'mjpeg' ? () => asMjpeg(source) : () => throughH264(source) };
}

async function* asMjpeg({ pictures }: FootageSource): AsyncGenerator<Buffer> {
  for await (const picture of pictures()) {
    yield await sharp(picture).jpeg({ quality: MJPEG_QUALITY, chromaSubsampling: '4:2:0' }).toBuffer();
  }
}

async function* throughH264({ id, framesPerSecond, pictures }: FootageSource): AsyncGenerator<Buffer> {
  const folder = await mkdtemp(path.join(tmpdir(), 'veriframe-codec-'));
  const at = (name: string) => path.join(folder, name);
  try {
    let count = 0;
    let pixels = 0;
    for await (const picture of pictures()) {
      if (count === 0) {
        const { width, height } = await sharp(picture).metadata();
        pixels = width * height;
      }
      await writeFile(at(`in-${String(count++).padStart(5, '0')}.jpg`), picture);
    }
    if (count === 0) return;
    const rate = `${Math.round(BITS_PER_PIXEL * pixels * framesPerSecond)}`;
    const quality = ['-b:v', rate, '-maxrate', rate, '-bufsize', `${Math.round(Number(rate) / 2)}`];
    const encoder = ['-c:v', 'libx264', '-preset', 'veryfast', '-tune', 'zerolatency', '-pix_fmt', 'yuv420p'];
    const even = ['-vf', 'crop=trunc(iw/2)*2:trunc(ih/2)*2'];
    const frames = ['-v', 'error', '-framerate', `${framesPerSecond}`, '-i', at('in-%05d.jpg')];
    await run('ffmpeg', [...frames, ...even, ...encoder, ...quality, at('stream.mp4')]);
    await run('ffmpeg', ['-v', 'error', '-i', at('stream.mp4'), '-q:v', '2', at('out-%05d.jpg')]);
    const decoded = (await readdir(folder)).filter((name) => name.startsWith('out-')).toSorted();
    for (const name of decoded) yield await readFile(at(name));
  } catch (error) {
    throw new EvaluateError(
      `${id} cannot be compressed: ${error instanceof Error ? error.message : 'unknown'}`,
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
