/*
 * Runs a real server in the folder that it is given, then a process behind each fence that holds here, placed as the
 * pool places its workers, which tries what no worker may. Prints what each could do, and what a worker of the server
 * has at hand. Run by `fence.test.ts` as one user or another.
 */
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setTimeout as delay } from 'node:timers/promises';
import { childrenOf } from '../../../bench/load/meters.ts';
import { loadPrepared } from '../../../models/prepared.ts';
import { modelCacheDir } from '../../../models/prepare/settings.ts';
import { fencesThatHold } from '../../../server/inference/fence/choose.ts';
import { NO_FENCE, type Fence, type FenceReport } from '../../../server/inference/fence/fence.ts';
import { launchFenced } from '../../../server/inference/fence/launch.ts';
import { startRealServer } from '../../../tools/throwaway-server.ts';

export interface Attempted {
  readonly fence: Fence['kind'];
  readonly hasOwnUser: boolean;
  /** What it could do. */
  readonly could: readonly string[];
  /** What the others were refused with. */
  readonly refusals: Readonly<Record<string, string>>;
}

export interface FenceFindings {
  readonly serverFence: FenceReport;
  readonly attempted: readonly Attempted[];
  /** The same without a fence. */
  readonly unfenced: Attempted;
  readonly worker: {
    readonly variables: readonly string[];
    readonly command: string;
    readonly folder: string;
    /** Where each of its open files leads. */
    readonly files: readonly string[];
    readonly filesOfServer: readonly string[];
    readonly canGainPrivileges: boolean;
    readonly capabilities: string;
  };
}

const ATTEMPTS = `
const fs = require('node:fs');
const net = require('node:net');
const { spawnSync } = require('node:child_process');
process.on('message', async ({ files, parent, port, code }) => {
  const could = [];
  const refusals = {};
  const attempt = (what, run) => {
    try {
      run();
      could.push(what);
    } catch (error) {
      refusals[what] = error.code ?? error.message;
    }
  };
  for (const [what, file] of Object.entries(files)) attempt('read ' + what, () => fs.readFileSync(file));
  attempt('read environment', () => fs.readFileSync('/proc/' + parent + '/environ'));
  attempt('read memory', () => {
    const file = fs.openSync('/proc/' + parent + '/mem', 'r');
    const [from] = fs.readFileSync('/proc/' + parent + '/maps', 'latin1').split('-');
    fs.readSync(file, Buffer.alloc(16), 0, 16, BigInt('0x' + from));
  });
  attempt('read open file', () => fs.readlinkSync('/proc/' + parent + '/fd/0'));
  attempt('write code', () => fs.closeSync(fs.openSync(code, 'r+')));
  await new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1');
    socket.once('connect', () => (could.push('connect'), resolve()));
    socket.once('error', (error) => ((refusals.connect = error.code), resolve()));
  });
  process.send({ could, refusals }, () => process.exit());
});
`;

/** A file of those that workers run from. */
const CODE = fileURLToPath(new URL('../../../server/inference/worker.ts', import.meta.url));

const [dataDir = ''] = process.argv.slice(2);
const server = await startRealServer({ transport: 'auto', dataDir });
const { models } = await loadPrepared(modelCacheDir());
const secrets = {
  'master key': join(dataDir, 'master.key'),
  'API key': join(dataDir, 'development-api-key'),
  'signing key': join(dataDir, 'token-signing-key.pem'),
  database: join(dataDir, 'veriframe.db'),
};
for (const file of Object.values(secrets)) if (!existsSync(file)) throw new Error(`There is no ${file}.`);

async function attempt(fence: Fence, hasOwnUser: boolean): Promise<Attempted> {
  const child = launchFenced(fence, { worker: 0, args: ['-e', ATTEMPTS], executionProvider: 'cpu' });
  child.stderr?.pipe(process.stderr);
  child.send({ files: secrets, parent: process.pid, port: server.port, code: CODE });
  const [findings] = (await once(child, 'message')) as [Pick<Attempted, 'could' | 'refusals'>];
  await once(child, 'exit');
  return { fence: fence.kind, hasOwnUser, ...findings };
}

/** Of a worker that was started while the server listened. */
async function newWorker(): Promise<FenceFindings['worker']> {
  const workers = () => childrenOf(process.pid, '/inference/worker.ts');
  const [old] = workers();
  process.kill(old, 'SIGKILL');
  let [pid] = workers();
  while (pid === undefined || pid === old || !isNode(pid)) {
    await delay(20);
    [pid] = workers();
  }
  const of = (file: string) => readFileSync(`/proc/${pid}/${file}`, 'utf8');
  const status = (name: string) => new RegExp(`^${name}:\\s*(\\S+)`, 'm').exec(of('status'))?.[1] ?? '';
  return {
    variables: of('environ').split('\0').filter(Boolean),
    command: of('cmdline').replaceAll('\0', ' '),
    folder: readlinkSync(`/proc/${pid}/cwd`),
    files: openFiles(pid),
    filesOfServer: openFiles(process.pid),
    canGainPrivileges: status('NoNewPrivs') !== '1',
    capabilities: status('CapPrm'),
  };
}

/** Not what sets the fence up before it becomes the worker. */
function isNode(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').startsWith(process.execPath);
  } catch {
    return false;
  }
}

/** Without what the kernel makes for whoever waits for events. */
function openFiles(pid: number): string[] {
  return readdirSync(`/proc/${pid}/fd`)
    .flatMap((number) => {
      try {
        return [readlinkSync(`/proc/${pid}/fd/${number}`)];
      } catch {
        // It was closed in between.
        return [];
      }
    })
    .filter((file) => !file.startsWith('anon_inode:'));
}

const attempted: Attempted[] = [];
const wish = {
  workers: 1,
  executionProvider: 'cpu',
  models: Object.values(models),
  secrets: [dataDir],
} as const;
for await (const { fence, report } of fencesThatHold({ ...wish, choice: 'auto' }))
  if (fence.kind !== 'none') attempted.push(await attempt(fence, report.hasOwnUser));
const findings: FenceFindings = {
  serverFence: server.fence,
  attempted,
  unfenced: await attempt(NO_FENCE, false),
  worker: await newWorker(),
};
await server.close();
process.stdout.write(JSON.stringify(findings));
