import { FrameAnalyzerCore } from '../vision/analyze.ts';
import type { Stage } from '../vision/find.ts';
import type { AnalyzeReply, AnalyzeRequest, AnalyzeTimings } from './calls.ts';
import { ExecutionProviderError } from './execution-provider.ts';
import { ImageDecoder } from './image-decoder.ts';
import { OrtRunner } from './ort-model.ts';
import { dieWithParent, offerToDieFirst } from './parent-watch.ts';
import type { PoolMessage, WorkerMessage, WorkerSettings } from './worker-messages.ts';

interface Tools {
  readonly decoder: ImageDecoder;
  readonly analyzer: FrameAnalyzerCore;
}

let tools: Promise<Tools> | null = null;

// Only the pool ends a worker. Ctrl-C reaches the whole process group, but running frames are still to be finished.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => {});
process.on('disconnect', () => process.exit());
dieWithParent();
offerToDieFirst();

process.on('message', (message: PoolMessage) => {
  if (message.type === 'settings') {
    tools = load(message.settings);
    tools.then(
      () => send({ type: 'ready' }),
      (error: unknown) => send(startFailure(error), () => process.exit(1)),
    );
  } else {
    void answer(message.request).then((reply) => send(reply));
  }
});

function send(message: WorkerMessage, whenSent: () => void = () => {}): void {
  process.send?.(message, whenSent);
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function startFailure(error: unknown): WorkerMessage {
  return error instanceof ExecutionProviderError
    ? { type: 'failed', detail: error.detail, provider: error.provider }
    : { type: 'failed', detail: describe(error) };
}

async function load({ models, maxImagePixels, executionProvider }: WorkerSettings): Promise<Tools> {
  const analyzer = new FrameAnalyzerCore(await OrtRunner.load(models, executionProvider));
  return { analyzer, decoder: new ImageDecoder(maxImagePixels) };
}

/** Never rejects: a failure concerns this one frame only. */
async function answer(request: AnalyzeRequest): Promise<WorkerMessage> {
  try {
    if (tools === null) throw new Error('A frame came before the settings.');
    return { type: 'reply', reply: await analyze(await tools, request) };
  } catch (error) {
    return { type: 'reply', reply: { ok: false, code: 'server.internal' }, failure: describe(error) };
  }
}

async function analyze(
  { decoder, analyzer }: Tools,
  { image, region, wants, rests }: AnalyzeRequest,
): Promise<AnalyzeReply> {
  const startedAt = performance.now();
  const decoded = await decoder.decode(Buffer.from(image));
  if (!decoded.ok) return decoded;
  const spent: Record<Stage, number> = {
    hash: 0,
    detect: 0,
    mesh: 0,
    eyes: 0,
    quality: 0,
    relief: 0,
    embed: 0,
    pad: 0,
    motion: 0,
  };
  const decodedAt = performance.now();
  let markedAt = decodedAt;
  const onStage = (stage: Stage) => {
    const now = performance.now();
    spent[stage] += now - markedAt;
    markedAt = now;
  };
  const analysis = await analyzer.analyze(decoded.image, region, wants, onStage, rests);
  const timings: AnalyzeTimings = {
    decodeMs: decodedAt - startedAt,
    detectMs: spent.detect,
    meshMs: spent.mesh,
    eyesMs: spent.eyes,
    embedMs: spent.embed,
    padMs: spent.pad,
    totalMs: performance.now() - startedAt,
  };
  return { ok: true, analysis, timings };
}
