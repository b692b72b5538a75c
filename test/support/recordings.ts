import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { DATA_DIR } from './optional.ts';

export const recording = (path: string): string => join(DATA_DIR ?? '', path);

/** Why tests on recordings cannot run, or null when they can. */
export function recordingsMissing(...paths: readonly string[]): string | null {
  if (DATA_DIR === null) return 'VERIFRAME_DATA names no folder';
  const absent = paths.find((path) => !existsSync(recording(path)));
  return absent === undefined ? null : `${absent} is not in VERIFRAME_DATA`;
}

/** Why tests on videos cannot run, or null when they can. */
export function ffmpegMissing(): string | null {
  return spawnSync('ffmpeg', ['-version']).status === 0 ? null : 'ffmpeg is not installed';
}
