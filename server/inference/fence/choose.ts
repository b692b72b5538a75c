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

/** The fence that is wanted, and for what. */
interface FenceRequest {
  readonly choice: FenceChoice;
  readonly workers: number;
  readonly executionProvider: ExecutionProvider;
  /** Files of the networks that workers load. */
  readonly models: readonly string[];
  /** Files and folders with keys, templates or records. No worker may read anything there. */
  readonly secrets: readonly string[];
}

/** A fence is required, and none can be had on this machine. */
export class FenceError extends Error {
  override readonly name = 'FenceError';
  readonly code = 'inference.unfenced';
}

/** A fence that holds, and those that were refused before it. */
export interface ChosenFence {
  readonly fence: Fence;
  readonly report: FenceReport;
}

/**
 * Finds the fences that hold on this machine, the best one first. Behind each, a process is started that tries to read
 * the secrets and the server's memory and environment, and to write to the code. The last fence is `none`, unless one
 * is required. The first one is to be used; the next ones are for when no worker starts behind it.
 * @throws FenceError when one is required and none holds
 */
export async function* fencesThatHold(request: FenceRequest): AsyncGenerator<ChosenFence, void> {
  const refused: { fence: string; why: string }[] = [];
  const paths = pathsOf(request);
  if (request.choice !== 'off') {
    for (const candidate of candidates(request, paths)) {
      const { name } = candidate;
      if ('fence' in candidate) {
        const { fence } = candidate;
        const why = await whyItDoesNotHold(fence, paths);
        if (why === null) yield { fence, report: reportOf(fence, [...refused]) };
        refused.push({ fence: name, why: why ?? 'no worker starts behind it' });
      } else refused.push({ fence: name, why: candidate.why });
    }
  }
  if (request.choice === 'required') {
    const reasons = refused.map(({ fence, why }) => `${fence}: ${why}`).join('; ');
    throw new FenceError(`VERIFRAME_FENCE is required, and workers cannot be fenced here (${reasons}).`);
  }
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
  { workers, executionProvider }: FenceRequest,
  paths: FencedPaths,
): Generator<Candidate, void> {
  const isRoot = process.getuid?.() === 0;
  const firstUserId = isRoot ? unusedUserIds(workers) : null;
  const fences: Fence[] = [];
  if (isRoot && firstUserId !== null) fences.push({ kind: 'namespaces', firstUserId, paths });
  fences.push({ kind: 'namespaces', firstUserId: null, paths });
  for (const fence of fences) {
    const name = nameOf(fence);
    if (process.platform !== 'linux') yield { name, why: 'only Linux has them' };
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

/** What workers read and may not read. Their code lies in the package of this file. */
function pathsOf({ models, secrets }: FenceRequest): FencedPaths {
  const hidden = secrets.map((file) => path.resolve(file));
  const isHidden = (file: string) => hidden.some((secret) => isWithin(file, secret));
  // The folders of the models, since they are fewer; single files where the folder holds secrets too.
  const modelPlaces = models.map((file) => (isHidden(path.dirname(file)) ? file : path.dirname(file)));
  const code = fileURLToPath(new URL('../../..', import.meta.url));
  const isSource = import.meta.url.endsWith('.ts');
  const root = isSource ? code : path.join(code, '..');
  const parts = isSource ? ['server', 'protocol', 'models'] : [path.basename(code)];
  const readable = [...parts, 'package.json', 'node_modules'].map((part) => path.join(root, part));
  return { readable: [...new Set([...readable.filter((file) => existsSync(file)), ...modelPlaces])], hidden };
}

function isWithin(file: string, folder: string): boolean {
  const steps = path.relative(folder, file);
  return steps === '' || !(steps === '..' || steps.startsWith(`..${path.sep}`) || path.isAbsolute(steps));
}
