import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import type { ExecutionProvider } from '../execution-provider.ts';
import { TELEMETRY_OFF } from '../no-telemetry.ts';
import type { Fence } from './fence.ts';
import { overInherited } from './inherited-files.ts';
import { sandboxed } from './sandbox.ts';

export interface FencedProcess {
  /** Counted from 0, below the number that the fence was made for. */
  readonly worker: number;
  /** What comes after `node`. */
  readonly args: readonly string[];
  readonly executionProvider: ExecutionProvider;
}

/** Run from TypeScript, for development: the loader keeps its results under the name of the user, who is another each time. */
const WITHOUT_CACHE = { TSX_DISABLE_CACHE: '1' };
const isSource = import.meta.url.endsWith('.ts');
/** Where CUDA's libraries lie and which cards may be used; nothing else of the environment. */
const CUDA_VARIABLES = [
  'LD_LIBRARY_PATH',
  'CUDA_HOME',
  'CUDA_PATH',
  'CUDA_VISIBLE_DEVICES',
  'CUDA_DEVICE_ORDER',
] as const;
/** Programs are looked for here, whatever the server's own search path is. */
const PROGRAM_FOLDERS = ['/usr/bin', '/bin', '/usr/sbin', '/sbin'];

/**
 * Starts Node behind a fence, as child of this process. It has one pipe, for messages, and one that carries its
 * standard error here; an environment of its own; and no other open file. What keeps it from starting comes as event
 * `error`, or as exit with the reason on its standard error.
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
