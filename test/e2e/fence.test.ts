import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, closeSync, openSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { describeFence } from '../../server/inference/fence/fence.ts';
import type { FenceFindings } from '../support/fence/attempts.ts';
import { modelCacheDir } from '../../models/prepare/settings.ts';
import { preparedModels } from '../vision/support.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const at = (path: string) => join(ROOT, path);
const isRoot = process.getuid?.() === 0;
/** Nobody's: see `server/inference/fence/user-ids.ts`. */
const ORDINARY_ID = 1_879_000_000;

interface User {
  readonly name: string;
  readonly id: number | null;
  readonly whyNot: string | null;
}

/** An ordinary user can run the code of a clone that others may read. */
function whyNotOrdinary(): string | null {
  if (!isRoot) return 'these tests are not run as root';
  const read = `require('node:fs').readFileSync(process.argv[1])`;
  const { status, error } = spawnSync(process.execPath, ['-e', read, at('server/main.ts')], {
    uid: ORDINARY_ID,
    gid: ORDINARY_ID,
  });
  if (error !== undefined) return 'no process can be given another user here';
  return status === 0 ? null : 'other users cannot read this clone';
}

const USERS: readonly User[] =
  process.platform === 'linux'
    ? [
        { name: isRoot ? 'root' : 'an ordinary user', id: null, whyNot: null },
        { name: 'an ordinary user beside root', id: ORDINARY_ID, whyNot: whyNotOrdinary() },
      ]
    : [];

/** What may differ: whether the network is there. */
const NEVER = (could: readonly string[]) => could.filter((what) => what !== 'connect');

const folders: string[] = [];
async function newFolder(owner: number | null): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'veriframe-fence-'));
  folders.push(folder);
  if (owner !== null) chownSync(folder, owner, owner);
  return folder;
}
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
});

interface Start {
  readonly args: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  /** Who runs it; null: whoever runs the tests. */
  readonly id?: number | null;
  /** What runs Node. */
  readonly through?: readonly string[];
}

/** A file that a parent left open, with a number that Node does not look at. */
const LEFT_OPEN = 40;

/** Runs TypeScript to its end, which comes by itself or when it says that it listens. */
async function run({ args, env = {}, id = null, through = [] }: Start) {
  const [program, ...rest] = [...through, process.execPath, '--import', 'tsx', ...args];
  const file = openSync(at('package.json'), 'r');
  const inBetween = Array.from({ length: LEFT_OPEN - 3 }, () => 'ignore' as const);
  const child = spawn(program, rest, {
    cwd: ROOT,
    env: {
      PATH: process.env['PATH'],
      TSX_DISABLE_CACHE: '1',
      VERIFRAME_MODEL_CACHE: modelCacheDir(),
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe', ...inBetween, file],
    ...(id === null ? {} : { uid: id, gid: id }),
  });
  closeSync(file);
  let output = '';
  let errors = '';
  child.stdout?.setEncoding('utf8').on('data', (part: string) => (output += part));
  child.stderr?.setEncoding('utf8').on('data', (part: string) => {
    errors += part;
    if (errors.includes('(for development)')) child.kill('SIGTERM');
  });
  const [exitCode] = (await once(child, 'close')) as [number | null];
  return { exitCode, output, errors };
}

for (const { name, id, whyNot } of USERS) {
  describe.skipIf(whyNot !== null)(
    `workers of a server that ${name} starts${whyNot === null ? '' : ` (skipped: ${whyNot})`}`,
    () => {
      let findings: FenceFindings;
      beforeAll(async () => {
        await preparedModels();
        const { exitCode, output, errors } = await run({
          args: [at('test/support/fence/attempts.ts'), await newFolder(id)],
          env: { VERIFRAME_METRICS_TOKEN: 'a secret of the server' },
          id,
        });
        if (exitCode !== 0) throw new Error(errors);
        findings = JSON.parse(output) as FenceFindings;
      });

      it('can read keys and memory of the server where there is no fence', () => {
        const { could } = findings.unfenced;
        expect(could).toEqual(
          expect.arrayContaining(['read master key', 'read API key', 'read environment']),
        );
        expect(could).toContain('connect');
      });

      it('can read no key, no memory and no code to write behind any fence that holds', ({ skip }) => {
        const { attempted, serverFence } = findings;
        if (attempted.length === 0) skip(`no fence holds here: ${describeFence(serverFence)}`);
        for (const { could, refusals } of attempted) {
          expect(NEVER(could)).toEqual([]);
          expect(Object.keys(refusals)).toEqual(expect.arrayContaining(['read master key', 'read memory']));
        }
        for (const { fence, could } of attempted)
          if (fence === 'namespaces') expect(could).not.toContain('connect');
        // The server takes the first that holds.
        expect(serverFence.fence).toBe(attempted[0]?.fence ?? 'none');
        if (isRoot && id === null) expect(serverFence.hasOwnUser).toBe(true);
      });

      it('have no variable, file, socket or privilege of the server', () => {
        const { variables, command, folder, files, filesOfServer, canGainPrivileges, capabilities } =
          findings.worker;
        const names = variables.map((variable) => variable.split('=')[0]);
        expect(names.filter((one) => !/^(NODE_CHANNEL|TSX)_/.test(one))).toEqual(['ORT_DISABLE_TELEMETRY']);
        expect(command).not.toContain('veriframe-fence-');
        expect(folder).toBe('/');
        expect(files.filter((file) => file.startsWith('/') && file !== '/dev/null')).toEqual([]);
        expect(files.filter((file) => file !== '/dev/null' && filesOfServer.includes(file))).toEqual([]);
        if (findings.serverFence.fence === 'none') return;
        expect(canGainPrivileges).toBe(false);
        expect(capabilities).toBe('0000000000000000');
      });
    },
  );
}

/** Leaves a program root in name, with one user id, without capabilities and without further namespaces. */
const WHERE_NO_FENCE_HOLDS = [
  'unshare',
  '--user',
  '--map-root-user',
  '/bin/sh',
  '-c',
  'echo 0 > /proc/sys/user/max_user_namespaces; exec setpriv --bounding-set=-all --inh-caps=-all -- "$@"',
  'sh',
];

function canBeMade(): boolean {
  const [program, ...args] = WHERE_NO_FENCE_HOLDS;
  return spawnSync(program, [...args, process.execPath, '-e', '']).status === 0;
}

describe('a server where no fence holds', () => {
  // Where user namespaces cannot be made for it, this machine itself may be such a place.
  const through = canBeMade() ? WHERE_NO_FENCE_HOLDS : [];
  const start = async (env: NodeJS.ProcessEnv, runBy: readonly string[] = through) =>
    await run({
      args: [at('server/main.ts')],
      through: runBy,
      env: {
        HOST: '127.0.0.1',
        PORT: '0',
        VERIFRAME_WORKERS: '1',
        VERIFRAME_DATA_DIR: await newFolder(null),
        ...env,
      },
    });
  const isFenced = (errors: string) => /workers +\d.*, fenced/.test(errors);
  beforeAll(preparedModels);

  it('says so where it starts, and in its log, and why, and what to do', async ({ skip }) => {
    const { errors, output, exitCode } = await start({});
    if (isFenced(errors)) skip('a fence holds here, and a place where none does cannot be made');
    expect(exitCode).toBe(0);
    expect(errors).toMatch(/workers +1 \(as configured\), UNFENCED: .*keys \(.+\)\. Allow user namespaces/);
    expect(output).toMatch(/"level":"warn".*"fence":"none".*UNFENCED/);
  });

  it('does not start where one is required', async ({ skip }) => {
    const { errors, exitCode } = await start({ VERIFRAME_FENCE: 'required' });
    if (isFenced(errors)) skip('a fence holds here, and a place where none does cannot be made');
    expect(exitCode).toBe(1);
    expect(errors).toMatch(/^veriframe: VERIFRAME_FENCE is required, and workers cannot be fenced here/);
  });

  it('says so where it was switched off', async () => {
    const { errors } = await start({ VERIFRAME_FENCE: 'off' }, []);
    expect(errors).toMatch(/workers +1 \(as configured\), UNFENCED: .*\(VERIFRAME_FENCE is off\)\n/);
  });
});
