import type { PreparedModels } from '../../prepared.ts';
import { versionOf } from '../code-version.ts';

/** Code that a frame passes from its drawing to its analysis, from this file. */
const CODE = [
  '../../../server/vision',
  '../../../server/inference/worker',
  '../../../server/inference/image-decoder',
  '../../../server/inference/jpeg-header',
  '../../../server/inference/jpeg-turbo',
  '../../../server/inference/ort-model',
  '../../../simulator',
  '../../manifest',
  './analysis-codec',
  './bank',
  './footage-store',
  './materials',
  './recordings',
];

/** Names the version of models and code that footages are drawn and analysed by. */
export async function footageVersion(models: PreparedModels['models']): Promise<string> {
  return await versionOf(models, import.meta.url, CODE);
}
