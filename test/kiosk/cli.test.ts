import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  API_KEY,
  giveCreditBack,
  SESSION_ID,
  startServer,
  welcome,
  type Script,
  type TestServer,
  type TokenChoice,
} from './support/server.ts';
import { jpegOf } from './support/pictures.ts';
import type { Outcome } from '../../protocol/status.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const CLI = fileURLToPath(new URL('../../client/kiosk/cli.ts', import.meta.url));
const LAUNCHER = fileURLToPath(new URL('../../client/kiosk/veriframe.mjs', import.meta.url));

interface Ended {
  readonly exitCode: number | null;
  readonly out: string;
  readonly err: string;
}

let folder: string;
let program: string;
let pictures: string;
const servers: TestServer[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'veriframe-cli-'));
  pictures = join(folder, 'pictures');
  program = await bundledProgram();
  await mkdir(pictures);
  await writeFile(join(pictures, '1.jpg'), await jpegOf());
});
afterAll(() => rm(folder, { recursive: true }));
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

async function serverFor(script: Script): Promise<TestServer> {
  const server = await startServer(script);
  servers.push(server);
  return server;
}

/** The real program with all its modules in one file: translating them anew at each start costs more than it does. */
async function bundledProgram(): Promise<string> {
  const home = join(folder, 'program');
  const outfile = join(home, 'cli.mjs');
  await build({
    entryPoints: [CLI],
    outfile,
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    logLevel: 'error',
  });
  await symlink(join(ROOT, 'node_modules'), join(home, 'node_modules'), 'junction');
  return outfile;
}

/** Starts the real program. Its environment holds nothing of veriframe's but what is given. */
function start(
  args: readonly string[],
  environment: Record<string, string> = {},
): ChildProcess & { ended: Promise<Ended> } {
  const child = spawn(process.execPath, [program, ...args], {
    cwd: ROOT,
    env: { PATH: process.env['PATH'] ?? '', VERIFRAME_DATA_DIR: join(folder, 'no-data'), ...environment },
  });
  let out = '';
  let err = '';
  child.stdout.setEncoding('utf8').on('data', (part: string) => (out += part));
  child.stderr.setEncoding('utf8').on('data', (part: string) => (err += part));
  const ended = once(child, 'close').then(
    ([exitCode]: (number | null)[]): Ended => ({ exitCode: exitCode ?? null, out, err }),
  );
  return Object.assign(child, { ended });
}

function verify(server: TestServer, ...more: string[]) {
  return start([
    'verify',
    '--url',
    server.url,
    '--subject',
    'anna',
    '--source',
    pictures,
    '--api-key',
    API_KEY,
    ...more,
  ]);
}

const eventsOf = ({ out }: Ended) =>
  out
    .trimEnd()
    .split('\n')
    .map((line): { event: string; [field: string]: unknown } => JSON.parse(line));

/** Decides once the third frame is there, so that frames and credit really went round. */
const decidingScript = (outcome: Outcome, token?: TokenChoice): Script => ({
  frame(peer) {
    if (peer.frames.length === 3) void peer.decide(outcome, token);
    else giveCreditBack(peer);
  },
});

describe('exit status', () => {
  it.each([
    ['accept', 0, "It's you"],
    ['reject', 1, "We could not confirm it's you"],
    ['re-verify', 2, 'We need another look'],
  ] as const)('of %s is %i', async (outcome, status, words) => {
    const server = await serverFor(decidingScript(outcome));
    const ended = await verify(server).ended;
    expect(ended).toMatchObject({ exitCode: status, err: '' });
    expect(ended.out).toContain(words);
    expect(ended.out).toContain(`Outcome ${outcome}`);
  });

  it.each<[string, TokenChoice, string]>([
    ['is missing', { omit: true }, 'token.missing'],
    ['does not check out', { foreignKey: true }, 'token.invalid'],
    ['names another policy', { policy: 'passive' }, 'token.invalid'],
  ])('is 3 when the token of an accept %s', async (_, token, code) => {
    const server = await serverFor(decidingScript('accept', token));
    const ended = await verify(server, '--json').ended;
    expect(ended.exitCode).toBe(3);
    expect(ended.err).toContain(`(${code})`);
    expect(eventsOf(ended).map(({ event }) => event)).not.toContain('decision');
  });

  it('is 3 for a wrong command line, with a hint where to look', async () => {
    const ended = await start(['verify']).ended;
    expect(ended).toMatchObject({ exitCode: 3, out: '' });
    expect(ended.err).toMatch(/--subject ID\. \(usage\.invalid\)\n.*--help/);
  });

  it('is 3 when nobody listens', async () => {
    const server = await startServer({});
    await server.close();
    const ended = await verify(server).ended;
    expect(ended).toMatchObject({ exitCode: 3, out: '' });
    expect(ended.err).toContain('(connection.refused)');
  });

  it('is 3 without an API key', async () => {
    const server = await serverFor({});
    const ended = await start(['identify', '--url', server.url, '--source', pictures]).ended;
    expect(ended.exitCode).toBe(3);
    expect(ended.err).toContain('(api_key.missing)');
  });

  it("is 3 with the server's code when it refuses the session", async () => {
    const server = await serverFor({ refuseSession: 'subject.unknown' });
    const ended = await verify(server).ended;
    expect(ended.exitCode).toBe(3);
    expect(ended.err).toContain('The subject has no reference. (subject.unknown)');
  });

  it('is 3 when the server ends the session', async () => {
    const server = await serverFor({ frame: (peer) => peer.fail('server.draining') });
    const ended = await verify(server, '--json').ended;
    expect(ended.exitCode).toBe(3);
    expect(eventsOf(ended).at(-1)).toMatchObject({
      event: 'error',
      code: 'server.draining',
      retry: 'backoff',
    });
  });

  it('is 3 after the time-out', async () => {
    const ended = await verify(await serverFor({}), '--timeout', '0.5').ended;
    expect(ended.exitCode).toBe(3);
    expect(ended.err).toContain('(client.timeout)');
  });

  it.skipIf(process.platform === 'win32')(
    'is 3 after Ctrl-C, and the server hears bye cancelled',
    async () => {
      let child: ChildProcess | null = null;
      const server = await serverFor({ frame: () => void child?.kill('SIGINT') });
      const started = verify(server);
      child = started;
      const ended = await started.ended;
      expect(ended.exitCode).toBe(3);
      expect(ended.err).toContain('(client.cancelled)');
      await expect.poll(() => server.peers[0]?.heard.at(-1)).toEqual({ type: 'bye', reason: 'cancelled' });
    },
  );
});

describe('the program', () => {
  it('asks for the session with mode, subject, policy and a fresh nonce', async () => {
    const server = await serverFor(decidingScript('reject'));
    await Promise.all([verify(server, '--policy', 'passive').ended, verify(server).ended]);
    expect(server.asked).toContainEqual({
      mode: 'verify',
      subject: 'anna',
      policy: 'passive',
      nonce: expect.stringMatching(/^[\w-]{32}$/),
    });
    expect(new Set(server.asked.map(({ nonce }) => nonce)).size).toBe(2);
  });

  it("finds the API key in the environment, and the development key in the server's data folder", async () => {
    const server = await serverFor(decidingScript('reject'));
    const data = join(folder, 'data');
    await mkdir(data);
    await writeFile(join(data, 'development-api-key'), `${API_KEY}\n`);
    const args = ['identify', '--url', server.url, '--source', pictures];
    const named = await start(args, { VERIFRAME_API_KEY: API_KEY }).ended;
    const found = await start(args, { VERIFRAME_DATA_DIR: data }).ended;
    expect([named.exitCode, found.exitCode]).toEqual([1, 1]);
  });

  it('joins a session by ticket without asking for one', async () => {
    const server = await serverFor(decidingScript('accept'));
    const ended = await start([
      'verify',
      '--url',
      server.url,
      '--source',
      pictures,
      '--ticket',
      server.ticket,
    ]).ended;
    expect(ended).toMatchObject({ exitCode: 0, err: '' });
    expect(server.asked).toEqual([]);
  });

  it('prints JSON lines and nothing else with --json', async () => {
    const server = await serverFor({
      hello(peer) {
        welcome(peer);
        peer.send({ type: 'status', phase: 'positioning', hint: 'move-closer', progress: 0.25 });
        peer.send({ type: 'credit', frames: 1 });
      },
      frame: (peer) => void peer.decide('accept'),
    });
    const ended = await verify(server, '--json').ended;
    expect(ended).toMatchObject({ exitCode: 0, err: '' });
    expect(eventsOf(ended)).toMatchObject([
      { event: 'session', sessionId: SESSION_ID, mode: 'verify', subject: 'anna' },
      { event: 'welcome', sessionId: SESSION_ID, policy: 'standard', limits: { maxFramesPerSecond: 30 } },
      { event: 'status', phase: 'positioning', hint: 'move-closer', progress: 0.25 },
      {
        event: 'decision',
        outcome: 'accept',
        subject: 'anna',
        tokenChecked: true,
        token: expect.any(String),
      },
    ]);
  });

  it('shows but does not trust the token of a reject', async () => {
    const server = await serverFor(decidingScript('reject', { foreignKey: true }));
    const ended = await verify(server, '--json').ended;
    expect(ended.exitCode).toBe(1);
    expect(eventsOf(ended).at(-1)).toMatchObject({ outcome: 'reject', tokenChecked: false, subject: null });
  });

  it('says bye source-ended after the last picture was looked at, and takes the decision that follows', async () => {
    const server = await serverFor({ bye: (peer) => void peer.decide('re-verify') });
    const ended = await verify(server, '--once').ended;
    expect(ended.exitCode).toBe(2);
    expect(server.peers[0]?.heard.map(({ type }) => type)).toEqual(['hello', 'frame', 'bye']);
    expect(server.peers[0]?.heard.at(-1)).toEqual({ type: 'bye', reason: 'source-ended' });
  });

  it('never sends a frame without credit, however fast the source is', async () => {
    let answered = 0;
    const server = await serverFor({
      hello(peer) {
        welcome(peer, { maxFramesPerSecond: 200 });
        peer.send({ type: 'credit', frames: 1 });
      },
      frame(peer) {
        expect(peer.frames.length).toBe(answered + 1);
        setTimeout(() => {
          answered += 1;
          if (answered === 5) void peer.decide('accept');
          else giveCreditBack(peer);
        }, 40);
      },
    });
    const ended = await verify(server, '--fps', '200').ended;
    expect(ended.exitCode).toBe(0);
    const times = server.peers[0]?.frames.map(({ capturedAtMs }) => capturedAtMs) ?? [];
    // Each frame is as fresh as the credit it was sent on: none was kept from before.
    for (const [index, atMs] of times.slice(1).entries())
      expect(atMs - (times[index] ?? 0)).toBeGreaterThan(20);
  });

  it('is stopped by a source that breaks', async () => {
    const broken = join(folder, 'broken');
    await mkdir(broken);
    await writeFile(join(broken, '1.jpg'), 'no JPEG');
    const server = await serverFor({});
    const args = ['--url', server.url, '--source', broken, '--api-key', API_KEY, '--fps', '50', '--json'];
    const ended = await start(['identify', ...args]).ended;
    expect(ended.exitCode).toBe(3);
    expect(eventsOf(ended).at(-1)).toMatchObject({ event: 'error', code: 'source.unreadable', ends: true });
    await expect.poll(() => server.peers[0]?.heard.at(-1)).toEqual({ type: 'bye', reason: 'error' });
  });

  it('reads MJPEG from standard input', async () => {
    const server = await serverFor({ bye: (peer) => void peer.decide('accept') });
    const child = start([
      'verify',
      '--url',
      server.url,
      '--subject',
      'anna',
      '--source',
      '-',
      '--api-key',
      API_KEY,
    ]);
    const jpeg = await jpegOf({ grey: 77 });
    child.stdin?.end(jpeg);
    expect(await child.ended).toMatchObject({ exitCode: 0, err: '' });
    expect(server.peers[0]?.frames.map(({ image }) => Buffer.from(image))).toEqual([jpeg]);
  });
});

describe('--on-accept', () => {
  const runs = ['--on-accept', process.execPath, '--on-accept-arg=-e', '--on-accept-arg'];

  it('runs the program after an accept, with the token in its environment and no shell', async () => {
    const server = await serverFor(decidingScript('accept'));
    const written = join(folder, 'door.json');
    const script = `console.log('click'); require('fs').writeFileSync(process.argv[1], JSON.stringify([process.argv[2], process.env]))`;
    const more = [...runs, script, '--on-accept-arg', written, '--on-accept-arg', '$HOME; `id`'];
    const ended = await verify(server, '--json', ...more).ended;
    expect(ended.exitCode).toBe(0);
    expect(ended.err).toBe('click\n');
    const told: [string, Record<string, string>] = JSON.parse(await readFile(written, 'utf8'));
    const [argument, environment] = told;
    expect(argument).toBe('$HOME; `id`');
    expect(environment).toMatchObject({ VERIFRAME_SUBJECT: 'anna', VERIFRAME_SESSION_ID: SESSION_ID });
    expect(environment['VERIFRAME_TOKEN']).toBe(eventsOf(ended).at(-1)?.['token']);
    expect(
      Object.keys(environment)
        .filter((name) => name.startsWith('VERIFRAME_'))
        .toSorted(),
    ).toEqual(['VERIFRAME_SESSION_ID', 'VERIFRAME_SUBJECT', 'VERIFRAME_TOKEN']);
  });

  it('runs nothing after a reject or an accept whose token fails', async () => {
    const written = join(folder, 'never.txt');
    const more = [...runs, `require('fs').writeFileSync(${JSON.stringify(written)}, '')`];
    for (const script of [decidingScript('reject'), decidingScript('accept', { foreignKey: true })])
      await verify(await serverFor(script), ...more).ended;
    await expect(readFile(written)).rejects.toThrow(/ENOENT/);
  });

  it('makes the exit status 3 when the program fails', async () => {
    const server = await serverFor(decidingScript('accept'));
    const ended = await verify(server, ...runs, 'process.exit(7)').ended;
    expect(ended.exitCode).toBe(3);
    expect(ended.err).toContain('(door.failed)');
  });
});

describe('the launcher', () => {
  it('runs the program, built or not', async () => {
    const manifest: { version: string } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'));
    const child = spawn(process.execPath, [LAUNCHER, '--version'], { cwd: folder });
    let out = '';
    child.stdout.setEncoding('utf8').on('data', (part: string) => (out += part));
    expect((await once(child, 'close'))[0]).toBe(0);
    expect(out).toBe(`${manifest.version}\n`);
  });

  it('says what to do when there is neither a build nor tsx', async () => {
    const alone = join(folder, 'alone', 'client', 'kiosk');
    await mkdir(alone, { recursive: true });
    await writeFile(join(alone, 'veriframe.mjs'), await readFile(LAUNCHER));
    const child = spawn(process.execPath, [join(alone, 'veriframe.mjs')], { cwd: folder });
    let err = '';
    child.stderr.setEncoding('utf8').on('data', (part: string) => (err += part));
    expect((await once(child, 'close'))[0]).toBe(3);
    expect(err).toContain('npm run build');
  });
});
