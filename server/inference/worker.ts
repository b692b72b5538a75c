import { parentPort, workerData } from 'node:worker_threads';
import { FrameAnalyzerCore } from '../vision/analyze.ts';
import type { Stage } from '../vision/find.ts';
import type { FrameAnalysis } from '../vision/analysis.ts';
import type { AnalyzeReply, AnalyzeTimings } from './calls.ts';
import { ImageDecoder } from './image-decoder.ts';
import { OrtRunner } from './ort-model.ts';
import type { PoolMessage, WorkerMessage, WorkerSettings } from './worker-messages.ts';

if (parentPort === null) throw new Error('This module runs as a worker thread.');
const port = parentPort;
const settings: WorkerSettings = workerData;
const decoder = new ImageDecoder(settings.maxImagePixels);
const analyzer = new FrameAnalyzerCore(await OrtRunner.load(settings.models));

port.on('message', (request: PoolMessage) => {
  void answer(request).then(({ message, transfer }) => {
    port.postMessage(message, transfer);
  });
});
port.postMessage({ type: 'ready' } satisfies WorkerMessage);

interface Answer {
  readonly message: WorkerMessage;
  readonly transfer: ArrayBuffer[];
}

/** Never rejects: whatever goes wrong costs this one frame. */
async function answer({ image, region, wants }: PoolMessage): Promise<Answer> {
  try {
    const startedAt = performance.now();
    const decoded = await decoder.decode(Buffer.from(image));
    if (!decoded.ok) return { message: { type: 'reply', reply: decoded }, transfer: [] };
    const spent: Record<Stage, number> = {
      hash: 0,
      detect: 0,
      mesh: 0,
      eyes: 0,
      quality: 0,
      embed: 0,
      pad: 0,
    };
    const decodedAt = performance.now();
    let markedAt = decodedAt;
    const analysis = await analyzer.analyze(decoded.image, region, wants, (stage) => {
      const now = performance.now();
      spent[stage] += now - markedAt;
      markedAt = now;
    });
    const timings: AnalyzeTimings = {
      decodeMs: decodedAt - startedAt,
      detectMs: spent.detect,
      meshMs: spent.mesh,
      eyesMs: spent.eyes,
      embedMs: spent.embed,
      padMs: spent.pad,
      totalMs: performance.now() - startedAt,
    };
    const reply: AnalyzeReply = { ok: true, analysis, timings };
    return { message: { type: 'reply', reply }, transfer: ownedBuffers(analysis) };
  } catch (error) {
    const failure = error instanceof Error ? error.message : String(error);
    return {
      message: { type: 'reply', reply: { ok: false, code: 'server.internal' }, failure },
      transfer: [],
    };
  }
}

/** The buffers that the analysis alone holds, to be moved instead of copied. */
function ownedBuffers({ face }: FrameAnalysis): ArrayBuffer[] {
  if (!face.found) return [];
  const arrays = [face.value.landmarks, ...Object.values(face.value.embeddings ?? {})];
  return arrays.map(({ buffer }) => buffer).filter((buffer) => buffer instanceof ArrayBuffer);
}
