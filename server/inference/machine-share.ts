import { readFileSync } from 'node:fs';
import { availableParallelism, totalmem } from 'node:os';
import { join, posix } from 'node:path';

/** What this process may use of the machine: in a container, less than the machine has. */
export interface MachineShare {
  /** Processors, fractions included; at most those of the machine. */
  readonly cores: number;
  readonly memoryBytes: number;
  /** Which of the two a control group limits. */
  readonly limited: readonly ('cores' | 'memory')[];
}

const MIB = 2 ** 20;

/**
 * Memory of the server itself, and of one worker with every network, in the soak of an hour at 80 % load
 * (docs/measurements.md: 232 MB, and 282 MB a worker), with a reserve.
 */
const SERVER_BYTES = 320 * MIB;
const WORKER_BYTES = 300 * MIB;
/** With less not even one worker starts reliably: server and worker take 240 MB before the first picture. */
const LEAST_BYTES = 384 * MIB;

/** Too little memory for a server and one worker. `message` says how much there is, and how much is needed. */
export class MemoryError extends Error {
  override readonly name = 'MemoryError';
}

/** How many workers are started, and why so many. */
export interface WorkerCount {
  readonly workers: number;
  /** For the start-up notice, such as `2 of 8 cores: memory for 2 (1024 MiB)`. */
  readonly why: string;
  /** Whether `configured` workers need more memory than there is. */
  readonly isShort: boolean;
}

/**
 * Workers for this share of the machine: one for each whole core, and no more than there is memory for.
 * @param configured the number that the operator wants; 0: chosen here
 * @throws MemoryError when there is not even memory for one
 */
export function countWorkers(configured: number, share: MachineShare = machineShare()): WorkerCount {
  const { memoryBytes, limited } = share;
  const memoryMib = Math.floor(memoryBytes / MIB);
  if (memoryBytes < LEAST_BYTES)
    throw new MemoryError(
      `There are ${memoryMib} MiB of memory for this process, and a server with one worker needs ` +
        `${LEAST_BYTES / MIB} MiB: raise the memory limit of the container or service.`,
    );
  const fitting = Math.max(1, Math.floor((memoryBytes - SERVER_BYTES) / WORKER_BYTES));
  if (configured > 0) return { workers: configured, why: 'as configured', isShort: configured > fitting };
  const cores = Math.max(1, Math.floor(share.cores));
  const of = limited.includes('cores') ? `CPU quota of ${Number(share.cores.toFixed(2))}` : `${cores} cores`;
  return fitting < cores
    ? { workers: fitting, why: `${of}, memory of ${memoryMib} MiB`, isShort: false }
    : { workers: cores, why: of, isShort: false };
}

/**
 * Reads the limits of the control groups (cgroup v1 and v2) that this process is in, and of those above it.
 * @param root the folder under which `proc` and the mounted control groups lie
 * @param machine what the machine has
 */
export function machineShare(
  root = '/',
  machine = { cores: availableParallelism(), memoryBytes: totalmem() },
): MachineShare {
  const groups = controlGroups(root);
  const cores = Math.min(...groups.map(({ cores: quota }) => quota));
  const memoryBytes = Math.min(...groups.map(({ memoryBytes: limit }) => limit));
  return {
    cores: Math.min(machine.cores, cores),
    memoryBytes: Math.min(machine.memoryBytes, memoryBytes),
    limited: [
      ...(cores < machine.cores ? (['cores'] as const) : []),
      ...(memoryBytes < machine.memoryBytes ? (['memory'] as const) : []),
    ],
  };
}

type Limits = Pick<MachineShare, 'cores' | 'memoryBytes'>;

const UNLIMITED: Limits = { cores: Infinity, memoryBytes: Infinity };

/** The limits of each control group from that of this process up to the one that is mounted. */
function controlGroups(root: string): readonly Limits[] {
  const read = (path: string) => readText(join(root, path));
  const mounts = read('proc/self/mountinfo').split('\n').flatMap(readMount);
  return read('proc/self/cgroup')
    .split('\n')
    .flatMap((line) => {
      // `0::/path` is the group of v2, `4:cpu,cpuacct:/path` one of v1 (man 7 cgroups).
      const [, controllers, path] = /^\d+:([^:]*):(\/.*)$/.exec(line) ?? [];
      if (controllers === undefined || path === undefined) return [];
      const wanted = controllers === '' ? [''] : controllers.split(',');
      const mount = mounts.find(({ controllers: has }) => wanted.some((one) => has.includes(one)));
      if (mount === undefined) return [];
      return foldersUp(mount, path).map((folder) =>
        controllers === ''
          ? limitsV2((file) => read(join(folder, file)))
          : limitsV1((file) => read(join(folder, file))),
      );
    });
}

interface Mount {
  readonly at: string;
  /** The group that is mounted there: in a container usually its own. */
  readonly group: string;
  /** Those of v1; of v2 one empty name. */
  readonly controllers: readonly string[];
}

/** A line of `/proc/self/mountinfo`: fields, a variable number of optional ones, ` - `, then type, source, options. */
function readMount(line: string): readonly Mount[] {
  const [fields = '', ending = ''] = line.split(' - ');
  const [, , , group, at] = fields.split(' ');
  const [type, , options = ''] = ending.split(' ');
  if (group === undefined || at === undefined) return [];
  if (type === 'cgroup2') return [{ at, group, controllers: [''] }];
  return type === 'cgroup' ? [{ at, group, controllers: options.split(',') }] : [];
}

/** The folder of a group and those above it, up to the mount. A group outside of what is mounted: the mount alone. */
function foldersUp({ at, group }: Mount, path: string): readonly string[] {
  const below = posix.relative(group, path);
  const folders = [at];
  if (below.startsWith('..')) return folders;
  for (const name of below.split('/').filter(Boolean)) folders.push(posix.join(folders.at(-1) ?? at, name));
  return folders;
}

function limitsV2(read: (file: string) => string): Limits {
  const [quota, period = ''] = read('cpu.max').trim().split(' ');
  return {
    cores: quota === 'max' ? UNLIMITED.cores : ratio(quota, period),
    memoryBytes: bytes(read('memory.max')),
  };
}

function limitsV1(read: (file: string) => string): Limits {
  // Groups above that a container does not see count in `hierarchical_memory_limit`.
  const [, above = ''] = /^hierarchical_memory_limit (\d+)$/m.exec(read('memory.stat')) ?? [];
  return {
    cores: ratio(read('cpu.cfs_quota_us').trim(), read('cpu.cfs_period_us').trim()),
    memoryBytes: Math.min(bytes(read('memory.limit_in_bytes')), bytes(above)),
  };
}

/** A quota in processors. Without one the quota is -1 or absent. */
function ratio(quota: string | undefined, period: string): number {
  const value = Number(quota) / Number(period);
  return quota !== '' && value > 0 ? value : Infinity;
}

function bytes(text: string): number {
  const value = Number(text);
  return text.trim() !== '' && value > 0 ? value : Infinity;
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
