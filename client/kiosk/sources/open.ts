import { stdin } from 'node:process';
import { FOLDER_FRAMES_PER_SECOND, type RunOptions } from '../options.ts';
import { openCamera } from './camera.ts';
import { isFolder, openFolder } from './folder.ts';
import { mjpegSource } from './mjpeg.ts';
import type { FrameSource } from './source.ts';
import { openVideo } from './video.ts';

/** Default rate of a camera. Below 15 frames a second blinks are missed. */
const CAMERA_FRAMES_PER_SECOND = 30;

export type SourceOptions = Pick<RunOptions, 'source' | 'framesPerSecond' | 'loop' | 'maxEdgePx'>;

/**
 * Opens the source that the command line names. Rejects with a `source.*` error when it does not exist or cannot be
 * read.
 */
export async function openSource(options: SourceOptions): Promise<FrameSource> {
  const { source, framesPerSecond, loop, maxEdgePx } = options;
  if (source.kind === 'stdin') return mjpegSource(stdin, { framesPerSecond });
  if (source.kind === 'camera')
    return openCamera({
      device: source.device,
      framesPerSecond: framesPerSecond ?? CAMERA_FRAMES_PER_SECOND,
      maxEdgePx,
    });
  if (await isFolder(source.path))
    return openFolder(source.path, {
      framesPerSecond: framesPerSecond ?? FOLDER_FRAMES_PER_SECOND,
      loop: loop ?? true,
    });
  return openVideo(source.path, { loop: loop ?? false, maxEdgePx });
}
