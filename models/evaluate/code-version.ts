import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { sha256 } from '../file-stamp.ts';
import { IMAGE_MODELS } from '../ids.ts';
import type { PreparedModels } from '../prepared.ts';

/**
 * Identifies a version of model files and code.
 * @param from URL of the module that the paths in `code` are relative to
 * @param code folders, and files without their extension, so that the same list serves sources and built files
 * @returns 16 hexadecimal digits
 */
export async function versionOf(
  models: PreparedModels['models'],
  from: string,
  code: readonly string[],
): Promise<string> {
  const hash = createHash('sha256');
  for (const id of IMAGE_MODELS) {
    const file = models[id];
    hash.update(`${id} ${file === undefined ? 'absent' : sha256(await readFile(file))}\n`);
  }
  for (const file of await codeFiles(fileURLToPath(from), code))
    hash.update(`${path.basename(file)} ${sha256(await readFile(file))}\n`);
  return hash.digest('hex').slice(0, 16);
}

async function codeFiles(here: string, code: readonly string[]): Promise<string[]> {
  const extension = path.extname(here);
  const lists = await Promise.all(
    code.map(async (relative) => {
      const at = path.resolve(path.dirname(here), relative);
      const names = await readdir(at, { recursive: true }).catch(() => null);
      return names === null ? [`${at}${extension}`] : names.map((name) => path.join(at, name));
    }),
  );
  return lists
    .flat()
    .filter((file) => path.extname(file) === extension)
    .toSorted();
}
