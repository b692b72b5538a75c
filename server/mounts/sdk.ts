import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { extname, join, relative, sep } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { packageRoot } from '../../models/package-root.ts';
import { type Mount, type MountRequest, NO_BODY, type PlainMount } from '../gateway/mount.ts';
import { JSON_TYPE } from '../gateway/responses.ts';
import type { HttpResponse } from '../gateway/transport.ts';
import { ConfigError } from '../settings/option.ts';

export interface SdkSettings {
  readonly part: 'sdk';
  /** Folder of the built files; empty: `dist/sdk` in the package. */
  readonly sdkDir: string;
}

interface Log {
  debug(fields: object, message: string): void;
}

interface SdkFile {
  readonly content: Uint8Array;
  /** For files whose type compresses; made when it is first asked for. */
  readonly gzipped: (() => Promise<Uint8Array>) | null;
  readonly type: string;
  readonly etag: string;
  readonly headers: Readonly<Record<string, string>>;
}

const SDK_PATH = '/sdk/';
const INTEGRITY_FILE = 'integrity.json';

/** Media types by file extension, and whether such files compress. Others are bytes without a meaning. */
const TYPES: Readonly<Record<string, readonly [type: string, compresses: boolean]>> = {
  '.js': ['text/javascript; charset=utf-8', true],
  '.mjs': ['text/javascript; charset=utf-8', true],
  '.css': ['text/css; charset=utf-8', true],
  '.json': ['application/json; charset=utf-8', true],
  '.map': ['application/json; charset=utf-8', true],
  '.txt': ['text/plain; charset=utf-8', true],
  '.svg': ['image/svg+xml', true],
  '.woff2': ['font/woff2', false],
  '.wasm': ['application/wasm', true],
};
const OTHER_TYPE = ['application/octet-stream', false] as const;

/** Names that need no percent-encoding, without hidden files. Others are not served. */
const SERVED_NAME = /^[\w-][\w.-]*(\/[\w-][\w.-]*)*$/;
/** A name with a hash of its content never means another content. esbuild writes eight letters and digits. */
const HASHED_NAME = /-[A-Z0-9]{8}\.[\w.]+$/;
const FOREVER = 'public, max-age=31536000, immutable';
/** Kept, but asked for again by its ETag before each use, so that an upgrade arrives at once. */
const REVALIDATED = 'public, no-cache';

/**
 * Serves the built browser files, from a list that is read once, and `integrity.json`, which names the SHA-384 of each
 * (Subresource Integrity). Pages of every origin may load them.
 * @param builtDir the folder where none is configured
 * @returns no mount when that folder is not built
 * @throws ConfigError when the configured folder does not exist
 */
export async function openSdk(
  { sdkDir }: SdkSettings,
  log: Log,
  builtDir: string = join(packageRoot(), 'dist', 'sdk'),
): Promise<readonly Mount[]> {
  const folder = sdkDir === '' ? builtDir : sdkDir;
  try {
    return [sdkMount(await readFiles(folder))];
  } catch (cause) {
    const isNoFolder =
      cause instanceof Error && 'code' in cause && ['ENOENT', 'ENOTDIR'].includes(String(cause.code));
    if (!isNoFolder) throw cause;
    if (sdkDir !== '') throw new ConfigError(`VERIFRAME_SDK_DIR: ${folder} is no folder.`, { cause });
    log.debug({ folder }, 'the browser files are not built: nothing is served under /sdk');
    return [];
  }
}

function sdkMount(files: ReadonlyMap<string, SdkFile>): PlainMount {
  const fileAt = (path: string) =>
    path.startsWith(SDK_PATH) ? files.get(path.slice(SDK_PATH.length)) : undefined;
  return {
    name: 'sdk',
    body: NO_BODY,
    readableBy: 'any-origin',
    match: (method, path) => (method === 'GET' && fileAt(path) !== undefined ? {} : null),
    async handle(request) {
      const file = fileAt(request.path);
      if (file === undefined) throw new Error('The path has matched no file.');
      return await serve(file, request);
    },
  };
}

async function serve(file: SdkFile, { headers }: MountRequest<undefined>): Promise<HttpResponse> {
  const { content, gzipped, type, etag } = file;
  const known = (headers.get('if-none-match') ?? '').split(',').map((tag) => tag.trim().replace(/^W\//, ''));
  const isGzip = gzipped !== null && /\bgzip\b/.test(headers.get('accept-encoding') ?? '');
  // Two representations of one file must not share a strong ETag (RFC 9110, section 8.8.3).
  const tag = isGzip ? `"${etag}-gzip"` : `"${etag}"`;
  const about = { ...file.headers, etag: tag };
  if (known.includes(tag)) return { status: 304, headers: about, body: '' };
  return isGzip
    ? {
        status: 200,
        headers: { ...about, 'content-type': type, 'content-encoding': 'gzip' },
        body: await gzipped(),
      }
    : { status: 200, headers: { ...about, 'content-type': type }, body: content };
}

/** The files to serve, by their names within the folder. Only an exact name finds one. */
async function readFiles(folder: string): Promise<ReadonlyMap<string, SdkFile>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const names = entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .filter((name) => SERVED_NAME.test(name) && name !== INTEGRITY_FILE)
    .toSorted();
  const contents = await Promise.all(
    names.map(async (name) => [name, new Uint8Array(await readFile(join(folder, name)))] as const),
  );
  return new Map([
    ...contents.map(([name, content]) => [name, fileOf(name, content)] as const),
    [INTEGRITY_FILE, fileOf(INTEGRITY_FILE, integrityOf(contents))],
  ]);
}

/** `{ "files": { "<name>": "sha384-<base64>" } }`, each as an `integrity` attribute takes it. */
function integrityOf(contents: readonly (readonly [name: string, content: Uint8Array])[]): Uint8Array {
  const files = contents.map(([name, content]) => {
    const digest = createHash('sha384').update(content).digest('base64');
    return [name, `sha384-${digest}`] as const;
  });
  return Buffer.from(`${JSON.stringify({ files: Object.fromEntries(files) }, null, 2)}\n`);
}

function fileOf(name: string, content: Uint8Array): SdkFile {
  const [type, compresses] = TYPES[extname(name)] ?? OTHER_TYPE;
  let compressed: Promise<Uint8Array> | null = null;
  return {
    content,
    gzipped: compresses ? () => (compressed ??= promisify(gzip)(content, { level: 9 })) : null,
    type: name === INTEGRITY_FILE ? JSON_TYPE : type,
    etag: createHash('sha256').update(content).digest('base64url').slice(0, 22),
    headers: {
      ...workerPolicy(name),
      'cache-control': HASHED_NAME.test(name) ? FOREVER : REVALIDATED,
      vary: 'Accept-Encoding',
    },
  };
}

/** A worker goes by the policy of its own script, not by that of its page. Only the help worker runs WebAssembly. */
function workerPolicy(name: string): Readonly<Record<string, string>> {
  if (!name.endsWith('-worker.js')) return {};
  const wasm = name === 'help-worker.js' ? " 'wasm-unsafe-eval'" : '';
  return { 'content-security-policy': `default-src 'none'; script-src 'self'${wasm}; connect-src 'self'` };
}
