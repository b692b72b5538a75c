import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

interface Packages {
  readonly headersFolder: (where: {
    abi: string;
    configured: string | null;
    prefix: string;
  }) => string | null;
  readonly abortsOnCollection: (addon: Uint8Array) => boolean;
}
const { headersFolder, abortsOnCollection }: Packages = await import(
  new URL('../../tools/packages.mjs', import.meta.url).href
);

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'veriframe-headers-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

/** A Node installation with its headers; without an ABI, one without headers. */
async function nodeOf(abi: string | null, name: string): Promise<string> {
  const prefix = join(folder, name);
  await mkdir(join(prefix, 'include', 'node'), { recursive: true });
  if (abi === null) return prefix;
  const text = `#if defined(NODE_EMBEDDER_MODULE_VERSION)\n#define NODE_MODULE_VERSION NODE_EMBEDDER_MODULE_VERSION\n#else\n#define NODE_MODULE_VERSION ${abi}\n#endif\n`;
  await writeFile(join(prefix, 'include', 'node', 'node_version.h'), text);
  return prefix;
}

describe('the packages of this installation', () => {
  it.each([
    { configured: null, own: '127', chosen: 'own' },
    { configured: '127', own: '127', chosen: 'as configured' },
    { configured: '127', own: null, chosen: 'as configured' },
    { configured: '115', own: '127', chosen: 'own' },
    { configured: '115', own: null, chosen: 'as configured' },
    { configured: null, own: '115', chosen: 'as configured' },
  ])('are compiled for ABI 127, $configured configured and $own beside Node: $chosen', async (there) => {
    const prefix = await nodeOf(there.own, 'own');
    const configured = there.configured === null ? null : await nodeOf(there.configured, 'configured');
    expect(headersFolder({ abi: '127', configured, prefix })).toBe(there.chosen === 'own' ? prefix : null);
  });

  it('do not abort this Node when it collects a statement', async () => {
    const addon = new URL(
      '../../node_modules/better-sqlite3/build/Release/better_sqlite3.node',
      import.meta.url,
    );
    expect(abortsOnCollection(await readFile(addon))).toBe(false);
  });
});
