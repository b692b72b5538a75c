import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { countWorkers, machineShare, MemoryError } from '../../server/inference/machine-share.ts';

const GIB = 2 ** 30;
const MACHINE = { cores: 8, memoryBytes: 64 * GIB };
const NO_LIMIT_V1 = '9223372036854771712\n';

describe('the share of a machine', () => {
  const roots: string[] = [];
  afterEach(() => {
    for (const root of roots.splice(0)) rmSync(root, { recursive: true });
  });

  /** A folder that holds files as a kernel shows them. */
  function kernel(files: Readonly<Record<string, string>>): string {
    const root = mkdtempSync(join(tmpdir(), 'veriframe-cgroup-'));
    roots.push(root);
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text);
    }
    return root;
  }

  const V2_MOUNT = '31 24 0:27 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate\n';
  const V1_MOUNTS = (group: string) =>
    `40 35 0:33 ${group} /sys/fs/cgroup/cpu,cpuacct ro - cgroup cgroup rw,cpu,cpuacct\n` +
    `41 35 0:34 ${group} /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory\n`;

  it('is the machine where nothing limits it, and where the system has no control groups', () => {
    const whole = { ...MACHINE, limited: [] };
    expect(machineShare(kernel({}), MACHINE)).toEqual(whole);
    const unlimited = kernel({
      'proc/self/mountinfo': V2_MOUNT,
      'proc/self/cgroup': '0::/\n',
      'sys/fs/cgroup/cpu.max': 'max 100000\n',
      'sys/fs/cgroup/memory.max': 'max\n',
    });
    expect(machineShare(unlimited, MACHINE)).toEqual(whole);
  });

  it('is the quota and the limit of cgroup v2 in a container, which sees its own group as the root', () => {
    const root = kernel({
      'proc/self/mountinfo': V2_MOUNT,
      'proc/self/cgroup': '0::/\n',
      'sys/fs/cgroup/cpu.max': '150000 100000\n',
      'sys/fs/cgroup/memory.max': `${GIB}\n`,
    });
    expect(machineShare(root, MACHINE)).toEqual({
      cores: 1.5,
      memoryBytes: GIB,
      limited: ['cores', 'memory'],
    });
  });

  it('is the least of the groups above, as systemd nests slices and services', () => {
    const root = kernel({
      'proc/self/mountinfo': V2_MOUNT,
      'proc/self/cgroup': '0::/system.slice/veriframe.service\n',
      'sys/fs/cgroup/system.slice/cpu.max': '200000 100000\n',
      'sys/fs/cgroup/system.slice/memory.max': 'max\n',
      'sys/fs/cgroup/system.slice/veriframe.service/cpu.max': 'max 100000\n',
      'sys/fs/cgroup/system.slice/veriframe.service/memory.max': `${2 * GIB}\n`,
    });
    expect(machineShare(root, MACHINE)).toMatchObject({ cores: 2, memoryBytes: 2 * GIB });
  });

  it('is read from cgroup v1 too, whose container mounts its own group under the path of the host', () => {
    const root = kernel({
      'proc/self/mountinfo': V1_MOUNTS('/docker/c0ffee'),
      'proc/self/cgroup':
        '4:memory:/docker/c0ffee\n3:cpu,cpuacct:/docker/c0ffee\n1:name=systemd:/docker/c0ffee\n',
      'sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us': '100000\n',
      'sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us': '100000\n',
      'sys/fs/cgroup/memory/memory.limit_in_bytes': `${GIB}\n`,
    });
    expect(machineShare(root, MACHINE)).toEqual({ cores: 1, memoryBytes: GIB, limited: ['cores', 'memory'] });
  });

  it('heeds a limit of v1 that lies above what the container sees, and takes -1 and the largest number for none', () => {
    const root = kernel({
      'proc/self/mountinfo': V1_MOUNTS('/'),
      'proc/self/cgroup': '4:memory:/pod/one\n3:cpu,cpuacct:/\n',
      'sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us': '-1\n',
      'sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us': '100000\n',
      'sys/fs/cgroup/memory/pod/one/memory.limit_in_bytes': NO_LIMIT_V1,
      'sys/fs/cgroup/memory/pod/one/memory.stat': `cache 0\nhierarchical_memory_limit ${3 * GIB}\n`,
    });
    expect(machineShare(root, MACHINE)).toEqual({ cores: 8, memoryBytes: 3 * GIB, limited: ['memory'] });
  });

  it('never counts more than the machine has', () => {
    const root = kernel({
      'proc/self/mountinfo': V2_MOUNT,
      'proc/self/cgroup': '0::/\n',
      'sys/fs/cgroup/cpu.max': '3200000 100000\n',
      'sys/fs/cgroup/memory.max': `${512 * GIB}\n`,
    });
    expect(machineShare(root, MACHINE)).toEqual({ ...MACHINE, limited: [] });
  });
});

describe('the number of workers', () => {
  const share = (cores: number, memoryBytes: number) =>
    ({
      cores,
      memoryBytes,
      limited: cores < 8 ? (['cores', 'memory'] as const) : (['memory'] as const),
    }) as const;

  it.each([
    { cores: 8, gib: 64, workers: 8 },
    { cores: 8, gib: 1, workers: 2 },
    { cores: 16, gib: 1, workers: 2 },
    { cores: 1, gib: 1, workers: 1 },
    { cores: 0.5, gib: 4, workers: 1 },
    { cores: 1.9, gib: 4, workers: 1 },
    { cores: 8, gib: 0.5, workers: 1 },
  ])('is $workers for $cores cores and $gib GiB', ({ cores, gib, workers }) => {
    expect(countWorkers(0, share(cores, gib * GIB))).toMatchObject({ workers, isShort: false });
  });

  it('is what the operator wants, who hears when memory is short for it', () => {
    expect(countWorkers(8, share(8, 64 * GIB))).toMatchObject({ workers: 8, isShort: false });
    expect(countWorkers(8, share(8, GIB))).toMatchObject({ workers: 8, isShort: true });
  });

  it('is none where there is not memory for one: that is said in one sentence', () => {
    expect(() => countWorkers(0, share(8, GIB / 4))).toThrow(MemoryError);
    expect(() => countWorkers(1, share(8, GIB / 4))).toThrow(
      'There are 256 MiB of memory for this process, and a server with one worker needs 384 MiB: raise the memory ' +
        'limit of the container or service.',
    );
  });
});
