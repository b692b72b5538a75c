import { execFile, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Program, Report } from './report.ts';

export type { Observed, Program, Report } from './report.ts';

const STAGE = fileURLToPath(new URL('./stage.ts', import.meta.url));
const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const run = promisify(execFile);

/** Names are asked for at 127.0.0.1 alone, and not through a daemon of the machine's. */
const NAMES = {
  '/etc/resolv.conf': 'nameserver 127.0.0.1\noptions timeout:1 attempts:1\n',
  '/etc/nsswitch.conf': 'hosts: files dns\n',
  '/etc/hosts': '127.0.0.1 localhost\n',
};

/** A network namespace begins with its own address down; Debian always has perl, not always `ip`. */
const UP = `ip link set lo up 2>/dev/null ||
  perl -e 'socket(my $s, 2, 2, 0) && ioctl($s, 0x8914, pack("a16s", "lo", 0x49)) || exit 1'`;

const unshare = ['--net', '--mount', ...(process.getuid?.() === 0 ? [] : ['--user', '--map-root-user'])];

/** Why no program can be run with a network of its own here; null where it can. */
export function whyNotQuiet(): string | null {
  if (process.platform !== 'linux') return 'network namespaces are Linux’s';
  const script = `${UP} && mount --bind /etc/passwd /etc/hosts`;
  const { status, error, stderr } = spawnSync('unshare', [...unshare, '/bin/sh', '-c', script], {
    encoding: 'utf8',
  });
  if (error !== undefined) return 'unshare (util-linux) is not installed';
  return status === 0 ? null : `namespaces are not allowed: ${stderr.trim().split('\n').at(-1) ?? ''}`;
}

/**
 * Runs callers and then, side by side, the other programs on a machine that has no network but itself, where a name server counts. Needs
 * `whyNotQuiet` to be null.
 */
export async function runQuietly(programs: readonly Program[]): Promise<Report> {
  const folder = await mkdtemp(join(tmpdir(), 'veriframe-quiet-'));
  try {
    const mounts: string[] = [];
    for (const [path, text] of Object.entries(NAMES)) {
      if (!existsSync(path)) continue;
      const file = join(folder, path.replaceAll('/', '-'));
      await writeFile(file, text);
      mounts.push(`mount --bind '${file}' ${path}`);
    }
    const script = `set -e; ${UP}; ${mounts.join('; ')}; exec "$@"`;
    const stage = [process.execPath, '--import', 'tsx', STAGE, JSON.stringify(programs)];
    const { stdout } = await run('unshare', [...unshare, '/bin/sh', '-c', script, 'sh', ...stage], {
      cwd: ROOT,
      env: { ...process.env, TMPDIR: folder },
      maxBuffer: 16_000_000,
    });
    return JSON.parse(stdout) as Report;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
