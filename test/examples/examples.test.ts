import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connect } from '../../client/kiosk/session-client.ts';
import { createTokenIssuer } from '../../server/identity/tokens.ts';
import type { Portrait } from '../../simulator/index.ts';
import { type RealServer, startRealServer } from '../../tools/throwaway-server.ts';
import { builtBackend, packed } from '../support/packed-backend.ts';
import { person, preparePeople } from '../support/people.ts';
import { play, present } from '../support/play.ts';
import { SessionClock } from '../support/virtual-clock.ts';

/*
 * Each example as a reader runs it: a program of its own beside the packages that its README names, with the packed
 * @veriframe/backend, against the real server. The packages come from the registry that this machine's npm is set to.
 */

const EXAMPLES = fileURLToPath(new URL('../../examples', import.meta.url));
const FRAMEWORKS = ['express', 'fastify', 'hono', 'node'] as const;
const PACKAGES = ['express@5.3.0', 'fastify@5.12.8', 'hono@4.13.19', '@hono/node-server@2.1.9'];
const LONGEST_LINES = 68;

const execute = promisify(execFile);
const npm = (args: readonly string[], cwd: string) =>
  execute('npm', [...args, '--no-audit', '--no-fund', '--loglevel=error'], { cwd });
const hasRegistry = await npm(['view', 'express@5.3.0', 'version'], tmpdir()).then(
  () => true,
  () => false,
);

describe.skipIf(!hasRegistry)('an example (skipped where npm reaches no registry)', () => {
  const clock = new SessionClock();
  let folder: string;
  let server: RealServer;
  let ada: Portrait;
  let seed = 1;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'veriframe-examples-'));
    ({ ada } = await preparePeople());
    const tarball = packed(await builtBackend(folder));
    await cp(EXAMPLES, folder, { recursive: true });
    await writeFile(join(folder, 'package.json'), '{ "private": true }');
    await npm(['install', '--no-save', tarball, ...PACKAGES], folder);
    server = await startRealServer({ transport: 'auto', clock, seed: 5 });
    const { decision } = await play(server, clock, {
      mode: 'enrol',
      subject: 'ada',
      policy: 'blink-only',
      presenter: await person(ada, seed++),
    });
    expect(decision.outcome).toBe('accept');
  });
  afterAll(async () => {
    await server.close();
    await rm(folder, { recursive: true, force: true });
  });

  /** A started example, and what a browser does there: it keeps the cookie. */
  const open = async (framework: string) => {
    const { url, apiKey } = server;
    const child: ChildProcess = spawn(process.execPath, ['server.mjs'], {
      cwd: join(folder, framework),
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { PATH: process.env['PATH'], VERIFRAME_URL: url, VERIFRAME_API_KEY: apiKey, PORT: '0' },
    });
    const [address] = (await once(
      createInterface({ input: child.stdout as NodeJS.ReadableStream }),
      'line',
    )) as [string];
    let cookie = '';
    return {
      page: async () => (await fetch(address)).text(),
      async post(path: string, body: unknown): Promise<readonly [number, Record<string, string>]> {
        const response = await fetch(address + path, {
          method: 'POST',
          headers: { 'content-type': 'application/json', cookie },
          body: JSON.stringify(body),
        });
        cookie = response.headers.getSetCookie()[0]?.split(';')[0] ?? cookie;
        return [response.status, (await response.json()) as Record<string, string>];
      },
      async [Symbol.asyncDispose]() {
        child.kill();
        await once(child, 'close');
      },
    };
  };
  /** A session that its client leaves at once: the service's own token, without an accept. */
  const tokenOfLeaving = async (ticket: string) => {
    const session = await connect({ url: server.streamUrl, ticket });
    session.bye('cancelled');
    return (await session.decision).token ?? '';
  };

  it.each(FRAMEWORKS)('%s signs in who is before the camera, and takes no other token', async (framework) => {
    await using site = await open(framework);
    expect(await site.page()).toContain(`<face-auth url="${server.url}/v1/stream">`);

    const [started, { ticket = '' }] = await site.post('/face/start', { subject: 'ada' });
    expect(started).toBe(200);
    const presenter = await person(ada, seed++);
    const { decision } = await present(server, clock, ticket, { presenter });
    expect(decision.outcome).toBe('accept');
    const { token } = decision;
    expect(await site.post('/face/finish', { token })).toEqual([200, { user: 'ada' }]);
    // A token is good once, and for its own session.
    expect(await site.post('/face/finish', { token })).toEqual([403, { code: 'session' }]);
    await site.post('/face/start', { subject: 'ada' });
    expect(await site.post('/face/finish', { token })).toEqual([403, { code: 'session' }]);

    // Signed by the service for this very session, but for another nonce.
    const [, second] = await site.post('/face/start', { subject: 'ada' });
    const { jti = '' } = decodeJwt(await tokenOfLeaving(second['ticket'] ?? ''));
    const issuer = await createTokenIssuer(server.dataDir, 'veriframe');
    const otherNonce = await issuer.sign({
      request: {
        sessionId: jti,
        tenant: 'default',
        mode: 'verify',
        subject: 'ada',
        policy: 'standard',
        audience: 'example',
        nonce: 'another',
        createdAtMs: Date.now(),
      },
      outcome: 'accept',
      subject: 'ada',
      assurance: { tier: 'base', measured: [], unmeasured: [], challengesPassed: 2 },
      atMs: Date.now(),
    });
    expect(await site.post('/face/finish', { token: otherNonce })).toEqual([403, { code: 'nonce' }]);

    // Whoever left is not signed in, nor is who brings no token at all.
    const [, third] = await site.post('/face/start', { subject: 'ada' });
    const left = await tokenOfLeaving(third['ticket'] ?? '');
    expect(await site.post('/face/finish', { token: left })).toEqual([403, { code: 'outcome' }]);
    await site.post('/face/start', { subject: 'ada' });
    expect(await site.post('/face/finish', {})).toEqual([403, { code: 'malformed' }]);
    expect(await site.post('/face/start', { subject: '../ada' })).toEqual([503, { code: 'api.invalid' }]);
  });
});

describe('the source of the examples', () => {
  it.each(
    FRAMEWORKS,
  )('of %s is one short file that takes veriframe from its package alone', async (framework) => {
    const text = await readFile(join(EXAMPLES, framework, 'server.mjs'), 'utf8');
    expect(text.split('\n').length).toBeLessThanOrEqual(LONGEST_LINES);
    const imported = [...text.matchAll(/from '([^']+)'/g)].map(([, name = '']) => name);
    const allowed =
      /^(node:|@veriframe\/backend$|\.\.\/page\.mjs$|express$|fastify$|hono($|\/)|@hono\/node-server$)/;
    expect(imported.filter((name) => !allowed.test(name))).toEqual([]);
  });
});
