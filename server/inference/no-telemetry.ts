import { isMainThread } from 'node:worker_threads';

/**
 * The variable that keeps ONNX Runtime from looking up its maker's telemetry host and from writing a device id and an
 * event database under the home folder. The library reads it once, when it loads.
 */
export const TELEMETRY_OFF = { ORT_DISABLE_TELEMETRY: '1' } as const;

// A thread may have a copy of the environment, which native code does not see: there the process must have set it.
if (!isMainThread && process.env['ORT_DISABLE_TELEMETRY'] !== TELEMETRY_OFF.ORT_DISABLE_TELEMETRY)
  throw new Error(
    'On a thread ONNX Runtime loads only where ORT_DISABLE_TELEMETRY=1 was set for the process.',
  );
Object.assign(process.env, TELEMETRY_OFF);
