import { createRequire } from 'node:module';
import type * as JpegTurbo from '@julusian/jpeg-turbo';

const requireHere = createRequire(import.meta.url);

/**
 * libjpeg-turbo's synchronous binding, or null when its prebuilt addon needs a newer Node-API than this Node has.
 * Loading it then would end the process.
 */
export function loadJpegTurbo(): typeof JpegTurbo | null {
  try {
    const { napi_versions: built }: { napi_versions: readonly number[] } = requireHere(
      '@julusian/jpeg-turbo/binding-options.js',
    );
    if (!built.some((version) => version <= Number(process.versions.napi))) return null;
    const binding: typeof JpegTurbo = requireHere('@julusian/jpeg-turbo');
    return binding;
  } catch {
    return null;
  }
}
