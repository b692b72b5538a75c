import { request } from 'node:http';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Demo, type DemoRequest, openDemo } from '../../client/demo/backend/index.ts';
import { deviceOf, placeOf } from '../../client/demo/backend/visitor.ts';
import { buildDemo } from '../../tools/build/demo.ts';
import { LANGUAGES } from '../../client/demo/words/index.ts';
import { OPERATOR_STRINGS } from '../../client/demo/words/operator/index.ts';
import { startGateway } from '../gateway/harness.ts';
import { demoMount } from '../../server/mounts/demo.ts';
import { REASONS } from '../../server/decision/reasons.ts';
import { CUES } from '../../server/policy/cues.ts';
import { chooseTransport } from '../../server/gateway/transport-choice.ts';

let folder: string;
let demo: Demo;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'veriframe-demo-'));
  await buildDemo(join(folder, 'assets'));
  await writeFile(join(folder, 'assets', 'secret.json'), '{}');
  demo = await openDemo({
    dataDir: folder,
    assetsDir: join(folder, 'assets'),
    helpModel: join(folder, 'assets', 'secret.json'),
    // Nothing listens at this address: the demo has to work while the service is unavailable.
    service: { url: () => 'http://127.0.0.1:9', apiKey: 'none', issuer: 'veriframe', policy: 'standard' },
    nowMs: () => Date.now(),
  });
});
afterAll(async () => {
  demo.close();
  await rm(folder, { recursive: true, force: true });
});

const ask = (path: string, change: Partial<DemoRequest> & { head?: Record<string, string> } = {}) => {
  const { head = {}, ...rest } = change;
  const headers = new Map(Object.entries({ host: 'demo.example', ...head }));
  return demo.handle({
    method: 'GET',
    path,
    query: '',
    headers,
    remoteAddress: '192.0.2.7',
    body: new Uint8Array(),
    ...rest,
  });
};
const post = (path: string, body: unknown, head: Record<string, string> = {}) =>
  ask(path, {
    method: 'POST',
    head: { origin: 'https://demo.example', 'content-type': 'application/json', ...head },
    body: new TextEncoder().encode(JSON.stringify(body)),
  });

describe('pages', () => {
  it('are shown to visitors, and send them to the sign-in where an account is needed', async () => {
    for (const path of ['/', '/register', '/sign-in']) expect((await ask(path)).status).toBe(200);
    expect(await ask('/account')).toMatchObject({ status: 303, headers: { location: './sign-in' } });
    expect((await ask('/nothing')).status).toBe(404);
  });

  it('redirect users to the page for their state', async () => {
    const answer = await post('/api/register', { username: 'mary', email: 'm@example.org' });
    const cookie = answer.headers['set-cookie']?.split(';')[0] ?? '';
    const to = async (path: string) => (await ask(path, { head: { cookie } })).headers['location'];
    expect([await to('/'), await to('/sign-in')]).toEqual(['./account', './account']);
    // Without a face the registration continues where it stopped.
    expect((await ask('/register', { head: { cookie } })).status).toBe(200);
    expect((await ask('/account', { head: { cookie } })).status).toBe(200);
  });

  it('allow and use nothing inline and nothing from other origins', async () => {
    for (const path of ['/', '/register', '/sign-in', '/operator/sign-in', '/nothing']) {
      const { headers, body } = await ask(path);
      const policy = headers['content-security-policy'] ?? '';
      expect(policy).toContain("default-src 'none'");
      expect(policy).toContain("connect-src 'self' ws://demo.example wss://demo.example;");
      expect(policy).not.toMatch(/unsafe|\*/);
      const text = Buffer.from(body).toString();
      expect(text).not.toMatch(
        /<script(?! type="module" src="(?:\.\/|(?:\.\.\/)+)assets\/)|<style|\sstyle=|\son\w+=|https?:/,
      );
    }
  });

  it('link to the site from where they are, also below a path of a proxy', async () => {
    for (const path of ['/', '/register', '/sign-in', '/operator/sign-in', '/nothing', '/no/such/page']) {
      const text = Buffer.from((await ask(path)).body).toString();
      const links = [...text.matchAll(/\s(?:href|src)="([^"?][^"]*)"/g)].map(([, link = '']) => link);
      expect(links.length).toBeGreaterThan(5);
      for (const link of links) {
        const { pathname } = new URL(link, `https://proxy.example/face${path}`);
        expect([path, link, pathname.startsWith('/face/')]).toEqual([path, link, true]);
        expect([path, link, (await ask(pathname.slice('/face'.length))).status]).not.toEqual([
          path,
          link,
          404,
        ]);
      }
    }
  });

  it('stay short for a path of thousands of slashes', async () => {
    const usual = Buffer.from((await ask('/nothing')).body).byteLength;
    const { body, status } = await ask('/'.repeat(4_000));
    expect([status, Buffer.from(body).byteLength]).toEqual([404, expect.closeTo(usual, -3)]);
  });

  it('do not take an invalid Host header into the policy', async () => {
    const { headers } = await ask('/', { head: { host: "x; script-src 'unsafe-inline'" } });
    expect(headers['content-security-policy']).not.toContain('unsafe');
  });
});

describe('languages', () => {
  const languageAt = async (head: Record<string, string>, path = '/') => {
    const { headers, body } = await ask(path, { head });
    expect(headers['vary']).toContain('Accept-Language');
    return /<html lang="(\w+)" dir="(\w+)">/.exec(Buffer.from(body).toString())?.slice(1).join(' ');
  };

  it('are chosen by the browser’s weights, and are English where no wanted one is known', async () => {
    expect(await languageAt({})).toBe('en ltr');
    expect(await languageAt({ 'accept-language': 'pt-BR,pt;q=0.9,fr;q=0.5,de-CH;q=0.7' })).toBe('de ltr');
    expect(await languageAt({ 'accept-language': 'ar-EG' }, '/nothing')).toBe('ar rtl');
    expect(await languageAt({ 'accept-language': 'pt,es;q=0,constructor' })).toBe('en ltr');
  });

  it('stay as picked, and the page stays the same', async () => {
    const picked = await ask('/register', { query: 'lang=zh' });
    expect(picked).toMatchObject({ status: 303, headers: { location: './register' } });
    const [cookie = ''] = (picked.headers['set-cookie'] ?? '').split(';');
    expect(await languageAt({ cookie, 'accept-language': 'de' }, '/register')).toBe('zh ltr');
    expect(await ask('/sign-in', { query: 'confirm=delete&lang=zh' })).toMatchObject({
      headers: { location: './sign-in?confirm=delete' },
    });
    expect(await ask('/__proto__', { query: 'lang=zh&x=%0d%0a' })).toMatchObject({
      headers: { location: './' },
    });
    expect(await ask('//elsewhere.example', { query: 'lang=zh' })).toMatchObject({
      headers: { location: '../' },
    });
    expect((await ask('/register', { query: 'lang=xx' })).status).toBe(200);
  });

  const books = Object.entries(LANGUAGES).flatMap(([tag, words]) => [
    { book: `${tag}, the pages`, words, english: LANGUAGES.en },
    {
      book: `${tag}, the operator’s`,
      words: OPERATOR_STRINGS[tag as keyof typeof LANGUAGES],
      english: OPERATOR_STRINGS.en,
    },
  ]);
  it.each(books)('$book: has every text, without exclamation marks', ({ words, english }) => {
    const leaves = (part: object): string[] =>
      Object.values(part).flatMap((value: unknown) =>
        typeof value === 'object' && value !== null ? leaves(value) : [String(value)],
      );
    const slots = (part: object) => leaves(part).map((text) => text.match(/\{\w+\}/g)?.toSorted() ?? []);
    expect(slots(words)).toEqual(slots(english));
    for (const text of leaves(words)) expect(text).toMatch(/^[^!！<>"&]+$/);
  });

  it('have a name for every cue and every reason of the service', () => {
    for (const { cue, reason, why } of Object.values(OPERATOR_STRINGS)) {
      expect(Object.keys(cue)).toEqual(CUES);
      expect(Object.keys(reason).toSorted()).toEqual([...REASONS].toSorted());
      expect(Object.keys(why)).toEqual(Object.keys(OPERATOR_STRINGS.en.why));
    }
  });
});

describe('assets', () => {
  it('have an entity tag, are not sent again when unchanged, and are compressed when the browser accepts it', async () => {
    const plain = await ask('/assets/element.js');
    expect(plain.headers).toMatchObject({
      'content-type': 'text/javascript; charset=utf-8',
      'cache-control': 'no-cache',
    });
    const etag = plain.headers['etag'] ?? '';
    expect(await ask('/assets/element.js', { head: { 'if-none-match': etag } })).toMatchObject({
      status: 304,
      body: '',
    });
    const gzipped = await ask('/assets/element.js', { head: { 'accept-encoding': 'br, gzip' } });
    expect(gzipped.headers['content-encoding']).toBe('gzip');
    expect(gzipped.body.length).toBeLessThan(plain.body.length / 2);
    const page = Buffer.from((await ask('/register')).body).toString();
    for (const [, name] of page.matchAll(/(?:src|href)="\.\/assets\/([^"]+)"/g))
      expect([name, (await ask(`/assets/${name}`)).status]).toEqual([name, 200]);
  });

  it('of help on the device are served from their packages, with their own policy', async () => {
    expect(await ask('/api/face/help')).toMatchObject({ body: '{"path":"/assets/help/","flash":false}' });
    const wasm = await ask('/assets/help/vision_wasm_module_internal.wasm');
    expect(wasm.headers['content-type']).toBe('application/wasm');
    expect(Buffer.from(wasm.body).subarray(0, 4).toString('latin1')).toBe('\0asm');
    expect(Buffer.from((await ask('/assets/help/face_landmarker.task')).body).toString()).toBe('{}');
    expect((await ask('/assets/help/package.json')).status).toBe(404);
    const policyOf = async (name: string) =>
      (await ask(`/assets/${name}`)).headers['content-security-policy'];
    expect(await policyOf('help-worker.js')).toContain("'wasm-unsafe-eval'; connect-src 'self'");
    expect(await policyOf('encode-worker.js')).not.toContain('unsafe');
  });

  it('with a content hash in their name may be cached for ever', async () => {
    const script = Buffer.from((await ask('/assets/register.js')).body).toString();
    const [, chunk] = /\.\/(pages-[A-Z0-9]{8}\.js)/.exec(script) ?? [];
    expect((await ask(`/assets/${chunk}`)).headers['cache-control']).toContain('immutable');
  });

  it('are those of a fixed table: no path leads outside', async () => {
    const { gateway, port } = await startGateway(chooseTransport('ws').create, {
      front: demoMount({ handle: (one) => demo.handle(one) }),
    });
    // fetch would normalise these paths before it sends them.
    const statusOf = (path: string) =>
      new Promise<number | undefined>((resolve, reject) => {
        request({ host: '127.0.0.1', port, path }, (response) => {
          response.resume();
          resolve(response.statusCode);
        })
          .on('error', reject)
          .end();
      });
    for (const path of [
      '/assets/../demo.db',
      '/assets/..%2fdemo.db',
      '/assets/%2e%2e/demo.db',
      '/assets//etc/passwd',
      '/assets/secret.json',
      '/assets/element.js.map',
      '/assets/',
      '/assets/__proto__',
      '/__proto__',
      '/constructor',
    ])
      expect([path, await statusOf(path)]).toEqual([path, 404]);
    expect(await statusOf('/assets/element.js')).toBe(200);
    await gateway.close();
  });
});

describe('without the service', () => {
  it('a face sign-in says so, and does not say whether the account exists', async () => {
    for (const username of ['mary', 'nobody'])
      expect(await post('/api/face/sign-in', { username })).toMatchObject({
        status: 503,
        body: expect.stringContaining('service.unavailable'),
      });
  });

  it('an account is not partly deleted', async () => {
    const answer = await post('/api/register', { username: 'half', email: 'h@example.org' });
    const cookie = answer.headers['set-cookie']?.split(';')[0] ?? '';
    const head = { cookie, origin: 'https://demo.example', 'content-type': 'application/json' };
    expect((await ask('/api/account', { method: 'DELETE', head })).status).toBe(503);
    expect((await ask('/api/account', { head })).status).toBe(200);
  });
});

describe('a visitor', () => {
  it.each([
    [
      'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/149.0 Safari/537.36 Edg/149.0',
      'Edge on Windows',
    ],
    [
      'Mozilla/5.0 (Linux; Android 16; Pixel) AppleWebKit/537.36 Chrome/149.0 Mobile Safari/537.36',
      'Chrome on Android',
    ],
    [
      'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1 Version/19.0 Safari/605.1',
      'Safari on macOS',
    ],
    ['<script>', 'Unknown device'],
  ])('with the user agent %s has the device name %s', (agent, name) => expect(deviceOf(agent)).toBe(name));

  it.each([
    ['192.0.2.77', '192.0.2.0/24'],
    ['::ffff:192.0.2.77', '192.0.2.0/24'],
    ['2001:db8:aa:bb:cc:dd:ee:ff', '2001:db8:aa::/48'],
    ['2001:db8::1', '2001:db8:0::/48'],
    ['127.0.0.1', 'This computer'],
    ['', 'Unknown place'],
  ])('at %s has the place %s', (address, place) => expect(placeOf(address)).toBe(place));
});

it('the style sheet of the pages is built', async () => {
  expect(await readFile(join(folder, 'assets', 'demo.css'), 'utf8')).toContain('Inter Variable');
});
