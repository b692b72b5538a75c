import { access } from 'node:fs/promises';
import { KioskError } from '../errors.ts';
import { openFfmpeg } from './ffmpeg.ts';
import type { FrameSource } from './source.ts';

interface CameraOptions {
  /**
   * The system's name of the camera: `/dev/video0` on Linux, an index on macOS, a name on Windows. Null: the first
   * camera.
   */
  readonly device: string | null;
  readonly framesPerSecond: number;
  /** Longer side of the pictures, in pixels. */
  readonly maxEdgePx: number;
}

/** Opens a camera through ffmpeg. Rejects with `source.not_found` or `source.ffmpeg_missing`. */
export async function openCamera(
  { device, framesPerSecond, maxEdgePx }: CameraOptions,
  platform: NodeJS.Platform = process.platform,
): Promise<FrameSource> {
  const input = cameraArguments(device, framesPerSecond, platform);
  if (platform === 'linux') {
    const path = input.at(-1) ?? '';
    await access(path).catch((cause: unknown) => {
      throw new KioskError('source.not_found', `There is no camera at ${path}.`, { cause });
    });
  }
  return openFfmpeg(input, maxEdgePx);
}

/**
 * ffmpeg's input arguments for a camera on this platform. Throws `source.not_found` when the platform needs a name and
 * none is given.
 */
export function cameraArguments(
  device: string | null,
  framesPerSecond: number,
  platform: NodeJS.Platform,
): string[] {
  const rate = ['-framerate', String(framesPerSecond)];
  if (platform === 'darwin') return ['-f', 'avfoundation', ...rate, '-i', device ?? '0'];
  if (platform === 'win32') {
    if (device === null) throw new KioskError('source.not_found', 'Name the camera: camera:NAME.');
    return ['-f', 'dshow', ...rate, '-i', `video=${device}`];
  }
  // The driver chooses the nearest size and rate that the camera supports.
  return ['-f', 'v4l2', ...rate, '-video_size', '640x480', '-i', device ?? '/dev/video0'];
}
