import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { execute, pack, type Packed, ROOT } from './support.ts';

/** Each package with the files that its users need, and how strictly its types are looked at. */
const PACKAGES = [
  { folder: 'protocol', files: ['SPEC.md', 'dist/index.cjs', 'dist/words.js'], profile: 'node16' },
  { folder: 'client/backend', files: ['dist/index.cjs'], profile: 'node16' },
  {
    folder: 'client/browser',
    files: ['dist/element.js', 'dist/encode-worker.js', 'dist/standalone/face-auth.js', 'dist/inter.css'],
    profile: 'esm-only',
  },
  { folder: 'client/kiosk', files: ['veriframe.mjs', 'dist/cli.js'], profile: 'esm-only' },
] as const;

describe.each(PACKAGES)('the package made of $folder', ({ folder, files, profile }) => {
  let scratch: string;
  let packed: Packed;
  beforeAll(async () => {
    scratch = await mkdtemp(join(tmpdir(), 'veriframe-pack-'));
    packed = await pack(folder, scratch);
  });
  afterAll(() => rm(scratch, { recursive: true, force: true }));

  it('holds code, types, licence and README, and nothing of tests or other rooms', () => {
    const paths = packed.files;
    for (const needed of ['LICENSE', 'README.md', 'dist/index.js', 'dist/index.d.ts', ...files])
      expect(paths).toContain(needed);
    expect(paths.filter((path) => /(^|\/)(test|node_modules)\/|\.test\.|tsbuildinfo/.test(path))).toEqual([]);
  });

  it('has nothing that publint objects to', async () => {
    const bytes = await readFile(packed.tarball);
    const { messages, pkg } = await publint({
      level: 'suggestion',
      pack: {
        tarball: bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength),
      },
    });
    expect(messages.map((message) => formatMessage(message, pkg))).toEqual([]);
  });

  it('has types that fit its code, for every way in which it may be imported', async () => {
    const attw = join(ROOT, 'node_modules/.bin/attw');
    const options = ['--profile', profile, '--exclude-entrypoints', 'custom-elements.json', '--no-emoji'];
    const said = await execute(attw, [packed.tarball, ...options, '--format', 'table-flipped']).then(
      () => '',
      (error: { readonly stdout: string }) => error.stdout,
    );
    expect(said).toBe('');
  });
});

describe('the public API of the packages', () => {
  it('is what docs/api says', { concurrent: false }, async () => {
    const { stderr } = await execute('npm', ['run', '--silent', 'api:check'], { cwd: ROOT });
    expect(stderr).not.toContain('is not what');
  });
});
