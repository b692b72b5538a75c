import { cp, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildPackage } from '../../tools/build/packages.ts';
import { npmOutput } from '../../tools/npm.ts';

const HOME = fileURLToPath(new URL('../../client/backend', import.meta.url));

/**
 * Builds `@veriframe/backend` under `folder`, apart from the workspace, whose `dist` other tests may be using.
 * @returns the package's folder
 */
export async function builtBackend(folder: string): Promise<string> {
  const home = join(folder, 'backend');
  await mkdir(home, { recursive: true });
  for (const name of ['package.json', 'README.md', 'LICENSE']) await cp(join(HOME, name), join(home, name));
  await buildPackage('backend', join(home, 'dist'));
  return home;
}

/** Packs a package's folder as it stands. Returns the path of the tarball, which lies beside it. */
export function packed(home: string): string {
  const folder = join(home, '..');
  const told = npmOutput(['pack', '--ignore-scripts', '--json', '--pack-destination', folder], home);
  const [{ filename }] = JSON.parse(told) as [{ filename: string }];
  return join(folder, filename);
}
