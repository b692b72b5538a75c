import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { modelCacheDir } from '../../models/prepare/settings.ts';
import { prepareCast } from '../../simulator/try/people.ts';
import { startRealServer, type RealServer } from '../../tools/throwaway-server.ts';
import { portOf } from '../kiosk/support/server.ts';
import { play } from '../support/play.ts';
import { SessionClock } from '../support/virtual-clock.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const LAUNCHER = fileURLToPath(new URL('../../client/kiosk/veriframe.mjs', import.meta.url));
const IN_STEP = fileURLToPath(new URL('../support/try-in-step.ts', import.meta.url));

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** One line of the record of decisions. */
interface Attempt {
  readonly reasons: readonly string[];
  readonly measured: readonly string[];
}

let server: RealServer;
let clock: SessionClock;
/** Every subject that the server heard of. */
const subjects = new Set<string>();
const children: ChildProcess[] = [];

beforeAll(async () => {
  clock = new SessionClock();
  // The trial checks tokens by the time of day, however far the sessions' time is from it.
  clock.advance(3_600_000);
  server = await startRealServer({
    transport: 'auto',
    clock,
    seed: 5,
    watch: ({ subject }) => {
      if (subject !== null) subjects.add(subject);
      return null;
    },
  });
});
afterAll(() => server.close());
afterEach(() => {
  subjects.clear();
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

/** Starts a program of veriframe's. Its environment holds nothing of ours but what is given. */
function start(
  program: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): { readonly child: ChildProcess; readonly ended: Promise<Ended>; readonly out: () => string } {
  const child = spawn(process.execPath, program, {
    cwd: ROOT,
    env: {
      PATH: process.env['PATH'],
      VERIFRAME_MODEL_CACHE: modelCacheDir(),
      VERIFRAME_DATA_DIR: server.dataDir,
      ...environment,
    },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  children.push(child);
  let out = '';
  let err = '';
  child.stdout?.setEncoding('utf8').on('data', (part: string) => (out += part));
  child.stderr?.setEncoding('utf8').on('data', (part: string) => (err += part));
  const ended = once(child, 'close').then(
    ([code]: (number | null)[]): Ended => ({ code: code ?? null, out, err }),
  );
  return { child, ended, out: () => out };
}

/** The trial with the real server, on the test's own time. It finds the key in the server's data folder. */
function startTrial() {
  const started = start([
    '--conditions=veriframe-source',
    '--import',
    'tsx',
    IN_STEP,
    '--url',
    server.url.replace('http', 'ws'),
  ]);
  const { child } = started;
  child.on('message', (elapsedMs) => {
    clock.advance(Number(elapsedMs));
    if (child.connected) child.send('go on', () => {});
  });
  return started;
}

/** The trial as people start it, which takes real time: for what ends before anybody is drawn. */
const launch = (...args: readonly string[]) => start([LAUNCHER, 'try', ...args]).ended;

async function enrolledCount(): Promise<number> {
  const { body } = await server.api<{ total: number }>('GET', '/v1/subjects');
  return body.total;
}

/** Enrols the face of ada as somebody, vouched for. */
async function enrolAda(subject: string): Promise<void> {
  const presenter = await (await prepareCast()).ada();
  const { decision } = await play(server, clock, { mode: 'enrol', subject, policy: 'attended', presenter });
  expect(decision.outcome).toBe('accept');
}

describe('veriframe try', () => {
  it('shows that ada is accepted, and neither a stranger, a replay nor a still; and leaves nothing behind', async () => {
    const { code, out, err } = await startTrial().ended;
    expect({ code, err }).toEqual({ code: 0, err: '' });
    for (const row of [
      /^ada enrols +accept .* evidence-sufficient.* \d+\.\d$/m,
      /^ada verifies +accept .* evidence-sufficient.* \d+\.\d$/m,
      /^a stranger +(reject|re-verify) .*\d+\.\d$/m,
      /^a replay +reject .* replayed.* \d+\.\d$/m,
      /^a still picture +(reject|re-verify) .*\d+\.\d$/m,
    ])
      expect(out).toMatch(row);
    // The live prompts of the enrolment, all of them.
    for (const number of [1, 2, 3, 4]) expect(out).toContain(`(${number} of 4)`);
    expect(out).toContain(`open ${server.url} in a browser`);
    const { body } = await server.api<{ decisions: Attempt[] }>('GET', '/v1/decisions');
    expect(body.decisions.length).toBeGreaterThanOrEqual(5);
    for (const { reasons, measured } of body.decisions) {
      expect(out).toContain(`Reasons     ${reasons.join(', ')}\n`);
      expect(out).toContain(`Measured    ${measured.join(', ')}\n`);
    }
    expect(await enrolledCount()).toBe(0);
    expect(subjects.size).toBe(1);
    for (const secret of [...subjects, server.apiKey, 'eyJ', 'vt_']) expect(out).not.toContain(secret);
  });

  it('erases what an earlier trial left, and, interrupted, what it made itself', async () => {
    await enrolAda('veriframe-try-killed');
    const { child, ended, out } = startTrial();
    await expect.poll(out).toContain('What that trial left is erased.');
    await expect.poll(out).toContain('Your face is enrolled');
    child.kill('SIGINT');
    expect(await ended).toMatchObject({ code: 3, err: 'veriframe: Cancelled. (client.cancelled)\n' });
    expect(await enrolledCount()).toBe(0);
  });

  it('erases nobody else who has the face of ada, and says with exit code 1 that it did not work', async () => {
    await enrolAda('owner');
    const { code, out } = await startTrial().ended;
    expect(code).toBe(1);
    expect(out).toContain('Somebody else enrolled her face.');
    expect(out).toMatch(/^ada enrols +reject .* duplicate-subject/m);
    expect(out).toMatch(/^a replay +not tried/m);
    expect(out).not.toContain('owner');
    expect((await server.api('DELETE', '/v1/subjects/owner')).status).toBe(200);
    expect(await enrolledCount()).toBe(0);
  });

  it('says with exit code 3 how to start a server where none answers', async () => {
    const nobody = createServer();
    nobody.listen(0, '127.0.0.1');
    await once(nobody, 'listening');
    const url = `ws://127.0.0.1:${portOf(nobody)}`;
    nobody.close();
    await once(nobody, 'close');
    const { code, out, err } = await launch('--url', url);
    expect({ code, out }).toEqual({ code: 3, out: '' });
    expect(err).toContain(`No server answers at ${url.replace('ws', 'http')}. (connection.refused)`);
    expect(err).toContain('Run "npm start" in another terminal');
  });

  it('says with exit code 3 that the server does not know the key', async () => {
    const { code, out, err } = await launch('--url', server.url, '--api-key', 'vf_wrong_key');
    expect({ code, out }).toEqual({ code: 3, out: '' });
    expect(err).toContain('A valid API key is required. (api.unauthorized)');
    expect(err).toContain('The server does not know this key.');
    expect(err).not.toContain('vf_wrong_key');
  });

  it('comes with a clone, and says so where none is', async () => {
    const installed = await mkdtemp(join(tmpdir(), 'veriframe-try-'));
    try {
      // As npm lays out an installed package.
      const kiosk = join(installed, 'node_modules', '@veriframe', 'kiosk');
      await mkdir(kiosk, { recursive: true });
      await copyFile(LAUNCHER, join(kiosk, 'veriframe.mjs'));
      const [inClone, elsewhere] = await Promise.all([
        launch('--help'),
        start([join(kiosk, 'veriframe.mjs'), 'try', '--help']).ended,
      ]);
      expect(inClone).toMatchObject({ code: 0, err: '' });
      expect(inClone.out).toContain('Usage: veriframe try');
      expect(elsewhere).toMatchObject({ code: 3, out: '' });
      expect(elsewhere.err).toContain('The trial comes with the clone of veriframe');
    } finally {
      await rm(installed, { recursive: true });
    }
  });
});
