import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));
export const execute = promisify(execFile);

export interface Packed {
  readonly tarball: string;
  /** Paths in the package. */
  readonly files: readonly string[];
}

/** Packs the workspace in `folder`, as its publisher would, into the folder `into`. */
export async function pack(folder: string, into: string): Promise<Packed> {
  const { stdout } = await execute('npm', ['pack', '--json', '--pack-destination', into], {
    cwd: join(ROOT, folder),
    maxBuffer: 64 * 1024 * 1024,
  });
  // What the build says comes before npm's answer.
  const [packed, ...others] = JSON.parse(stdout.slice(stdout.indexOf('[\n'))) as readonly {
    readonly filename: string;
    readonly files: readonly { readonly path: string }[];
  }[];
  if (packed === undefined || others.length > 0) throw new Error(`${folder} gave no package.`);
  return { tarball: join(into, packed.filename), files: packed.files.map(({ path }) => path) };
}

/** Installs packages into a project, without scripts. Returns false where they cannot be had. */
export async function install(project: string, packages: readonly string[]): Promise<boolean> {
  const options = ['--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline'];
  return await execute('npm', ['install', ...options, ...packages], { cwd: project }).then(
    () => true,
    (error: { readonly stderr?: string }) => {
      if (/ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|E404|ENETUNREACH/.test(error.stderr ?? ''))
        return false;
      throw error;
    },
  );
}
