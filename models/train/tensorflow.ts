import { createRequire } from 'node:module';
import path from 'node:path';
import type * as Tfjs from '@tensorflow/tfjs';

export type TensorFlow = typeof Tfjs;

/** Faster builds with the same interface, which a user may have installed. */
const NATIVE_BUILDS = ['@tensorflow/tfjs-node-gpu', '@tensorflow/tfjs-node'] as const;

const require = createRequire(import.meta.url);

/**
 * Loads TensorFlow.js with the fastest available back end: a native build when one is installed (`npm i --no-save
 * @tensorflow/tfjs-node-gpu`), otherwise WebAssembly.
 */
export async function loadTensorFlow(): Promise<{ readonly tf: TensorFlow; readonly backend: string }> {
  for (const name of NATIVE_BUILDS) {
    if (!isInstalled(name)) continue;
    const tf = require(name) as TensorFlow;
    await tf.ready();
    return { tf, backend: name };
  }
  const tf = require('@tensorflow/tfjs') as TensorFlow;
  const wasm = require('@tensorflow/tfjs-backend-wasm') as { setWasmPaths(folder: string): void };
  wasm.setWasmPaths(`${path.dirname(require.resolve('@tensorflow/tfjs-backend-wasm'))}/`);
  await tf.setBackend('wasm');
  await tf.ready();
  return { tf, backend: 'wasm' };
}

function isInstalled(name: string): boolean {
  try {
    require.resolve(name);
    return true;
  } catch {
    return false;
  }
}
