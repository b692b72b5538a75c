import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { extname, join, relative, sep } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { HELP_WORKER } from './help-files.ts';
import type { DemoRequest, DemoResponse } from './http.ts';

interface Asset {
  readonly plain: Uint8Array;
  /** Null when compression does not make it smaller. */
  readonly gzipped: Uint8Array | null;
  readonly type: string;
  readonly etag: string;
  readonly cacheControl: string;
}

/** All files that can be served, by name. Every other name is answered with 404. */
export type Assets = ReadonlyMap<string, Asset>;

const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.woff2': 'font/woff2',
};
/** A file with a content hash in its name never changes. */
const HASHED = /-[A-Z0-9]{8}\.\w+$/;

/** Reads all built files of a folder into memory. Rejects when there is none. */
export async function readAssets(folder: string): Promise<Assets> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile() && extname(entry.name) in TYPES)
    .map((entry) => join(entry.parentPath, entry.name));
  const named = paths.map(
    async (path) => [relative(folder, path).split(sep).join('/'), await readAsset(path)] as const,
  );
  return new Map(await Promise.all(named));
}

async function readAsset(path: string): Promise<Asset> {
  const plain = await readFile(path);
  const gzipped = await promisify(gzip)(plain, { level: 9 });
  return {
    plain,
    gzipped: gzipped.byteLength < 0.9 * plain.byteLength ? gzipped : null,
    type: TYPES[extname(path)] ?? 'application/octet-stream',
    etag: `"${createHash('sha256').update(plain).digest('base64url').slice(0, 22)}"`,
    cacheControl: HASHED.test(path) ? 'public, max-age=31536000, immutable' : 'no-cache',
  };
}

/** The answer for an asset, or null when no asset has that name. */
export function serveAsset(assets: Assets, name: string, { headers }: DemoRequest): DemoResponse | null {
  const asset = assets.get(name);
  if (asset === undefined) return null;
  const { plain, gzipped, type, etag, cacheControl } = asset;
  const about = { ...workerPolicy(name), etag, 'cache-control': cacheControl, vary: 'Accept-Encoding' };
  const known = (headers.get('if-none-match') ?? '').split(',').map((tag) => tag.trim());
  if (known.includes(etag)) return { status: 304, headers: about, body: '' };
  const takesGzip = /\bgzip\b/.test(headers.get('accept-encoding') ?? '');
  return gzipped !== null && takesGzip
    ? { status: 200, headers: { ...about, 'content-type': type, 'content-encoding': 'gzip' }, body: gzipped }
    : { status: 200, headers: { ...about, 'content-type': type }, body: plain };
}

/** A worker has the content security policy of its own response, not of its page. */
function workerPolicy(name: string): Readonly<Record<string, string>> {
  if (!name.endsWith('-worker.js')) return {};
  const wasm = name === HELP_WORKER ? " 'wasm-unsafe-eval'" : '';
  return { 'content-security-policy': `default-src 'none'; script-src 'self'${wasm}; connect-src 'self'` };
}
