import { readFileSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fencesThatHold, type ChosenFence } from '../../server/inference/fence/choose.ts';
import { NO_FENCE, type FenceReport } from '../../server/inference/fence/fence.ts';
import { probeFence } from '../../server/inference/fence/probe.ts';
import { unusedUserIds } from '../../server/inference/fence/user-ids.ts';
import { createFencedPool } from '../../server/inference/fenced-pool.ts';
import { MAX_PIXELS, preparedModels } from '../vision/support.ts';

const isRoot = process.getuid?.() === 0;

describe('a fence', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'veriframe-fences-'));
    for (const one of ['data', 'models']) await mkdir(join(folder, one));
    await writeFile(join(folder, 'data', 'master.key'), 'a key', { mode: 0o600 });
    await writeFile(join(folder, 'models', 'network.onnx'), 'a network');
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const wish = { choice: 'auto', workers: 2, executionProvider: 'cpu' } as const;
  async function holding(models: readonly string[], secrets: readonly string[]) {
    const found: ChosenFence[] = [];
    for await (const one of fencesThatHold({ ...wish, models, secrets })) found.push(one);
    return found.map(({ fence }) => fence.kind);
  }

  // Each of them was tried by a process that has to read the network and must not read the key.
  it('holds as well where models and secrets lie in one another', async () => {
    const key = join(folder, 'data', 'master.key');
    const network = join(folder, 'models', 'network.onnx');
    const apart = await holding([network], [join(folder, 'data')]);
    const inSecrets = join(folder, 'data', 'cache', 'network.onnx');
    await mkdir(join(folder, 'data', 'cache'));
    await writeFile(inSecrets, 'a network');
    const byNamespace = (kinds: readonly string[]) => kinds.filter((kind) => kind === 'namespaces');
    expect(byNamespace(await holding([inSecrets], [join(folder, 'data')]))).toEqual(byNamespace(apart));
    const amongModels = join(folder, 'models', 'secrets');
    await mkdir(amongModels);
    await writeFile(join(amongModels, 'key'), 'a key', { mode: 0o600 });
    expect(byNamespace(await holding([network], [amongModels, key]))).toEqual(byNamespace(apart));
  });

  it('that does not hold is refused, and the reason names what was within reach', async () => {
    const paths = { readable: [join(folder, 'models')], hidden: [join(folder, 'data')] };
    expect(await probeFence(NO_FENCE, paths)).toEqual({
      ok: false,
      why: expect.stringMatching(/^it can (write to|read) /),
    });
    const nothing = { kind: 'namespaces', firstUserId: null, paths: { readable: [], hidden: [] } } as const;
    const result = await probeFence(nothing, paths);
    expect(result.ok).toBe(false);
  });

  it.runIf(isRoot)(
    'of users does not hold where everybody may read a secret (needs root)',
    async ({ skip }) => {
      const open = join(folder, 'open-key');
      await writeFile(open, 'a key', { mode: 0o644 });
      const firstUserId = unusedUserIds(1);
      if (firstUserId === null) return skip('there are no other user ids here');
      const fence = { kind: 'user', firstUserId } as const;
      const paths = { readable: [], hidden: [open] };
      await chmod(folder, 0o755);
      expect(await probeFence(fence, paths)).toEqual({ ok: false, why: `it can read ${open}` });
    },
  );

  it('behind which no worker starts is passed over for the next, and the pool works', async () => {
    const models = await preparedModels();
    const { blazeface, facemesh, iris } = models;
    if (!blazeface || !facemesh || !iris) throw new Error('The geometry networks are missing.');
    const report = (fence: FenceReport['fence']): FenceReport => ({ fence, hasOwnUser: false, refused: [] });
    async function* fences(): AsyncGenerator<ChosenFence, void> {
      const paths = { readable: [], hidden: [] };
      yield {
        fence: { kind: 'namespaces', firstUserId: null, paths },
        report: report('namespaces'),
      };
      yield { fence: NO_FENCE, report: report('none') };
    }
    const refused: string[] = [];
    const options = {
      workers: 1,
      models: { blazeface, facemesh, iris },
      maxImagePixels: MAX_PIXELS,
      jobTimeoutMs: 30_000,
    };
    const { pool, fence } = await createFencedPool(fences(), options, (_error, { fence: kind }) =>
      refused.push(kind),
    );
    try {
      expect([refused, fence.fence, pool.workers]).toEqual([['namespaces'], 'none', 1]);
    } finally {
      await pool.close();
    }
  });
});

describe('user ids for workers', () => {
  it('are nobody’s, and others each time', () => {
    const [first, second] = [unusedUserIds(4), unusedUserIds(4)];
    if (first === null || second === null) return;
    expect(first).not.toBe(second);
    const named = readFileSync('/etc/passwd', 'utf8')
      .split('\n')
      .map((line) => Number(line.split(':')[2]));
    for (const id of [0, 1, 2, 3]) expect(named).not.toContain(first + id);
    expect(first).toBeGreaterThan(0);
  });
});
