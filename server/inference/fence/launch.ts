import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import type { ExecutionProvider } from '../execution-provider.ts';
import { TELEMETRY_OFF } from '../no-telemetry.ts';
import type { Fence } from './fence.ts';
import { overInherited } from './inherited-files.ts';
import { sandboxed } from './sandbox.ts';

interface FencedProcess {
  /** From 0 to one less than the number of workers that the fence was made for. */
  readonly worker: number;
  /** The arguments of `node`. */
  readonly args: readonly string[];
  readonly executionProvider: ExecutionProvider;
}

/** For development: the TypeScript loader caches its results by user name, which differs in a fence. */
const WITHOUT_CACHE = { TSX_DISABLE_CACHE: '1' };
const isSource = import.meta.url.endsWith('.ts');
/** The only variables that a worker inherits: where CUDA's libraries are and which cards may be used. */
const CUDA_VARIABLES = [
  'LD_LIBRARY_PATH',
  'CUDA_HOME',
  'CUDA_PATH',
  'CUDA_VISIBLE_DEVICES',
  'CUDA_DEVICE_ORDER',
] as const;
/** Where programs are looked for, whatever the server's PATH is. */
const PROGRAM_FOLDERS = ['/usr/bin', '/bin', '/usr/sbin', '/sbin'];

/**
 * Starts Node behind a fence, as a child of this process. It has one pipe for messages, one for its standard error, an
 * environment of its own, and no other open file. When it cannot start, the child emits `error`, or it exits with the
 * reason on its standard error.
 */
export function launchFenced(fence: Fence, { worker, args, executionProvider }: FencedProcess): ChildProcess {
  const node = [process.execPath, ...args];
  const options: SpawnOptions = {
    cwd: '/',
    stdio: ['ignore', 'ignore', 'pipe', 'ipc', ...overInherited()],
    serialization: 'advanced',
    env: {
      ...TELEMETRY_OFF,
      ...(executionProvider === 'cuda' ? cudaEnvironment() : {}),
      ...(isSource && fence.kind !== 'none' ? WITHOUT_CACHE : {}),
    },
  };
  switch (fence.kind) {
    case 'namespaces': {
      const userId = fence.firstUserId === null ? null : fence.firstUserId + worker;
      const { program, args: given } = sandboxed(node, fence.paths, userId);
      return spawn(programPath(program), given, options);
    }
    case 'user': {
      const id = fence.firstUserId + worker;
      const setpriv = programPath('setpriv');
      const [program, ...given] = existsSync(setpriv) ? [setpriv, '--no-new-privs', '--', ...node] : node;
      return spawn(program, given, { ...options, uid: id, gid: id });
    }
    case 'none':
      return spawn(process.execPath, args, options);
  }
}

function programPath(name: string): string {
  const [found] = PROGRAM_FOLDERS.map((folder) => path.join(folder, name)).filter((file) => existsSync(file));
  return found ?? name;
}

function cudaEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(
    CUDA_VARIABLES.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])),
  );
}
