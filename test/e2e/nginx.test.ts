import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import { SUBPROTOCOL } from '../../protocol/version.ts';
import { buildDemo } from '../../tools/build/demo.ts';
import { chromiumPath } from '../../tools/chromium.ts';
import { type RealServer, startRealServer } from '../../tools/throwaway-server.ts';
import { freePort } from '../support/free-port.ts';

const hasPrograms = ['nginx', 'openssl'].every((name) => spawnSync(name, ['version']).error === undefined);
const operate = readFileSync(new URL('../../docs/operate.md', import.meta.url), 'utf8');
/** The site, and the location for a path: as they stand in the document. */
const [site = '', location = ''] = [...operate.matchAll(/```nginx\n([^]*?)```/g)].map(
  ([, text = '']) => text,
);

// Without nginx or openssl these are skipped: `apt-get install nginx openssl`.
describe.skipIf(!hasPrograms)('behind nginx as docs/operate.md writes it', () => {
  let folder: string;
  let server: RealServer;
  let nginx: ChildProcess;
  let port: number;
  let built: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'veriframe-nginx-'));
    built = join(folder, 'demo');
    await buildDemo(built);
    server = await startRealServer({
      transport: 'auto',
      env: {
        VERIFRAME_TRUST_PROXY: 'yes',
        VERIFRAME_MAX_CONNECTIONS_PER_ADDRESS: '1',
        VERIFRAME_DEMO: 'on',
        VERIFRAME_DEMO_PAGES: built,
      },
    });
    port = await freePort();
    const [certificate, key] = [join(folder, 'site.pem'), join(folder, 'site.key')];
    const subject = ['-subj', '/CN=localhost', '-days', '2'];
    spawnSync('openssl', [
      'req',
      '-x509',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-keyout',
      key,
      '-out',
      certificate,
      ...subject,
    ]);
    // No more is changed than what belongs to a machine: ports, names and the places of files.
    const changed = site
      .replace(/\}\s*$/, `${location}}\n`)
      .replace('listen 443 ssl;', `listen 127.0.0.1:${port} ssl;`)
      .replace(/^.*listen \[::\].*\n/m, '')
      .replace('server_name face.example;', 'server_name localhost;')
      .replace('/etc/ssl/face.example.pem', certificate)
      .replace('/etc/ssl/face.example.key', key)
      .replaceAll('http://127.0.0.1:8080', server.url);
    for (const name of ['body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']) mkdirSync(join(folder, name));
    const temporary = [
      `client_body_temp_path ${folder}/body;`,
      ...['proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${folder}/${name};`),
    ].join('\n');
    writeFileSync(
      join(folder, 'nginx.conf'),
      `${process.getuid?.() === 0 ? 'user root;' : ''}\npid ${folder}/pid;\nerror_log stderr;\nevents {}\nhttp {\naccess_log off;\n${temporary}\n${changed}\n}\n`,
    );
    nginx = spawn('nginx', ['-c', join(folder, 'nginx.conf'), '-g', 'daemon off;'], { stdio: 'ignore' });
    await vi.waitFor(async () => expect((await ask('/healthz')).status).toBe(200), { timeout: 60_000 });
  });

  afterAll(async () => {
    nginx?.kill('SIGTERM');
    await server?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const origin = () => `https://localhost:${port}`;

  async function ask(
    path: string,
    init: { method?: string; headers?: Record<string, string>; body?: string } = {},
  ) {
    const { method = 'GET', headers = {}, body } = init;
    const asked = request(`${origin()}${path}`, { method, headers, rejectUnauthorized: false });
    asked.end(body);
    const [answer] = (await once(asked, 'response')) as [IncomingMessage];
    let text = '';
    for await (const part of answer) text += String(part);
    return { status: answer.statusCode, headers: answer.headers, text };
  }

  /** Opens a stream; resolves with the socket, or with the status of the refusal. */
  async function open(
    path: string,
    { from = '127.0.0.1', ...headers }: Readonly<Record<string, string>> = {},
  ): Promise<WebSocket | number> {
    const socket = new WebSocket(`wss://localhost:${port}${path}`, SUBPROTOCOL, {
      rejectUnauthorized: false,
      localAddress: from,
      headers,
    });
    return await new Promise((resolve, reject) => {
      socket.once('open', () => resolve(socket));
      socket.once('unexpected-response', (_request, response) => resolve(response.statusCode ?? 0));
      socket.once('error', reject);
    });
  }

  async function opened(...args: Parameters<typeof open>): Promise<WebSocket> {
    const socket = await open(...args);
    if (typeof socket === 'number') throw new Error(`refused with ${socket}`);
    return socket;
  }

  async function close(socket: WebSocket): Promise<void> {
    socket.close();
    await once(socket, 'close');
  }

  it.each([
    '/v1/stream',
    '/face/v1/stream',
  ])('lets the pages of the site connect to %s, and no others', async (path) => {
    await close(await opened(path, { origin: origin() }));
    expect(await open(path, { origin: 'https://evil.example' })).toBe(403);
    expect(await open(path, { origin: 'https://localhost' })).toBe(403);
  });

  it('counts each client by its own address, whatever it says of it', async () => {
    const first = await opened('/v1/stream');
    expect(await open('/v1/stream')).toBe(503);
    expect(await open('/v1/stream', { 'x-forwarded-for': '192.0.2.9' })).toBe(503);
    await close(await opened('/v1/stream', { from: '127.0.0.2' }));
    await close(first);
  });

  it('passes on answers and errors of the API as they are', async () => {
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${server.apiKey}` };
    const body = JSON.stringify({ mode: 'enrol', subject: 'ada' });
    for (const prefix of ['', '/face']) {
      const created = await ask(`${prefix}/v1/sessions`, { method: 'POST', headers, body });
      expect([prefix, created.status]).toEqual([prefix, 201]);
      // Several, since a connection that is closed too early is lost only now and then.
      for (let time = 0; time < 20; time += 1) {
        const large = await ask(`${prefix}/v1/sessions`, {
          method: 'POST',
          headers,
          body: ' '.repeat(500_000),
        });
        expect([large.status, large.text]).toEqual([413, expect.stringContaining('"api.too_large"')]);
      }
    }
  });

  it('serves the demo under a path: its pages, files and redirects stay below it', async () => {
    const account = await ask('/face/account');
    expect(account.status).toBe(303);
    expect(new URL(account.headers.location ?? '', `${origin()}/face/account`).pathname).toBe(
      '/face/sign-in',
    );
    for (const page of ['/face/', '/face/register', '/face/operator/sign-in']) {
      const { status, text } = await ask(page);
      expect([page, status]).toEqual([page, 200]);
      for (const [, link = ''] of text.matchAll(/\s(?:src|href)="([^"?][^"]*)"/g)) {
        const { pathname } = new URL(link, `${origin()}${page}`);
        expect(pathname).toMatch(/^\/face\//);
        expect([pathname, (await ask(pathname)).status]).not.toEqual([pathname, 404]);
      }
    }
  });

  it.skipIf(chromiumPath === null)('lets a browser register with the demo under a path', async () => {
    const browser = await chromium.launch({
      executablePath: chromiumPath ?? '',
      args: ['--no-sandbox', '--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream'],
    });
    try {
      const page = await browser.newPage({ ignoreHTTPSErrors: true, locale: 'en' });
      const missing: string[] = [];
      page.on('response', (response) => {
        // Who registers is not signed in yet.
        const isExpected = response.status() === 401 && response.url().endsWith('/api/account');
        if (
          (response.status() >= 400 && !isExpected) ||
          !new URL(response.url()).pathname.startsWith('/face/')
        )
          missing.push(`${response.status()} ${response.url()}`);
      });
      const sockets: string[] = [];
      page.on('websocket', (socket) => sockets.push(new URL(socket.url()).pathname));
      await page.goto(`${origin()}/face/register`);
      await page.locator('input[name=username]').fill('ada');
      await page.locator('input[name=email]').fill('ada@example.org');
      await page.locator('form button.main').click();
      await page.locator('face-auth button').first().click();
      await expect.poll(() => sockets).toContain('/face/v1/stream');
      expect(missing).toEqual([]);
    } finally {
      await browser.close();
    }
  });
});
