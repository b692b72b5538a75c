import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { openSdk } from '../../server/mounts/sdk.ts';
import { ConfigError } from '../../server/settings/option.ts';
import { type Running, startGateway, TRANSPORTS } from '../gateway/harness.ts';

const SCRIPT = `export const words = ${JSON.stringify('face '.repeat(1000))};\n`;
const SECRET = 'nobody may read this';
const log = { debug: () => undefined };

describe.each(TRANSPORTS)('the browser files over %s', (_, transport) => {
  let parent: string;
  let folder: string;
  let running: Running;

  beforeAll(async () => {
    parent = await mkdtemp(join(tmpdir(), 'veriframe-sdk-'));
    folder = join(parent, 'sdk');
    await mkdir(join(folder, 'fonts'), { recursive: true });
    const files: Record<string, string | Uint8Array> = {
      'face-auth.js': SCRIPT,
      'shared-GX5U4WJT.js': SCRIPT,
      'encode-worker.js': SCRIPT,
      'help-worker.js': SCRIPT,
      'inter.css': 'a {}',
      'fonts/inter-latin.woff2': new Uint8Array([0, 1, 2, 255]),
      'model.bin': new Uint8Array([7]),
      'integrity.json': '{"files":{}}',
      '.env': SECRET,
      'with space.js': SECRET,
    };
    for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content);
    await writeFile(join(parent, 'secret.js'), SECRET);
    await symlink(join(parent, 'secret.js'), join(folder, 'link.js'));
    const [mount] = await openSdk({ part: 'sdk', sdkDir: folder }, log);
    running = await startGateway(transport, {
      options: { allowedOrigins: ['https://shop.example'] },
      ...(mount === undefined ? {} : { front: mount }),
    });
  });
  afterAll(async () => {
    await running.gateway.close();
    await rm(parent, { recursive: true, force: true });
  });
  const ask = (path: string, headers: Record<string, string> = {}, method = 'GET') =>
    fetch(running.httpUrl + path, { method, headers });

  /** As it is written, which `fetch` would tidy up, and as it is sent, which `fetch` would unpack. */
  const askRaw = (path: string, headers: Record<string, string> = {}) =>
    new Promise<{ status: number | undefined; headers: NodeJS.Dict<string | string[]>; body: Buffer }>(
      (resolve, reject) => {
        request({ host: '127.0.0.1', port: running.port, path, headers }, (response) => {
          const parts: Buffer[] = [];
          response.on('data', (part: Buffer) => parts.push(part));
          response.on('end', () =>
            resolve({
              status: response.statusCode,
              headers: response.headers,
              body: Buffer.concat(parts),
            }),
          );
        })
          .on('error', reject)
          .end();
      },
    );

  it.each([
    ['face-auth.js', 'text/javascript; charset=utf-8'],
    ['inter.css', 'text/css; charset=utf-8'],
    ['fonts/inter-latin.woff2', 'font/woff2'],
    ['model.bin', 'application/octet-stream'],
    ['integrity.json', 'application/json; charset=utf-8'],
  ])('serve %s as %s to pages of every origin', async (name, type) => {
    const { status, headers } = await ask(`/sdk/${name}`, { origin: 'https://elsewhere.example' });
    expect([status, headers.get('content-type')]).toEqual([200, type]);
    expect(headers.get('access-control-allow-origin')).toBe('*');
    expect(headers.get('cross-origin-resource-policy')).toBe('cross-origin');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
  });

  it('come whole, packed for whoever takes it, and not again to whoever has them', async () => {
    const plain = await askRaw('/sdk/face-auth.js');
    const packed = await askRaw('/sdk/face-auth.js', { 'accept-encoding': 'br, gzip' });
    expect(plain.body.toString()).toBe(SCRIPT);
    expect(packed.headers['content-encoding']).toBe('gzip');
    expect(packed.body.byteLength).toBeLessThan(SCRIPT.length / 10);
    expect(gunzipSync(packed.body).toString()).toBe(SCRIPT);
    expect(packed.headers['vary']).toBe('Accept-Encoding');
    expect(packed.headers['etag']).not.toBe(plain.headers['etag']);
    const font = await askRaw('/sdk/fonts/inter-latin.woff2', { 'accept-encoding': 'gzip' });
    expect([font.headers['content-encoding'], [...font.body]]).toEqual([undefined, [0, 1, 2, 255]]);
    const etag = String(plain.headers['etag']);
    for (const known of [etag, `W/${etag}`, `"other", ${etag}`]) {
      const again = await askRaw('/sdk/face-auth.js', { 'if-none-match': known });
      expect([again.status, again.body.byteLength, again.headers['etag']]).toEqual([304, 0, etag]);
    }
    expect((await askRaw('/sdk/face-auth.js', { 'if-none-match': '"other"' })).status).toBe(200);
  });

  it('are kept for good where the name has their hash, and asked for again elsewhere', async () => {
    const cache = async (name: string) => (await ask(`/sdk/${name}`)).headers.get('cache-control');
    expect(await cache('shared-GX5U4WJT.js')).toBe('public, max-age=31536000, immutable');
    for (const name of ['face-auth.js', 'encode-worker.js', 'integrity.json'])
      expect([name, await cache(name)]).toEqual([name, 'public, no-cache']);
  });

  it('let workers load their own files, and one of them run WebAssembly', async () => {
    const policy = async (name: string) => (await ask(`/sdk/${name}`)).headers.get('content-security-policy');
    expect(await policy('help-worker.js')).toBe(
      "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'",
    );
    expect(await policy('encode-worker.js')).toBe(
      "default-src 'none'; script-src 'self'; connect-src 'self'",
    );
    expect(await policy('face-auth.js')).toContain("default-src 'none'");
  });

  it('are named with the hashes that an integrity attribute takes', async () => {
    const { files } = (await (await ask('/sdk/integrity.json')).json()) as { files: Record<string, string> };
    expect(Object.keys(files)).toEqual([
      'encode-worker.js',
      'face-auth.js',
      'fonts/inter-latin.woff2',
      'help-worker.js',
      'inter.css',
      'model.bin',
      'shared-GX5U4WJT.js',
    ]);
    for (const [name, integrity] of Object.entries(files)) {
      const { body } = await askRaw(`/sdk/${name}`);
      expect(integrity).toBe(`sha384-${createHash('sha384').update(body).digest('base64')}`);
    }
  });

  it('are those of a fixed list: no path leads out of it, or to what is hidden', async () => {
    for (const path of [
      '/sdk',
      '/sdk/',
      '/sdk/nothing.js',
      '/sdk/../secret.js',
      '/sdk/..%2fsecret.js',
      '/sdk/%2e%2e/secret.js',
      '/sdk/fonts/../../secret.js',
      '/sdk//etc/passwd',
      '/sdk/./face-auth.js',
      '/sdk/face-auth.js/',
      '/sdk/Face-Auth.js',
      '/sdk/link.js',
      '/sdk/.env',
      '/sdk/with%20space.js',
      '/sdk/fonts',
      '/sdk/__proto__',
      '/sdk/constructor',
    ]) {
      const { status, body } = await askRaw(path);
      expect([path, status, body.includes(SECRET)]).toEqual([path, 404, false]);
    }
    expect((await ask('/sdk/face-auth.js', {}, 'DELETE')).status).toBe(405);
    const head = await ask('/sdk/face-auth.js', {}, 'HEAD');
    expect([head.status, await head.text()]).toEqual([200, '']);
  });
});

describe('a folder of browser files that is not there', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'veriframe-sdk-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));
  const told: string[] = [];
  afterEach(() => void told.splice(0));
  const open = (sdkDir: string, builtDir: string) =>
    openSdk({ part: 'sdk', sdkDir }, { debug: (_fields, message) => void told.push(message) }, builtDir);

  it('is no fault where it was not built: nothing is served, and the log says so', async () => {
    expect(await open('', join(folder, 'not-built'))).toEqual([]);
    expect(told).toEqual(['the browser files are not built: nothing is served under /sdk']);
  });

  it('keeps the server from starting where it was configured', async () => {
    const file = join(folder, 'file');
    await writeFile(file, '');
    for (const configured of [join(folder, 'wrong'), file])
      await expect(open(configured, folder)).rejects.toThrow(ConfigError);
    await expect(open(join(folder, 'wrong'), folder)).rejects.toThrow('VERIFRAME_SDK_DIR');
    expect(await open('', folder)).toHaveLength(1);
  });
});
