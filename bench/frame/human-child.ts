import { createReadStream } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import type * as HumanModule from '@vladmandic/human';
import { installedPackage } from '../../models/package-root.ts';
import { ImageDecoder } from '../../server/inference/image-decoder.ts';
import type { HumanMode, HumanReply, HumanRequest } from './human.ts';

type Human = HumanModule.Human;

const requireHere = createRequire(import.meta.url);
const MAX_PIXELS = 16_000_000;
const NEVER_MS = 3_600_000;

/** Serves the models: Human loads its networks by HTTP only. */
async function serveModels(folder: string): Promise<string> {
  const server = createServer((request, response) => {
    createReadStream(path.join(folder, path.basename(request.url ?? ''))).pipe(response);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  server.unref();
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

const EACH_FRAME = { enabled: true, skipFrames: 0, skipTime: 0 };
const OFF = { enabled: false };

function faceConfig(mode: HumanMode) {
  const whole = mode === 'all-networks';
  const detector = whole ? { skipFrames: 0, skipTime: 0 } : { skipFrames: 1_000_000, skipTime: NEVER_MS };
  return {
    enabled: true,
    detector: { rotation: true, maxDetected: 1, ...detector },
    mesh: { enabled: true },
    iris: { enabled: true },
    emotion: OFF,
    description: whole ? EACH_FRAME : OFF,
    antispoof: whole ? EACH_FRAME : OFF,
    liveness: whole ? EACH_FRAME : OFF,
  };
}

async function createHuman(mode: HumanMode, modelBasePath: string): Promise<Human> {
  const root = installedPackage('@vladmandic/human');
  const { Human: HumanClass } = requireHere(
    path.join(root, 'dist', 'human.node-wasm.js'),
  ) as typeof HumanModule;
  const human = new HumanClass({
    backend: 'wasm',
    wasmPath: path.join(installedPackage('@tensorflow/tfjs-backend-wasm'), 'dist', path.sep),
    modelBasePath,
    debug: false,
    // No frame is skipped as similar to the one before.
    cacheSensitivity: 0,
    filter: OFF,
    face: faceConfig(mode),
    body: OFF,
    hand: OFF,
    object: OFF,
    gesture: OFF,
    segmentation: OFF,
  });
  await human.load();
  return human;
}

const modelBasePath = await serveModels(path.join(installedPackage('@vladmandic/human'), 'models'));
const humans: Record<HumanMode, Human> = {
  'all-networks': await createHuman('all-networks', modelBasePath),
  tracked: await createHuman('tracked', modelBasePath),
};
const decoder = new ImageDecoder(MAX_PIXELS);

async function answer({ mode, frame }: HumanRequest): Promise<HumanReply> {
  const human = humans[mode];
  const startedAt = performance.now();
  const decoded = await decoder.decode(Buffer.from(frame.buffer, frame.byteOffset, frame.byteLength));
  if (!decoded.ok) throw new Error(decoded.code);
  const { data, width, height } = decoded.image;
  const tensor = human.tf.tensor(data.subarray(0, width * height * 3), [1, height, width, 3], 'int32');
  const { face } = await human.detect(tensor);
  human.tf.dispose(tensor);
  return { type: 'timing', timing: { totalMs: performance.now() - startedAt, faces: face.length } };
}

const send = (reply: HumanReply) => process.send?.(reply);
process.on('disconnect', () => process.exit());
process.on('message', (request: HumanRequest) => {
  void answer(request).then(send);
});
send({ type: 'ready' });
