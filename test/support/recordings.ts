import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Recordings of real people, for tests only; never part of the project. */
export const DATA_DIR = resolve(
  process.env['VERIFRAME_DATA'] ?? fileURLToPath(new URL('../../../shared/data', import.meta.url)),
);

export const recording = (path: string): string => join(DATA_DIR, path);

/** Why tests on recordings cannot run, or null when they can. */
export function recordingsMissing(...paths: readonly string[]): string | null {
  const absent = paths.find((path) => !existsSync(recording(path)));
  return absent === undefined ? null : `${absent} is not in VERIFRAME_DATA`;
}

/** Why tests on videos cannot run, or null when they can. */
export function ffmpegMissing(): string | null {
  return spawnSync('ffmpeg', ['-version']).status === 0 ? null : 'ffmpeg is not installed';
}
