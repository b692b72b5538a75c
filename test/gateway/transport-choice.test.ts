import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { availableTransports, chooseTransport, loadUws } from '../../server/gateway/transport-choice.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'veriframe-uws-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

/** A require that finds one installed uWebSockets.js, made of the given files. */
async function installed(files: Record<string, string>): Promise<NodeJS.Require> {
  const home = join(folder, 'node_modules', 'uWebSockets.js');
  await mkdir(home, { recursive: true });
  for (const [name, text] of Object.entries(files)) await writeFile(join(home, name), text);
  return createRequire(join(folder, 'main.js'));
}

describe('choice of transport', () => {
  it('obeys a configured ws', () => {
    expect(chooseTransport('ws').name).toBe('ws');
  });

  it('finds ws everywhere, and says of every transport why it was taken', () => {
    const found = availableTransports();
    expect(found.map(({ name }) => name).slice(-1)).toEqual(['ws']);
    for (const { why } of found) expect(why).not.toBe('');
  });

  it.skipIf(!(process.platform === 'linux' && process.versions.modules === '115'))(
    'takes uWebSockets.js first on Linux with Node 20 (skipped on other Nodes)',
    () => {
      expect(availableTransports()[0]).toMatchObject({ name: 'uws', why: 'uWebSockets.js alias' });
    },
  );

  it('takes nothing when nothing is installed', () => {
    expect(loadUws(createRequire(join(folder, 'main.js')), '115')).toEqual({
      why: 'uWebSockets.js is not installed',
    });
  });

  it.each(['127', '137', '20'])('never takes the alias on Node ABI %s, where it would hang', async (abi) => {
    const require = await installed({
      'package.json': '{"name":"@trufflesuite/uws-js-unofficial","main":"index.js"}',
      'index.js': 'module.exports = { fallback: true }',
    });
    expect(loadUws(require, abi)).toEqual({
      why: `the uWebSockets.js alias has no binary for Node ABI ${abi}`,
    });
  });

  it("never takes the alias's JavaScript fallback when its binary is missing", async () => {
    const require = await installed({
      'package.json': '{"name":"@trufflesuite/uws-js-unofficial","main":"index.js"}',
      'index.js': 'module.exports = { fallback: true }',
    });
    expect(loadUws(require, '115')).not.toHaveProperty('uws');
  });

  it('takes the official package on any Node it loads on', async () => {
    const require = await installed({
      'package.json':
        '{"name":"uWebSockets.js","main":"uws.js","exports":{".":{"import":"./esm.mjs","require":"./uws.js"}}}',
      'uws.js': 'module.exports = { official: true }',
    });
    expect(loadUws(require, '999')).toEqual({ uws: { official: true }, why: 'official uWebSockets.js' });
  });

  it('does without the official package when it refuses this Node', async () => {
    const require = await installed({
      'package.json': '{"name":"uWebSockets.js","main":"uws.js"}',
      'uws.js': "throw new Error('unsupported')",
    });
    expect(loadUws(require, '115')).not.toHaveProperty('uws');
  });
});
