import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { connect } from '../../client/kiosk/session-client.ts';
import { modelCacheDir } from '../../models/prepare/settings.ts';

const MAIN = fileURLToPath(new URL('../../server/main.ts', import.meta.url));
const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** Longer than any test takes: a server that still waits for its sessions does not end. */
const DRAIN_MS = 600_000;
const LOGGED_OF_A_DECISION = [
  'level',
  'mode',
  'msg',
  'outcome',
  'policy',
  'reasons',
  'sessionId',
  'time',
  'tookMs',
];

const LOGGED_OF_A_FAILURE = ['code', 'level', 'mode', 'msg', 'policy', 'sessionId', 'time'];

describe('the server as a process', () => {
  const folders: string[] = [];
  const children: ChildProcess[] = [];
  afterEach(async () => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
    for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
  });

  function start(env: Readonly<Record<string, string>>, ...args: readonly string[]) {
    const child = spawn(process.execPath, ['--import', 'tsx', MAIN, ...args], {
      cwd: ROOT,
      env: {
        PATH: process.env['PATH'],
        VERIFRAME_MODEL_CACHE: modelCacheDir(),
        VERIFRAME_WORKERS: '1',
        HOST: '127.0.0.1',
        PORT: '0',
        ...env,
      },
    });
    children.push(child);
    let output = '';
    let errors = '';
    child.stdout.setEncoding('utf8').on('data', (part: string) => (output += part));
    child.stderr.setEncoding('utf8').on('data', (part: string) => (errors += part));
    const exited = once(child, 'close').then(([code]: unknown[]) => code);
    return { child, exited, output: () => output, errors: () => errors };
  }

  async function running(dataDir: string) {
    const server = start({ VERIFRAME_DATA_DIR: dataDir, VERIFRAME_DRAIN_MS: String(DRAIN_MS) });
    await expect.poll(() => server.errors()).toMatch(/http:\/\/127\.0\.0\.1:\d+/);
    const [url] = /http:\/\/127\.0\.0\.1:\d+/.exec(server.errors()) ?? [''];
    return { ...server, url };
  }

  const newFolder = async () => {
    const folder = await mkdtemp(join(tmpdir(), 'veriframe-process-'));
    folders.push(folder);
    return folder;
  };

  const streamOf = (url: string) => `${url.replace('http', 'ws')}/v1/stream`;

  async function askForSession(url: string, dataDir: string): Promise<Response> {
    const key = (await readFile(join(dataDir, 'development-api-key'), 'utf8')).trim();
    return await fetch(`${url}/v1/sessions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ mode: 'enrol', subject: 'someone' }),
    });
  }

  async function newSession(url: string, dataDir: string) {
    const { ticket } = (await (await askForSession(url, dataDir)).json()) as { ticket: string };
    return await connect({ url: streamOf(url), ticket });
  }

  it('starts from nothing with its secrets in files for the owner only, and stops in the midst of its drain when it is told again', async () => {
    const dataDir = join(await newFolder(), 'data');
    const { child, exited, url, output, errors } = await running(dataDir);
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
    expect(errors()).toMatch(
      /^ {2}weights .*faceres \(MIT, trained on VGGFace2\), dlib \(CC0-1\.0, .*docs\/\S+$/m,
    );
    for (const secret of ['master.key', 'development-api-key', 'token-signing-key.pem', 'veriframe.db'])
      expect([(await stat(join(dataDir, secret))).mode & 0o777, secret]).toEqual([0o600, secret]);
    const key = (await readFile(join(dataDir, 'development-api-key'), 'utf8')).trim();
    expect(output()).not.toContain(key);

    const session = await newSession(url, dataDir);
    const toldAtMs = performance.now();
    child.kill('SIGTERM');
    await expect.poll(async () => (await fetch(`${url}/readyz`)).status).toBe(503);
    // A terminal and a parent that both pass one Ctrl-C on are one, and what comes a second later is another.
    let isCutOff = false;
    session.decision.catch(() => (isCutOff = true));
    // Not until it has ended: at the very end a process no longer hears of signals, and dies of them.
    await expect.poll(() => isCutOff || (child.kill('SIGINT'), false), { interval: 100 }).toBe(true);
    expect(performance.now() - toldAtMs).toBeGreaterThan(500);
    await expect(session.decision).rejects.toMatchObject({ code: 'server.draining' });
    expect(await exited).toBe(0);
  });

  it('lets an open session finish when it is told to stop, lets nobody else in, and logs of it no more than it may', async () => {
    const dataDir = join(await newFolder(), 'data');
    const { child, exited, output, url } = await running(dataDir);
    const session = await newSession(url, dataDir);
    child.kill('SIGTERM');
    await expect.poll(async () => (await fetch(`${url}/readyz`)).status).toBe(503);
    expect((await askForSession(url, dataDir)).status).toBe(503);
    await expect(connect({ url: streamOf(url), ticket: 'vt_some-other-ticket' })).rejects.toMatchObject({
      code: 'server.draining',
    });
    session.bye('source-ended');
    expect((await session.decision).outcome).toBe('re-verify');
    expect(await exited).toBe(0);
    expect(output()).not.toContain('someone');
    const [decided] = output()
      .split('\n')
      .filter((line) => line.includes('"decided"'));
    expect(Object.keys(JSON.parse(decided ?? '{}') as object).toSorted()).toEqual(LOGGED_OF_A_DECISION);
  });

  it('puts on record what an error ended, logs of it no more than it may, and, killed, what was open', async () => {
    const dataDir = join(await newFolder(), 'data');
    const { child, exited, output, url } = await running(dataDir);
    const killed = await newSession(url, dataDir);
    killed.decision.catch(() => undefined);
    const ended = await newSession(url, dataDir);
    ended.decision.catch(() => undefined);
    while (await ended.whenCredit()) ended.sendFrame(new Uint8Array(9), 0);
    const code = 'frame.too_many_undecodable';
    await expect(ended.decision).rejects.toMatchObject({ code });
    await expect.poll(output).toContain('ended without a decision');
    const [line = '{}'] = output()
      .split('\n')
      .filter((one) => one.includes('ended without a decision'));
    expect(JSON.parse(line)).toMatchObject({ code, mode: 'enrol' });
    expect(Object.keys(JSON.parse(line) as object).toSorted()).toEqual(LOGGED_OF_A_FAILURE);
    expect(output()).not.toContain('someone');
    child.kill('SIGKILL');
    await exited;
    const again = await running(dataDir);
    const key = (await readFile(join(dataDir, 'development-api-key'), 'utf8')).trim();
    const answer = await fetch(`${again.url}/v1/decisions`, { headers: { authorization: `Bearer ${key}` } });
    expect(((await answer.json()) as { decisions: unknown[] }).decisions).toMatchObject([
      { outcome: null, code: 'server.internal', mode: 'enrol', tier: null, reasons: [] },
      { outcome: null, code },
    ]);
    expect(again.output()).toMatch(/"attempts":1/);
    again.child.kill('SIGKILL');
  });

  it('says what is wrong with its settings and exits with 1', async () => {
    const { exited, errors } = start({ PORT: 'eighty' });
    expect(await exited).toBe(1);
    expect(errors()).toContain('PORT must be a whole number');
  });

  it('shares its data folder with no other server, and leaves nothing behind that would stop the next one', async () => {
    const dataDir = await newFolder();
    const first = await running(dataDir);
    const second = start({ VERIFRAME_DATA_DIR: dataDir });
    expect(await second.exited).toBe(1);
    expect(second.output()).toBe('');
    expect(second.errors()).toMatch(
      new RegExp(
        `^veriframe: The data folder ${dataDir} is in use by process ${first.child.pid} on \\S+, and two servers ` +
          'cannot share one: stop that server, or set VERIFRAME_DATA_DIR to another folder for this one\\.\n$',
      ),
    );
    expect((await fetch(`${first.url}/readyz`)).status).toBe(200);

    first.child.kill('SIGKILL');
    await first.exited;
    const third = await running(dataDir);
    third.child.kill('SIGTERM');
    expect(await third.exited).toBe(0);
  });

  it('explains every setting', async () => {
    const { exited, output } = start({}, '--help');
    expect(await exited).toBe(0);
    expect(output()).toContain('VERIFRAME_DATA_DIR');
  });
});
