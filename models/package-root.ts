import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * The folder of veriframe's package.json, both for `models/` and for `dist/models/`.
 * @throws Error when the code is outside its package
 */
export function packageRoot(): string {
  return enclosingPackage(path.dirname(fileURLToPath(import.meta.url)), 'veriframe');
}

/**
 * The folder of an installed npm package, wherever npm put it.
 * @throws Error when the package is not installed
 */
export function installedPackage(name: string): string {
  const entry = createRequire(import.meta.url).resolve(name);
  return enclosingPackage(path.dirname(entry), name);
}

function enclosingPackage(start: string, name: string): string {
  for (let folder = start; ; folder = path.dirname(folder)) {
    const file = path.join(folder, 'package.json');
    if (existsSync(file)) {
      const parsed: unknown = JSON.parse(readFileSync(file, 'utf8'));
      if (parsed instanceof Object && 'name' in parsed && parsed.name === name) return folder;
    }
    if (folder === path.dirname(folder)) throw new Error(`no package "${name}" encloses ${start}`);
  }
}
