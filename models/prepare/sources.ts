import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { download } from './download.ts';
import { type FileStamp, sha256, stampOf, writeAtomically } from '../file-stamp.ts';
import type { SourceFile } from '../manifest.ts';
import { installedPackage, packageRoot } from '../package-root.ts';
import type { FailedDownload } from '../cache-index.ts';

const RETRY_AFTER_MS = 24 * 60 * 60 * 1000;

/** A source file that was read and has the manifest's hash. */
export interface ObtainedSource {
  readonly ok: true;
  readonly bytes: Uint8Array;
  readonly stamp: FileStamp;
}
export interface MissingSource {
  readonly ok: false;
  readonly code: 'not-installed' | 'changed' | 'offline' | 'failed-lately' | 'download-failed';
  readonly why: string;
  /** Present when a download was tried and failed in this run. */
  readonly failed?: { readonly url: string; readonly why: string };
}

export interface SourceOptions {
  readonly cacheDir: string;
  /** Folder that is searched for downloads before the network is used. */
  readonly mirrorDir: string | null;
  readonly offline: boolean;
  /** True: downloads that failed within the last day are tried again. */
  readonly retry: boolean;
  readonly nowMs: number;
  readonly failedDownloads: Readonly<Record<string, FailedDownload>>;
  readonly onNotice: (notice: string) => void;
}

/**
 * The path of a source inside an npm package or the repository.
 * @throws Error when the package is not installed
 */
export function packagedFile(from: Exclude<SourceFile['from'], { kind: 'download' }>): string {
  const folder = from.kind === 'package' ? installedPackage(from.packageName) : packageRoot();
  return path.join(folder, from.path);
}

/**
 * Gets one source file from its npm package, or from the mirror, an earlier download in the cache, or a new download,
 * in this order. Only bytes with the manifest's SHA-256 are accepted, wherever they come from.
 */
export async function obtainSource(
  source: SourceFile,
  options: SourceOptions,
): Promise<ObtainedSource | MissingSource> {
  const { from } = source;
  if (from.kind !== 'download') {
    const label = from.kind === 'package' ? `${from.path} of ${from.packageName}` : from.path;
    let file: string;
    let bytes: Uint8Array;
    try {
      file = packagedFile(from);
      bytes = await readFile(file);
    } catch {
      return { ok: false, code: 'not-installed', why: `${label} is not installed` };
    }
    if (sha256(bytes) !== source.sha256) {
      return {
        ok: false,
        code: 'changed',
        why: `${label} is not the file in the manifest (SHA-256 differs)`,
      };
    }
    return { ok: true, bytes, stamp: await stampOf(file, bytes) };
  }

  const kept = path.join(options.cacheDir, 'downloads', from.fileName);
  const accept = async (bytes: Uint8Array): Promise<ObtainedSource> => {
    await writeAtomically(kept, bytes);
    return { ok: true, bytes, stamp: await stampOf(kept, bytes) };
  };
  if (options.mirrorDir !== null) {
    const bytes = await readFile(path.join(options.mirrorDir, from.fileName)).catch(() => null);
    if (bytes !== null && sha256(bytes) === source.sha256) return accept(bytes);
    if (bytes !== null) options.onNotice(`${from.fileName} in the mirror was refused: its SHA-256 differs`);
  }
  const earlier = await readFile(kept).catch(() => null);
  if (earlier !== null && sha256(earlier) === source.sha256) {
    return { ok: true, bytes: earlier, stamp: await stampOf(kept, earlier) };
  }

  if (options.offline) return { ok: false, code: 'offline', why: 'downloads are switched off' };
  const failed = options.failedDownloads[from.url];
  if (failed !== undefined && !options.retry && options.nowMs - failed.atMs < RETRY_AFTER_MS) {
    return { ok: false, code: 'failed-lately', why: `the last download failed: ${failed.why}` };
  }
  const result = await download(from.url, source);
  if (result.ok) return accept(result.bytes);
  return {
    ok: false,
    code: 'download-failed',
    why: `the download failed: ${result.why}`,
    failed: { url: from.url, why: result.why },
  };
}
