import { isMainThread } from 'node:worker_threads';

/**
 * Turns ONNX Runtime's telemetry off. With telemetry, the library looks up its maker's host and writes a device id and
 * a database of events under the home folder. It reads this variable once, when it loads.
 */
export const TELEMETRY_OFF = { ORT_DISABLE_TELEMETRY: '1' } as const;

// A thread may have its own copy of the environment, which native code does not see. The process must set it then.
if (!isMainThread && process.env['ORT_DISABLE_TELEMETRY'] !== TELEMETRY_OFF.ORT_DISABLE_TELEMETRY)
  throw new Error(
    'On a thread, ONNX Runtime loads only when ORT_DISABLE_TELEMETRY=1 was set for the process.',
  );
Object.assign(process.env, TELEMETRY_OFF);
