import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { sha256, writeAtomically } from '../file-stamp.ts';
import type { PreparedModels } from '../prepared.ts';
import { versionOf } from './code-version.ts';
import { decodeRecord, encodeRecord, type ImageRecord } from './image-record.ts';

/** The code that computes embeddings from an image, relative to this file. */
const CODE = [
  '../../server/vision',
  '../../server/inference/worker',
  '../../server/inference/image-decoder',
  '../../server/inference/jpeg',
  '../../server/inference/jpeg-turbo',
  '../../server/inference/turn-picture',
  '../../server/inference/ort-model',
  '../manifest',
  './image-record',
];

/** Records on disk. The key is made of the image, the change applied to it, the models and the code. */
export class RecordCache {
  readonly #folder: string;

  /** `folder` belongs to one version of models and code; `openRecordCache` chooses it. */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /**
   * The record of an image; null when there is none or it is damaged. `variant` names the change applied to the image.
   */
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

/** Opens the cache in `folder` for these model files and the running code. */
export async function openRecordCache(
  folder: string,
  models: PreparedModels['models'],
): Promise<RecordCache> {
  return new RecordCache(path.join(folder, await versionOf(models, import.meta.url, CODE)));
}
