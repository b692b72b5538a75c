import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { connect } from '../../client/kiosk/session-client.ts';

const MAIN = fileURLToPath(new URL('../../server/main.ts', import.meta.url));
const ROOT = fileURLToPath(new URL('../..', import.meta.url));

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
      env: { PATH: process.env['PATH'], VERIFRAME_WORKERS: '1', HOST: '127.0.0.1', PORT: '0', ...env },
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
    const server = start({ VERIFRAME_DATA_DIR: dataDir });
    await expect.poll(() => server.errors(), { timeout: 30_000 }).toMatch(/http:\/\/127\.0\.0\.1:\d+/);
    const [url] = /http:\/\/127\.0\.0\.1:\d+/.exec(server.errors()) ?? [''];
    return { ...server, url };
  }

  const newFolder = async () => {
    const folder = await mkdtemp(join(tmpdir(), 'veriframe-process-'));
    folders.push(folder);
    return folder;
  };

  it('starts from nothing with its secrets in files for the owner only, and stops on SIGTERM with code 0', async () => {
    const dataDir = join(await newFolder(), 'data');
    const { child, exited, url, output } = await running(dataDir);
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
    for (const secret of ['master.key', 'development-api-key', 'token-signing-key.pem', 'veriframe.db'])
      expect([(await stat(join(dataDir, secret))).mode & 0o777, secret]).toEqual([0o600, secret]);
    const key = (await readFile(join(dataDir, 'development-api-key'), 'utf8')).trim();
    expect(output()).not.toContain(key);
    child.kill('SIGTERM');
    expect(await exited).toBe(0);
  });

  it('lets an open session finish when it is told to stop, and lets nobody else in', async () => {
    const dataDir = join(await newFolder(), 'data');
    const { child, exited, url } = await running(dataDir);
    const authorization = `Bearer ${(await readFile(join(dataDir, 'development-api-key'), 'utf8')).trim()}`;
    const newTicket = () =>
      fetch(`${url}/v1/sessions`, {
        method: 'POST',
        headers: { authorization, 'content-type': 'application/json' },
        body: JSON.stringify({ mode: 'enrol', subject: 'someone' }),
      });
    const created = (await (await newTicket()).json()) as { ticket: string };
    const streamUrl = `${url.replace('http', 'ws')}/v1/stream`;
    const session = await connect({ url: streamUrl, ticket: created.ticket });
    child.kill('SIGTERM');
    await expect.poll(async () => (await fetch(`${url}/readyz`)).status).toBe(503);
    expect((await newTicket()).status).toBe(503);
    await expect(connect({ url: streamUrl, ticket: 'vt_some-other-ticket' })).rejects.toMatchObject({
      code: 'server.draining',
    });
    session.bye('source-ended');
    expect((await session.decision).outcome).toBe('re-verify');
    expect(await exited).toBe(0);
  });

  it('says what is wrong with its settings and exits with 1', async () => {
    const { exited, errors } = start({ PORT: 'eighty' });
    expect(await exited).toBe(1);
    expect(errors()).toContain('PORT must be a whole number');
  });

  it('explains every setting', async () => {
    const { exited, output } = start({}, '--help');
    expect(await exited).toBe(0);
    expect(output()).toContain('VERIFRAME_DATA_DIR');
  });
});
