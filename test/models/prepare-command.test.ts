import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ARTIFACTS } from '../../models/artifacts.ts';
import { MODEL_IDS } from '../../models/ids.ts';
import { MODEL_MANIFEST } from '../../models/manifest.ts';
import { packageRoot } from '../../models/package-root.ts';
import { prepareOptionsFromEnvironment } from '../../models/prepare/prepare.ts';
import { loadPrepared } from '../../models/prepared.ts';
import { modelCacheDir } from '../../models/prepare/settings.ts';

let cacheDir: string;
beforeEach(async () => {
  cacheDir = await mkdtemp(path.join(tmpdir(), 'veriframe-cache-'));
});
afterEach(async () => {
  await rm(cacheDir, { recursive: true });
});

describe('manifest and settings', () => {
  it('lists every model under its own id and file, with full hashes', () => {
    expect(Object.keys(MODEL_MANIFEST).toSorted()).toEqual([...MODEL_IDS].toSorted());
    for (const id of MODEL_IDS) expect(MODEL_MANIFEST[id].id).toBe(id);
    expect(new Set(ARTIFACTS.map((artifact) => artifact.fileName)).size).toBe(ARTIFACTS.length);
    for (const source of ARTIFACTS.flatMap((artifact) => artifact.sources)) {
      expect(source.sha256).toMatch(/^[0-9a-f]{64}$/);
      expect(source.bytes).toBeGreaterThan(0);
    }
  });

  it('only the full tier downloads', () => {
    for (const { tier, sources } of ARTIFACTS) {
      const kinds = sources.map((source) => source.from.kind);
      expect(kinds.every((kind) => (kind === 'download') === (tier === 'full'))).toBe(true);
    }
  });

  it('an empty cache holds no models', async () => {
    expect(await loadPrepared(path.join(cacheDir, 'absent'))).toMatchObject({
      models: {},
      browserAssets: {},
    });
  });

  it('follows the environment', () => {
    expect(modelCacheDir({})).toBe(path.join(packageRoot(), 'models/.cache'));
    const environment = {
      VERIFRAME_MODEL_CACHE: '/c',
      VERIFRAME_MODEL_MIRROR: '/m',
      VERIFRAME_OFFLINE: '1',
    };
    expect(prepareOptionsFromEnvironment(environment)).toEqual({
      cacheDir: '/c',
      mirrorDir: '/m',
      offline: true,
    });
  });
});

/** Runs the command in a separate process without network. */
function run(args: readonly string[], cache = cacheDir) {
  return promisify(execFile)(process.execPath, ['--import', 'tsx', 'models/prepare/command.ts', ...args], {
    cwd: packageRoot(),
    env: {
      ...process.env,
      VERIFRAME_MODEL_CACHE: cache,
      VERIFRAME_MODEL_MIRROR: '',
      VERIFRAME_OFFLINE: '1',
    },
  });
}

describe('command line', () => {
  it('prepares the base tier without network, with one notice for each missing artifact', async () => {
    const { stderr } = await run([]);
    expect(stderr).toContain('made dlib');
    expect(stderr).toMatch(/notice: not available: minifasnet-v2, minifasnet-v1se \(/);
    expect(stderr).toContain('models ready: blazeface, facemesh, iris, faceres, dlib, motion\n');
    expect((await run([])).stderr).not.toContain('made');
  });

  it('names the path that it cannot write, with exit code 1', async () => {
    const file = path.join(cacheDir, 'a-file');
    await writeFile(file, '');
    const failure = run([], path.join(file, 'cache'));
    await expect(failure).rejects.toMatchObject({ code: 1, stderr: expect.stringContaining(file) });
  });

  it('describes its settings as the table does, and refuses an invalid one', async () => {
    expect((await run(['--help'])).stdout).toMatch(/VERIFRAME_MODEL_MIRROR +\w/);
    expect(() => prepareOptionsFromEnvironment({ VERIFRAME_OFFLINE: 'yes' })).toThrow('VERIFRAME_OFFLINE');
  });

  it('refuses an unknown option with exit code 2', async () => {
    await expect(run(['--bogus'])).rejects.toMatchObject({ code: 2 });
  });
});
