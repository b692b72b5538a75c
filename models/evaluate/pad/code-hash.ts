import type { PreparedModels } from '../../prepared.ts';
import { versionOf } from '../code-version.ts';

/** The code that draws and analyses a frame, relative to this file. */
const CODE = [
  '../../../server/vision',
  '../../../server/inference/worker',
  '../../../server/inference/image-decoder',
  '../../../server/inference/jpeg',
  '../../../server/inference/jpeg-turbo',
  '../../../server/inference/turn-picture',
  '../../../server/inference/ort-model',
  '../../../simulator',
  '../../manifest',
  './analysis-codec',
  './bank',
  './footage-store',
  './materials',
  './recordings',
];

/** Identifies the version of models and code that draws and analyses footages. */
export async function footageVersion(models: PreparedModels['models']): Promise<string> {
  return await versionOf(models, import.meta.url, CODE);
}
