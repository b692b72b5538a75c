import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ExecutionProvider } from '../execution-provider.ts';
import {
  nameOf,
  NO_FENCE,
  type Fence,
  type FenceChoice,
  type FencedPaths,
  type FenceReport,
} from './fence.ts';
import { probeFence } from './probe.ts';
import { unusedUserIds } from './user-ids.ts';

export interface FenceWish {
  readonly choice: FenceChoice;
  readonly workers: number;
  readonly executionProvider: ExecutionProvider;
  /** Files of the networks that workers load. */
  readonly models: readonly string[];
  /** Files and folders that hold keys, templates or records: no worker may read anything there. */
  readonly secrets: readonly string[];
}

/** Workers cannot be fenced here, and the settings want them to be. */
export class FenceError extends Error {
  override readonly name = 'FenceError';
  readonly code = 'inference.unfenced';
}

/** A fence that holds, with those that were refused before it. */
export interface ChosenFence {
  readonly fence: Fence;
  readonly report: FenceReport;
}

/**
 * Finds the fences that hold on this machine, best first: a process is started behind each and tries to read the
 * secrets, the server's memory and environment, and to write to the code. The last is `none`, unless one is required.
 * So the first is the one to use, and the others stand in when no worker starts behind it.
 * @throws FenceError when one is required and none holds
 */
export async function* fencesThatHold(wish: FenceWish): AsyncGenerator<ChosenFence, void> {
  const refused: { fence: string; why: string }[] = [];
  const paths = pathsOf(wish);
  if (wish.choice !== 'off') {
    for (const candidate of candidates(wish, paths)) {
      const { name } = candidate;
      if ('fence' in candidate) {
        const { fence } = candidate;
        const why = await whyItDoesNotHold(fence, paths);
        if (why === null) yield { fence, report: reportOf(fence, [...refused]) };
        refused.push({ fence: name, why: why ?? 'no worker starts behind it' });
      } else refused.push({ fence: name, why: candidate.why });
    }
  }
  if (wish.choice === 'required')
    throw new FenceError(
      `VERIFRAME_FENCE is required, and workers cannot be fenced here (${refused.map(({ fence, why }) => `${fence}: ${why}`).join('; ')}).`,
    );
  yield { fence: NO_FENCE, report: reportOf(NO_FENCE, refused) };
}

async function whyItDoesNotHold(fence: Fence, paths: FencedPaths): Promise<string | null> {
  const result = await probeFence(fence, paths);
  if (!result.ok) return result.why;
  return fence.kind === 'namespaces' && result.reachesNetwork ? 'it reaches the network' : null;
}

type Candidate =
  | { readonly name: string; readonly fence: Fence }
  | { readonly name: string; readonly why: string };

function* candidates(
  { workers, executionProvider }: FenceWish,
  paths: FencedPaths,
): Generator<Candidate, void> {
  const isRoot = process.getuid?.() === 0;
  const firstUserId = isRoot ? unusedUserIds(workers) : null;
  const fences: Fence[] = [];
  if (isRoot && firstUserId !== null) fences.push({ kind: 'namespaces', firstUserId, paths });
  fences.push({ kind: 'namespaces', firstUserId: null, paths });
  for (const fence of fences) {
    const name = nameOf(fence);
    if (process.platform !== 'linux') yield { name, why: 'they are of Linux' };
    else if (executionProvider === 'cuda') yield { name, why: 'cuda needs the devices of the machine' };
    else yield { name, fence };
  }
  const own = 'users of their own';
  if (!isRoot) yield { name: own, why: 'the server was not started as root' };
  else if (firstUserId === null) yield { name: own, why: 'there are no other user ids here' };
  else yield { name: own, fence: { kind: 'user', firstUserId } };
}

function reportOf(fence: Fence, refused: FenceReport['refused']): FenceReport {
  return {
    fence: fence.kind,
    hasOwnUser: fence.kind !== 'none' && fence.firstUserId !== null,
    refused,
  };
}

/** The code from which workers run lies in the package that this file belongs to. */
function pathsOf({ models, secrets }: FenceWish): FencedPaths {
  const hidden = secrets.map((file) => path.resolve(file));
  const isHidden = (file: string) => hidden.some((secret) => isWithin(file, secret));
  // Folders, which are fewer; the files alone where their folder holds secrets too.
  const modelPlaces = models.map((file) => (isHidden(path.dirname(file)) ? file : path.dirname(file)));
  const code = fileURLToPath(new URL('../../..', import.meta.url));
  const isSource = import.meta.url.endsWith('.ts');
  const root = isSource ? code : path.join(code, '..');
  const parts = isSource ? ['server', 'protocol', 'models'] : [path.basename(code)];
  const readable = [...parts, 'package.json', 'node_modules'].map((part) => path.join(root, part));
  return { readable: [...new Set([...readable.filter((file) => existsSync(file)), ...modelPlaces])], hidden };
}

function isWithin(file: string, folder: string): boolean {
  const way = path.relative(folder, file);
  return way === '' || !(way === '..' || way.startsWith(`..${path.sep}`) || path.isAbsolute(way));
}
