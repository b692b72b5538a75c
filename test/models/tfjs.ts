import { createRequire } from 'node:module';
import path from 'node:path';
import type * as Tfjs from '@tensorflow/tfjs';

const require = createRequire(import.meta.url);

/** face-api and this file must share one TensorFlow.js, which is possible with its CommonJS build only. */
const tf = require('@tensorflow/tfjs') as typeof Tfjs;

/** The part of face-api that the tests use. Its own types need a browser. */
interface FaceApi {
  readonly nets: {
    readonly faceRecognitionNet: {
      loadFromDisk(folder: string): Promise<void>;
      computeFaceDescriptor(image: Tfjs.Tensor3D): Promise<Float32Array>;
    };
  };
}

/** TensorFlow.js on its WebAssembly back end. */
export async function loadTfjs(): Promise<typeof Tfjs> {
  const wasm = require('@tensorflow/tfjs-backend-wasm') as { setWasmPaths(folder: string): void };
  wasm.setWasmPaths(`${path.dirname(require.resolve('@tensorflow/tfjs-backend-wasm'))}/`);
  await tf.setBackend('wasm');
  await tf.ready();
  return tf;
}

/** face-api's own build for Node and WebAssembly, on the TensorFlow.js of `loadTfjs`. */
export function loadFaceApi(): FaceApi {
  return require('@vladmandic/face-api/dist/face-api.node-wasm.js') as FaceApi;
}
