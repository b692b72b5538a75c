import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { packageRoot } from '../../models/package-root.ts';
import { release } from '../../tools/release.ts';
import { readManifests } from '../../tools/release/manifests.ts';
import { nextVersion, releasedChangelog, ReleaseError } from '../../tools/release/version.ts';

const DATE = '2026-05-04';
const CHANGES =
  '# Changelog\n\n## [Unreleased]\n\n### Added\n\n- A door.\n\n## [0.1.0] - 2026-01-01\n\n- All.\n';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'veriframe-release-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const read = (path: string) => readFileSync(join(folder, path), 'utf8');
function write(path: string, content: string | object): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(
    join(folder, path),
    typeof content === 'string' ? content : `${JSON.stringify(content, null, 2)}\n`,
  );
}
function git(...args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync('git', args, { cwd: folder, encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return stdout.trim();
}
function commitAll(): void {
  git('init', '--quiet', '--initial-branch', 'main');
  git('config', 'user.name', 'A');
  git('config', 'commit.gpgsign', 'false');
  git('config', 'tag.gpgsign', 'false');
  git('config', 'user.email', 'a@example.org');
  git('add', '--all');
  git('commit', '--quiet', '--message', 'first');
}
function run(...args: readonly string[]): { status: number; out: string; err: string } {
  const said = { out: '', err: '' };
  const status = release(args, {
    root: folder,
    date: DATE,
    out: (text) => (said.out += text),
    err: (text) => (said.err += text),
  });
  return { status, ...said };
}

/** A repository with workspaces, one of them private, that depend on each other and on another package. */
function writeRepository(changelog = CHANGES): void {
  write('.gitignore', 'dist/\n');
  write('.npmrc', 'update-notifier=false\noffline=true\n');
  write('CHANGELOG.md', changelog);
  write('package.json', { name: 'whole', version: '0.1.0', private: true, workspaces: ['parts/*', 'one'] });
  write('parts/core/package.json', { name: '@x/core', version: '0.1.0', files: ['index.js'] });
  write('parts/core/index.js', 'export {};\n');
  write('parts/core/secret.txt', 'not packed\n');
  write('parts/inner/package.json', { name: '@x/inner', version: '0.1.0', private: true });
  write('one/package.json', {
    name: 'one',
    version: '0.1.0',
    dependencies: { '@x/core': '^0.1.0', other: '0.1.0' },
  });
  write('package-lock.json', {
    name: 'whole',
    version: '0.1.0',
    lockfileVersion: 3,
    packages: {
      '': { name: 'whole', version: '0.1.0', workspaces: ['parts/*', 'one'] },
      'node_modules/@x/core': { resolved: 'parts/core', link: true },
      'node_modules/other': { version: '0.1.0' },
      one: { version: '0.1.0', dependencies: { '@x/core': '^0.1.0', other: '0.1.0' } },
      'parts/core': { name: '@x/core', version: '0.1.0' },
    },
  });
  commitAll();
}

describe('npm run release', () => {
  it('sets the version everywhere, moves the changelog, packs, commits and tags', () => {
    writeRepository();
    expect(run('minor')).toMatchObject({ status: 0, err: '' });
    const manifest = (path: string) => JSON.parse(read(path)) as { version: string; dependencies?: unknown };
    for (const path of ['package.json', 'parts/core/package.json', 'parts/inner/package.json'])
      expect(manifest(path).version).toBe('0.2.0');
    expect(manifest('one/package.json')).toMatchObject({
      version: '0.2.0',
      dependencies: { '@x/core': '^0.2.0', other: '0.1.0' },
    });
    expect(JSON.parse(read('package-lock.json'))).toMatchObject({
      version: '0.2.0',
      packages: {
        '': { version: '0.2.0' },
        'node_modules/other': { version: '0.1.0' },
        one: { version: '0.2.0', dependencies: { '@x/core': '^0.2.0', other: '0.1.0' } },
        'parts/core': { version: '0.2.0' },
      },
    });
    const [, ...sections] = read('CHANGELOG.md').split('\n## ');
    expect(sections.map((section) => section.split('\n', 1)[0])).toEqual([
      '[Unreleased]',
      `[0.2.0] - ${DATE}`,
      '[0.1.0] - 2026-01-01',
    ]);
    expect(sections[0]).not.toContain('A door.');
    expect(sections[1]).toContain('- A door.');
    expect(readdirSync(join(folder, 'dist/packages'))).toEqual(['one-0.2.0.tgz', 'x-core-0.2.0.tgz']);
    const packed = spawnSync('tar', ['-tzf', join(folder, 'dist/packages/x-core-0.2.0.tgz')], {
      encoding: 'utf8',
    });
    expect(packed.stdout.trim().split('\n').toSorted()).toEqual(['package/index.js', 'package/package.json']);
    expect(git('log', '-1', '--format=%s')).toBe('release: 0.2.0');
    expect(git('describe', '--exact-match')).toBe('v0.2.0');
    expect(git('status', '--porcelain')).toBe('');
  });

  it('changes nothing in a dry run, and prints what it would do', () => {
    writeRepository();
    const { status, out } = run('major', '--dry-run');
    expect(status).toBe(0);
    expect(out).toContain('veriframe 1.0.0');
    expect(out).toContain('- A door.');
    expect(out.match(/^would .*$/gm)).toEqual([
      'would change package.json',
      'would change parts/core/package.json',
      'would change parts/inner/package.json',
      'would change one/package.json',
      'would change package-lock.json',
      'would change CHANGELOG.md',
      'would pack @x/core',
      'would pack one',
      'would commit, and tag v1.0.0',
    ]);
    expect(git('status', '--porcelain')).toBe('');
    expect(git('tag')).toBe('');
    expect(existsSync(join(folder, 'dist'))).toBe(false);
  });

  it.each<[string, () => void, string]>([
    ['the tree is not clean', () => write('new.txt', 'x'), 'not clean'],
    ['there is such a tag', () => git('tag', 'v0.1.1'), 'a tag v0.1.1'],
  ])('is refused where %s', (_, prepare, words) => {
    writeRepository();
    prepare();
    const { status, err } = run('patch');
    expect(status).toBe(1);
    expect(err).toContain(words);
    expect(read('package.json')).toContain('"version": "0.1.0"');
  });

  it.each([
    ['is empty', '# Changelog\n\n## [Unreleased]\n\n### Added\n\n## [0.1.0] - 2026-01-01\n\n- All.\n'],
    ['has no such section', '# Changelog\n\n## [0.1.0] - 2026-01-01\n\n- All.\n'],
  ])('is refused where the changelog %s', (_, changelog) => {
    writeRepository(changelog);
    const { status, err } = run('patch');
    expect(status).toBe(1);
    expect(err).toContain('CHANGELOG.md');
    expect(git('status', '--porcelain')).toBe('');
  });

  it.each<[string, () => void, string]>([
    [
      'a package cannot be packed',
      () => write('one/package.json', { name: 'one', version: '0.1.0', scripts: { prepack: 'exit 3' } }),
      'npm pack failed',
    ],
    [
      'a hook refuses the commit',
      () => {
        write('.git/hooks/pre-commit', '#!/bin/sh\nexit 1\n');
        chmodSync(join(folder, '.git/hooks/pre-commit'), 0o755);
      },
      'git commit failed',
    ],
  ])('leaves the tree as it was where %s', (_, spoil, words) => {
    writeRepository();
    spoil();
    git('commit', '--quiet', '--all', '--allow-empty', '--no-verify', '--message', 'spoilt');
    const { status, err } = run('patch');
    expect(status).toBe(1);
    expect(err).toContain(words);
    expect(git('status', '--porcelain')).toBe('');
    expect(git('tag')).toBe('');
    expect(git('log', '-1', '--format=%s')).toBe('spoilt');
  });

  it.each([
    [[]],
    [['huge']],
    [['patch', 'minor']],
    [['patch', '--force']],
  ])('explains itself after %j', (args) => {
    const { status, err } = run(...args);
    expect(status).toBe(1);
    expect(err).toMatch(/^release: /);
  });

  it('is a command with an exit code', () => {
    const command = [join(packageRoot(), 'tools', 'release.ts'), 'huge'];
    const { status, stderr } = spawnSync(
      process.execPath,
      ['--import', import.meta.resolve('tsx'), ...command],
      {
        cwd: folder,
        encoding: 'utf8',
      },
    );
    expect(status).toBe(1);
    expect(stderr).toContain('patch|minor|major');
  });

  it('works on the manifests and the changelog of this repository', () => {
    for (const path of ['package.json', 'package-lock.json', 'CHANGELOG.md', '.gitignore'])
      cpSync(join(packageRoot(), path), join(folder, path));
    const [{ version = '' }, ...workspaces] = readManifests(packageRoot());
    for (const { folder: home } of workspaces)
      cpSync(join(packageRoot(), home, 'package.json'), join(folder, home, 'package.json'));
    commitAll();
    const { status, out } = run('patch', '--dry-run');
    expect(status).toBe(0);
    expect(out).toContain(`would commit, and tag v${nextVersion(version, 'patch')}`);
    expect(out.match(/^would pack /gm) ?? []).toHaveLength(
      workspaces.filter(({ isPrivate }) => !isPrivate).length,
    );
  });
});

describe('the next version', () => {
  it.each([
    ['patch', '1.2.4'],
    ['minor', '1.3.0'],
    ['major', '2.0.0'],
  ] as const)('by %s', (step, next) => {
    expect(nextVersion('1.2.3', step)).toBe(next);
  });

  it.each(['1.2', '1.2.3-rc.1', ''])('is refused after %j', (version) => {
    expect(() => nextVersion(version, 'patch')).toThrow(ReleaseError);
  });
});

describe('the changelog of a release', () => {
  it('that is the first one', () => {
    expect(releasedChangelog('# C\n\n## Unreleased\n\n- One.\n', '0.1.0', '2026-05-04')).toBe(
      '# C\n\n## Unreleased\n\n## [0.1.0] - 2026-05-04\n\n- One.\n',
    );
  });
});
