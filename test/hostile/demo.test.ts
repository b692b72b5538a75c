import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Demo, openDemo } from '../../client/demo/backend/index.ts';
import { demoMount } from '../../server/mounts/demo.ts';
import { type Running, startGateway, TRANSPORTS } from '../gateway/harness.ts';
import { effort } from './effort.ts';

const SECRET = 'what no visitor may read';
const PAGE = 'what every visitor may read';
const OPERATOR_SECRET = 'a-secret-of-the-operator';

const OPERATIONS: readonly (readonly [string, string])[] = [
  ['POST', '/api/register'],
  ['GET', '/api/face/help'],
  ['POST', '/api/face/enrol'],
  ['POST', '/api/face/sign-in'],
  ['POST', '/api/face/decision'],
  ['POST', '/api/password/sign-in'],
  ['GET', '/api/account'],
  ['DELETE', '/api/account'],
  ['GET', '/api/account/export'],
  ['POST', '/api/devices/sign-out'],
  ['POST', '/api/sign-out'],
  ['POST', '/api/see/session'],
  ['POST', '/api/operator/sign-in'],
  ['POST', '/api/operator/sign-out'],
  ['POST', '/api/operator/live'],
  ['GET', '/api/operator/decisions'],
  ['GET', '/api/operator/subjects'],
];

describe.each(TRANSPORTS)('the demo over %s, before hostile visitors', (_, transport) => {
  let folder: string;
  let running: Running;
  let demo: Demo;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'veriframe-hostile-'));
    const assetsDir = join(folder, 'pages');
    await mkdir(join(assetsDir, 'fonts'), { recursive: true });
    await writeFile(join(assetsDir, 'welcome.en.html'), PAGE);
    await writeFile(join(assetsDir, 'fonts', 'inter.woff2'), PAGE);
    await writeFile(join(assetsDir, 'secret.json'), SECRET);
    await writeFile(join(folder, 'secret.js'), SECRET);
    await writeFile(join(folder, 'model.task'), PAGE);
    running = await startGateway(transport, {
      front: demoMount({ handle: (one) => demo.handle(one) }),
    });
    demo = await openDemo({
      dataDir: folder,
      assetsDir,
      helpModel: join(folder, 'model.task'),
      operatorSecret: OPERATOR_SECRET,
      service: {
        url: () => running.httpUrl,
        apiKey: running.parts.key,
        issuer: 'veriframe',
        policy: 'standard',
      },
      nowMs: () => Date.now(),
    });
  });
  afterAll(async () => {
    await running.gateway.close();
    demo.close();
    await rm(folder, { recursive: true, force: true });
  });

  /** As it is written: fetch would tidy a path up before it sends it. */
  const ask = (method: string, path: string, headers: Record<string, string> = {}, body = '') =>
    new Promise<{ status: number; text: string }>((resolve, reject) => {
      request(
        {
          host: '127.0.0.1',
          port: running.port,
          method,
          path,
          agent: false,
          headers: { ...headers, 'content-length': String(Buffer.byteLength(body)) },
        },
        (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('end', () =>
            resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() }),
          );
        },
      )
        .on('error', reject)
        .end(body);
    });
  const own = () => ({
    host: `127.0.0.1:${running.port}`,
    origin: running.httpUrl,
    'content-type': 'application/json',
  });

  it('serves the files of its table and nothing beside them, however a path is written', async () => {
    expect((await ask('GET', '/assets/fonts/inter.woff2')).text).toBe(PAGE);
    expect((await ask('GET', '/assets/help/face_landmarker.task')).text).toBe(PAGE);
    const steps = [
      '..',
      '.',
      '%2e%2e',
      '%2E.',
      '..%2f',
      '..%5c',
      '..\\',
      '%252e%252e',
      '....//',
      '..;',
      '..%00',
      '%c0%ae%c0%ae',
      '',
    ];
    const targets = ['secret.js', 'pages/secret.json', 'demo.db', 'etc/passwd'];
    const paths = ['/assets/', '/assets/help/', '/assets/fonts/', '/', '//', '/assets'].flatMap((from) =>
      steps.flatMap((step) => targets.map((target) => `${from}${step}/${target}`)),
    );
    const special = [
      '/assets/constructor',
      '/assets/help/__proto__',
      '/assets/help/constructor',
      '/assets/pages',
      '/assets/.',
      '/assets/%',
      '/assets/secret.js%00.css',
      '/assets/secret.json',
    ];
    const answers = await Promise.all(
      [...paths, ...special].map(async (path) => ({ path, ...(await ask('GET', path)) })),
    );
    for (const { path, status, text } of answers) {
      expect([path, [400, 404].includes(status)]).toEqual([path, true]);
      expect(text).not.toMatch(/no visitor may read|SQLite format|root:/);
    }
    expect(running.faults).toEqual([]);
  });

  it('answers whatever is sent to its operations, and fails at none', async () => {
    const junk = fc.oneof(
      fc.string({ maxLength: 200, unit: 'binary' }),
      fc.constantFrom<unknown>(null, -1, [], {}, '\0', '__proto__', "' OR 1=1 --", 'a'.repeat(9000), {
        toString: 1,
      }),
    );
    const form = fc.record(
      {
        username: fc.oneof(
          fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{1,31}$/),
          fc.constantFrom('constructor', '__proto__'),
          junk,
        ),
        email: fc.oneof(fc.emailAddress(), junk),
        password: fc.oneof(
          { weight: 1, arbitrary: fc.constant('correct horse') },
          { weight: 9, arbitrary: junk },
        ),
        token: fc.oneof(
          fc.constantFrom('a.b.c', 'eyJhbGciOiJub25lIn0.e30.', 'eyJhbGciOiJIUzI1NiJ9.e30.AAAA'),
          junk,
        ),
        id: junk,
        secret: junk,
      },
      { requiredKeys: [] },
    );
    const visits = fc.record({
      operation: fc.constantFrom(...OPERATIONS),
      body: fc.oneof(
        { weight: 6, arbitrary: form.map((value) => JSON.stringify(value)) },
        fc.string({ maxLength: 60, unit: 'binary' }),
        fc.jsonValue().map((value) => JSON.stringify(value)),
      ),
      cookie: fc.oneof(
        fc.constantFrom(
          'demo_session=',
          `demo_session=${'A'.repeat(43)}`,
          `demo_operator=${'A'.repeat(43)}; demo_language=xx`,
        ),
        fc.stringMatching(/^[ -~]{0,80}$/),
      ),
      language: fc.constantFrom('en', 'de;q=0.1, *;q=2', ';;q=,', 'x'.repeat(2000)),
      query: fc.constantFrom(
        '',
        '?page=1',
        '?page=%00',
        `?page=${'9'.repeat(200)}`,
        '?lang=__proto__',
        '?%ff',
      ),
      method: fc.constantFrom(null, null, null, 'PUT', 'DELETE', 'HEAD', 'OPTIONS'),
    });
    for (const { operation, body, cookie, language, query, method } of fc.sample(visits, effort(150))) {
      const [usual, path] = operation;
      const how = method ?? usual;
      const sent = how === 'GET' || how === 'HEAD' ? '' : body;
      const headers = { ...own(), cookie, 'accept-language': language };
      const { status, text } = await ask(how, path + query, headers, sent);
      const where = `${how} ${path}${query} ${sent.slice(0, 100)} → ${status} ${text.slice(0, 100)}`;
      expect([where, status < 500]).toEqual([where, true]);
      if (status >= 400 && how !== 'HEAD' && status !== 413)
        expect([where, JSON.parse(text)]).toEqual([
          where,
          { error: { code: expect.any(String), message: expect.any(String) } },
        ]);
    }
    expect(running.faults).toEqual([]);
  });

  it('changes nothing for another site, and signs nobody in by a cookie that it never gave', async () => {
    for (const [method, path] of OPERATIONS.filter(([how]) => how !== 'GET'))
      for (const origin of ['https://evil.example', 'null', `${running.httpUrl}.evil.example`, ''])
        expect([path, origin, (await ask(method, path, { ...own(), origin }, '{}')).status]).toEqual([
          path,
          origin,
          403,
        ]);
    for (const cookie of [
      `demo_session=${'A'.repeat(43)}`,
      'demo_session=../../x',
      `demo_operator=${'A'.repeat(43)}`,
    ])
      for (const path of ['/api/account', '/api/operator/decisions'])
        expect((await ask('GET', path, { ...own(), cookie })).status).toBe(401);
  });
});
