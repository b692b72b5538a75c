import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { KioskError } from '../errors.ts';
import { programEnvironment } from '../program-environment.ts';
import { latest } from './latest.ts';
import { splitMjpeg } from './mjpeg-splitter.ts';
import type { FrameSource, PlayOptions, SourceFrame } from './source.ts';

/** How much of the end of ffmpeg's error output is kept. */
const MOST_COMPLAINT_CHARACTERS = 2_000;

/**
 * A source that ffmpeg reads. `input` holds ffmpeg's arguments up to and including `-i` and its value. Pictures are
 * scaled to fit a square of `maxEdgePx`. Rejects with `source.ffmpeg_missing`.
 */
export async function openFfmpeg(input: readonly string[], maxEdgePx: number): Promise<FrameSource> {
  await requireFfmpeg();
  return { play: (options) => latest(playFfmpeg([...input, ...outputArguments(maxEdgePx)], options)) };
}

async function requireFfmpeg(): Promise<void> {
  const probe = spawn('ffmpeg', ['-version'], { stdio: 'ignore', env: programEnvironment() });
  await once(probe, 'close').catch((cause: unknown) => {
    throw new KioskError('source.ffmpeg_missing', undefined, { cause });
  });
}

/** Writes JPEGs to standard output, one for each frame of the input, never enlarged. */
function outputArguments(maxEdgePx: number): string[] {
  const box = `w='min(${maxEdgePx},iw)':h='min(${maxEdgePx},ih)'`;
  const scale = `scale=${box}:force_original_aspect_ratio=decrease:force_divisible_by=2`;
  const frames = ['-map', '0:v:0', '-vf', scale, '-fps_mode', 'passthrough'];
  const encoder = ['-c:v', 'mjpeg', '-threads:v', '1', '-q:v', '2', '-pix_fmt', 'yuvj420p'];
  const pipe = ['-f', 'image2pipe', '-flush_packets', '1', 'pipe:1'];
  return [...frames, ...encoder, ...pipe];
}

async function* playFfmpeg(
  ffmpegArguments: readonly string[],
  { fit, signal }: PlayOptions,
): AsyncGenerator<SourceFrame> {
  if (signal.aborted) return;
  // One thread outputs each frame as soon as it is decoded; several threads would delay frames.
  const everywhere = ['-hide_banner', '-nostdin', '-loglevel', 'error', '-threads', '1'];
  const child = spawn('ffmpeg', [...everywhere, ...ffmpegArguments], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: programEnvironment(),
  });
  let complaint = '';
  child.stderr.setEncoding('utf8');
  child.stderr.on('data', (part: string) => {
    complaint = (complaint + part).slice(-MOST_COMPLAINT_CHARACTERS);
  });
  const closed: Promise<unknown[]> = once(child, 'close');
  closed.catch(() => {});
  const kill = () => void child.kill('SIGKILL');
  signal.addEventListener('abort', kill);
  let pictures = 0;
  try {
    for await (const picture of splitMjpeg(child.stdout)) {
      if (signal.aborted) return;
      pictures += 1;
      yield { capturedAtMs: Date.now(), picture: () => fit(picture) };
    }
    const [exitCode] = await closed;
    if (signal.aborted) return;
    if (exitCode !== 0) throw new KioskError('source.ffmpeg_failed', lastLine(complaint));
    if (pictures === 0) throw new KioskError('source.empty', 'The video has no frames.');
  } finally {
    signal.removeEventListener('abort', kill);
    kill();
  }
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? '';
}
