import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { modelCacheDir } from '../../models/prepare/settings.ts';
import { freePort } from '../support/free-port.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Ids of the processes below `pid`, parents first. Only Linux has /proc. */
function descendants(pid: number): readonly number[] {
  const children = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => parentOf(name) === pid)
    .map(Number);
  return children.flatMap((child) => [child, ...descendants(child)]);
}

function parentOf(pid: string): number | null {
  try {
    return Number(/\) \S (\d+)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1]);
  } catch {
    return null;
  }
}

const argumentsOf = (pid: number) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describe.skipIf(process.platform !== 'linux')('npm start', () => {
  const folders: string[] = [];
  const left: number[] = [];
  const children: ChildProcess[] = [];
  afterEach(() => {
    for (const pid of left.splice(0)) if (isRunning(pid)) process.kill(pid, 'SIGKILL');
    for (const child of children.splice(0)) child.kill('SIGKILL');
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
  });

  async function started(env: Readonly<Record<string, string>> = {}) {
    const folder = mkdtempSync(join(tmpdir(), 'veriframe-npm-start-'));
    folders.push(folder);
    const port = await freePort();
    const npm = spawn('npm', ['start'], {
      cwd: ROOT,
      stdio: ['ignore', 'ignore', 'pipe'],
      env: {
        PATH: process.env['PATH'],
        HOME: process.env['HOME'],
        HOST: '127.0.0.1',
        PORT: String(port),
        VERIFRAME_DATA_DIR: folder,
        VERIFRAME_MODEL_CACHE: modelCacheDir(),
        VERIFRAME_OFFLINE: '1',
        VERIFRAME_WORKERS: '1',
        ...env,
      },
    });
    children.push(npm);
    let errors = '';
    npm.stderr.setEncoding('utf8').on('data', (part: string) => (errors += part));
    await expect.poll(() => errors, { interval: 200 }).toMatch(/^veriframe \S+ on http/m);
    const below = descendants(npm.pid ?? 0);
    left.push(...below);
    const find = (file: string) => below.find((pid) => argumentsOf(pid).some((one) => one.endsWith(file)));
    const [setup, main] = [find('setup.mjs'), find('server/main.js')];
    if (setup === undefined || main === undefined) throw new Error('Some process of npm start is missing.');
    return { npm, setup, main, below, url: `http://127.0.0.1:${port}`, errors: () => errors };
  }

  it.each([
    ['npm', 'SIGTERM'],
    ['npm', 'SIGINT'],
    ['npm', 'SIGHUP'],
    ['npm', 'SIGKILL'],
    ['setup', 'SIGHUP'],
    ['setup', 'SIGKILL'],
  ] as const)('ends its server when %s alone is told %s, and leaves nothing behind', async (who, signal) => {
    const { npm, setup, main, below, url } = await started();
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
    if (who === 'npm') npm.kill(signal);
    else process.kill(setup, signal);
    await expect.poll(() => below.filter(isRunning), { interval: 100 }).toEqual([]);
    expect(isRunning(main)).toBe(false);
    await expect(fetch(url)).rejects.toThrow('fetch failed');
  });
});
