import { resolve } from 'node:path';
import { openFfmpeg } from './ffmpeg.ts';
import type { FrameSource } from './source.ts';

interface VideoOptions {
  readonly loop: boolean;
  /** Longer side of the pictures, in pixels. */
  readonly maxEdgePx: number;
}

/**
 * Plays any video file that ffmpeg decodes, in real time by its own time stamps. Only local files are opened, also when
 * the file is a playlist that names others. Rejects with `source.ffmpeg_missing`.
 */
export function openVideo(path: string, { loop, maxEdgePx }: VideoOptions): Promise<FrameSource> {
  const repeat = loop ? ['-stream_loop', '-1'] : [];
  const file = ['-protocol_whitelist', 'file', '-i', `file:${resolve(path)}`];
  return openFfmpeg([...repeat, '-re', ...file], maxEdgePx);
}
