import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { sha256 } from '../../file-stamp.ts';
import { IMAGE_MODELS } from '../../ids.ts';
import type { PreparedModels } from '../../prepared.ts';

/** Code that a frame passes from its drawing to its analysis, from this file. */
const CODE = [
  '../../../server/vision',
  '../../../server/inference/worker',
  '../../../server/inference/image-decoder',
  '../../../server/inference/jpeg-header',
  '../../../server/inference/jpeg-turbo',
  '../../../server/inference/ort-model',
  '../../../test/support/puppet',
  '../../manifest',
  './analysis-codec',
  './bank',
  './flat-performer',
  './footage-store',
  './head-performer',
  './materials',
  './recordings',
  './surfaces',
];

/** Names the version of models and code that footages are drawn and analysed by. */
export async function footageVersion(models: PreparedModels['models']): Promise<string> {
  const hash = createHash('sha256');
  for (const id of IMAGE_MODELS) {
    const file = models[id];
    hash.update(`${id} ${file === undefined ? 'absent' : sha256(await readFile(file))}\n`);
  }
  for (const file of await codeFiles())
    hash.update(`${path.basename(file)} ${sha256(await readFile(file))}\n`);
  return hash.digest('hex').slice(0, 16);
}

async function codeFiles(): Promise<string[]> {
  const here = fileURLToPath(import.meta.url);
  const extension = path.extname(here);
  const lists = await Promise.all(
    CODE.map(async (relative) => {
      const at = path.resolve(path.dirname(here), relative);
      const names = await readdir(at).catch(() => null);
      return names === null ? [`${at}${extension}`] : names.map((name) => path.join(at, name));
    }),
  );
  return lists
    .flat()
    .filter((file) => path.extname(file) === extension)
    .toSorted();
}
