import type { PreparedModels } from '../../models/prepared.ts';
import type { AnalyzeReply, FrameAnalyzer } from '../../server/inference/calls.ts';
import { createPool } from '../../server/inference/pool.ts';
import type { AnalysisOptions, FaceRegion } from '../../server/vision/analysis.ts';
import { sessionAnalysisOptions, verifyingModels } from './ours.ts';
import { summarise, type Summary } from './summary.ts';

export interface PoolRate {
  readonly workers: number;
  /** Frames per second with all workers busy, for followed faces without optional analyses. */
  readonly trackedPerSecond: number;
  /**
   * Frames per second for the requests of sessions under the standard policy, with embeddings, PAD and the detector on
   * some frames.
   */
  readonly sessionPerSecond: number;
  /** Time from a frame's submission to its answer, without the worker's own time: copies, messages, event loops. */
  readonly transferMs: Summary;
}

export interface FollowedFrame {
  readonly frame: Buffer;
  readonly region: FaceRegion;
}

const NOTHING: AnalysisOptions = { embeddings: false, pad: false, countFaces: false };
const MAX_PIXELS = 16_000_000;
const JOB_TIMEOUT_MS = 60_000;
const WARM_UP_FRAMES = 20;
const TRANSFER_FRAMES = 60;

/** Drives the real pool for `seconds` with each kind of request. */
export async function measurePool(
  models: PreparedModels['models'],
  workers: number,
  followed: readonly FollowedFrame[],
  seconds: number,
): Promise<PoolRate> {
  const pool = await createPool({
    workers,
    models,
    maxImagePixels: MAX_PIXELS,
    jobTimeoutMs: JOB_TIMEOUT_MS,
  });
  const verifying = verifyingModels((model) => models[model] !== undefined);
  const asSession = (index: number) => sessionAnalysisOptions(index, verifying);
  try {
    for (let i = 0; i < WARM_UP_FRAMES * workers; i++)
      await ask(pool, followed[i % followed.length], asSession(i));
    const transfers: number[] = [];
    for (let i = 0; i < TRANSFER_FRAMES; i++) {
      const startedAt = performance.now();
      const reply = await ask(pool, followed[i % followed.length], NOTHING);
      if (reply.ok) transfers.push(performance.now() - startedAt - reply.timings.totalMs);
    }
    return {
      workers,
      trackedPerSecond: await rate(pool, followed, seconds, () => NOTHING),
      sessionPerSecond: await rate(pool, followed, seconds, asSession),
      transferMs: summarise(transfers),
    };
  } finally {
    await pool.close();
  }
}

/** Keeps two frames for each worker in progress, as a session keeps one in progress and one waiting. */
async function rate(
  pool: FrameAnalyzer,
  followed: readonly FollowedFrame[],
  seconds: number,
  optionsFor: (index: number) => AnalysisOptions,
): Promise<number> {
  let done = 0;
  let next = 0;
  const startedAt = performance.now();
  const lane = async () => {
    while (performance.now() - startedAt < seconds * 1000) {
      const index = next++;
      await ask(pool, followed[index % followed.length], optionsFor(index));
      done++;
    }
  };
  await Promise.all(Array.from({ length: 2 * pool.workers }, lane));
  return (1000 * done) / (performance.now() - startedAt);
}

/** Rejects when a frame is refused, because refusals are no throughput. */
async function ask(
  pool: FrameAnalyzer,
  followed: FollowedFrame,
  options: AnalysisOptions,
): Promise<AnalyzeReply> {
  const image = new Uint8Array(followed.frame).buffer;
  const reply = await new Promise<AnalyzeReply>((resolve) => {
    pool.requestTurn(() => ({ image, region: followed.region, wants: options }), resolve);
  });
  if (!reply.ok) throw new Error(`A frame was refused: ${reply.code}.`);
  return reply;
}
