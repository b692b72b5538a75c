import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { lockWithVersion, type Manifest, readManifests, withVersion } from './release/manifests.ts';
import { nextVersion, releasedChangelog, ReleaseError, releaseNotes, STEPS } from './release/version.ts';

const USAGE = `Usage: npm run release -- ${STEPS.join('|')} [--dry-run]

Sets the next version in every package.json and in the lock file, moves the changelog's entries under it,
packs each workspace into dist/packages/, commits and tags. It pushes and publishes nothing.

  --dry-run   say what would be done, and change nothing
`;

const PACKAGES = join('dist', 'packages');
const CHANGELOG = 'CHANGELOG.md';
const LOCK = 'package-lock.json';

interface Plan {
  readonly version: string;
  readonly tag: string;
  readonly notes: string;
  /** New content of files, by path from the root. */
  readonly files: ReadonlyMap<string, string>;
  readonly packed: readonly Manifest[];
}

/** The repository with the given root. */
class Repository {
  readonly root: string;

  constructor(root: string) {
    this.root = root;
  }

  /** @throws ReleaseError where this tree cannot be released */
  plan(step: (typeof STEPS)[number], date: string): Plan {
    if (this.git('status', '--porcelain') !== '')
      throw new ReleaseError('The tree is not clean: commit or remove what "git status" shows.');
    const manifests = readManifests(this.root);
    const [{ version: current }, ...workspaces] = manifests;
    if (current === undefined) throw new ReleaseError('package.json has no version.');
    const version = nextVersion(current, step);
    const tag = `v${version}`;
    if (this.git('tag', '--list', tag) !== '') throw new ReleaseError(`There is a tag ${tag} already.`);
    const changelog = this.read(CHANGELOG);
    const names = manifests.map(({ name }) => name);
    const files = new Map<string, string>();
    for (const { folder } of manifests) {
      const path = join(folder, 'package.json');
      files.set(path, withVersion(this.read(path), version, names));
    }
    if (existsSync(join(this.root, LOCK)))
      files.set(LOCK, lockWithVersion(this.read(LOCK), version, manifests));
    files.set(CHANGELOG, releasedChangelog(changelog, version, date));
    const packed = workspaces.filter(({ isPrivate }) => !isPrivate);
    return { version, tag, notes: releaseNotes(changelog), files, packed };
  }

  /**
   * Carries out the plan and returns the packed files. Where packing or committing fails, the tree is restored.
   * @throws ReleaseError with the output of the program that failed
   */
  carryOut({ version, tag, files, packed }: Plan): readonly string[] {
    try {
      for (const [path, text] of files) this.write(path, text);
      const made = this.pack(packed);
      this.git('add', '--', ...files.keys());
      this.git('commit', '--quiet', '--message', `release: ${version}`);
      this.git('tag', '--annotate', '--message', `veriframe ${version}`, tag);
      return made;
    } catch (error) {
      this.git('checkout', '--quiet', 'HEAD', '--', ...files.keys());
      throw error;
    }
  }

  private pack(workspaces: readonly Manifest[]): readonly string[] {
    const folder = join(this.root, PACKAGES);
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    for (const workspace of workspaces)
      this.run('npm', ['pack', '--silent', '--pack-destination', folder], join(this.root, workspace.folder));
    return readdirSync(folder).toSorted();
  }

  private git(...args: readonly string[]): string {
    return this.run('git', args, this.root);
  }

  private run(program: string, args: readonly string[], folder: string): string {
    const { error, status, stdout, stderr } = spawnSync(program, args, { cwd: folder, encoding: 'utf8' });
    if (error !== undefined) throw new ReleaseError(`${program}: ${error.message}`);
    if (status !== 0) throw new ReleaseError(`${program} ${args[0]} failed:\n${stdout}${stderr}`);
    return stdout.trim();
  }

  private read(path: string): string {
    return readFileSync(join(this.root, path), 'utf8');
  }

  private write(path: string, text: string): void {
    writeFileSync(join(this.root, path), text);
  }
}

/** Repository, date and output of a run. */
interface ReleaseEnvironment {
  /** Path of the repository's root. */
  readonly root: string;
  /** `YYYY-MM-DD` */
  readonly date: string;
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
}

/** Runs the command. Returns its exit code; throws only on a fault of the program itself. */
export function release(args: readonly string[], { root, date, out, err }: ReleaseEnvironment): number {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { 'dry-run': { type: 'boolean' }, help: { type: 'boolean' } },
    });
    if (values.help === true) {
      out(USAGE);
      return 0;
    }
    const step = STEPS.find((known) => known === positionals[0]);
    if (step === undefined || positionals.length > 1) throw new ReleaseError(`Say which.\n\n${USAGE}`);
    const repository = new Repository(root);
    const plan = repository.plan(step, date);
    out(`veriframe ${plan.version}\n\n${plan.notes}\n\n`);
    if (values['dry-run'] === true) {
      for (const path of plan.files.keys()) out(`would change ${path}\n`);
      for (const { name } of plan.packed) out(`would pack ${name}\n`);
      out(`would commit, and tag ${plan.tag}\n`);
      return 0;
    }
    for (const file of repository.carryOut(plan)) out(`packed ${join(PACKAGES, file)}\n`);
    out(
      `committed, and tagged ${plan.tag}. To publish it: git push --follow-tags, and hand out the files.\n`,
    );
    return 0;
  } catch (error) {
    // `parseArgs` throws a TypeError for an unknown option.
    if (!(error instanceof ReleaseError) && !(error instanceof TypeError)) throw error;
    err(`release: ${error.message}\n`);
    return 1;
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href)
  process.exitCode = release(process.argv.slice(2), {
    root: process.cwd(),
    date: new Date().toISOString().slice(0, 10),
    out: (text) => process.stdout.write(text),
    err: (text) => process.stderr.write(text),
  });
