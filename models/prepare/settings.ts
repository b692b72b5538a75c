import { readSettingsOf } from '../../server/settings/parts.ts';
import { modelCacheFolder } from '../prepared.ts';

/** The folder of prepared models that `VERIFRAME_MODEL_CACHE` names, else `models/.cache` in the package. */
export function modelCacheDir(
  environment: Readonly<Record<string, string | undefined>> = process.env,
): string {
  return modelCacheFolder(readSettingsOf('models', environment).modelCache);
}
