import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { sha256, writeAtomically } from '../file-stamp.ts';
import { IMAGE_MODELS } from '../ids.ts';
import type { PreparedModels } from '../prepared.ts';
import { decodeRecord, encodeRecord, type ImageRecord } from './image-record.ts';

/** Code that a picture passes on its way to embeddings, from this file. */
const CODE = [
  '../../server/vision',
  '../../server/inference/worker',
  '../../server/inference/image-decoder',
  '../../server/inference/jpeg-header',
  '../../server/inference/jpeg-turbo',
  '../../server/inference/ort-model',
  '../manifest',
  './image-record',
];

/** Records on disk, found again by the picture, what was done to it, the models and the code. */
export class RecordCache {
  readonly #folder: string;

  /** `folder` belongs to one version of models and code: see `openRecordCache`. */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /** The record of a picture, or null when there is none or it is damaged. `variant` names what was done to it. */
  async get(image: Uint8Array, variant: string): Promise<ImageRecord | null> {
    try {
      return decodeRecord(await readFile(this.#file(image, variant)));
    } catch {
      return null;
    }
  }

  async put(image: Uint8Array, variant: string, record: ImageRecord): Promise<void> {
    await writeAtomically(this.#file(image, variant), encodeRecord(record));
  }

  #file(image: Uint8Array, variant: string): string {
    const hash = sha256(image);
    return path.join(this.#folder, hash.slice(0, 2), `${hash}-${variant}.msgpack`);
  }
}

/** The cache under `folder` for these model files and the code that is running. */
export async function openRecordCache(
  folder: string,
  models: PreparedModels['models'],
): Promise<RecordCache> {
  const hash = createHash('sha256');
  for (const id of IMAGE_MODELS) {
    const file = models[id];
    hash.update(`${id} ${file === undefined ? 'absent' : sha256(await readFile(file))}\n`);
  }
  for (const file of await codeFiles())
    hash.update(`${path.basename(file)} ${sha256(await readFile(file))}\n`);
  return new RecordCache(path.join(folder, hash.digest('hex').slice(0, 16)));
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
