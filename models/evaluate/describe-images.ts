import { readFile } from 'node:fs/promises';
import type { AnalyzeReply, FrameAnalyzer } from '../../server/inference/calls.ts';
import { recordOf, type ImageRecord } from './image-record.ts';
import type { RecordCache } from './record-cache.ts';

/** One picture to describe, perhaps after something is done to it. */
export interface ImageJob {
  readonly file: string;
  readonly change?: {
    /** Names the change in the cache: the same id must always do the same. */
    readonly id: string;
    readonly apply: (image: Buffer) => Promise<Buffer>;
  };
}

export interface DescribeOptions {
  readonly cache: RecordCache;
  /** Called once at most, when a picture is not in the cache. The pool belongs to the caller. */
  readonly startPool: () => Promise<FrameAnalyzer>;
  readonly onDone: () => void;
}

export interface DescribedImages {
  /** In the order of the jobs. */
  readonly records: ImageRecord[];
  /** Pictures that went through the vision code in this run; the rest was in the cache. */
  readonly computed: number;
}

const WANTS = { embeddings: true, pad: false, countFaces: false } as const;
/** Enough to keep the workers busy while the next pictures are read. */
const LANES = 16;

/**
 * Describes pictures as a session's frames are: through the pool's workers, which see single pictures with nothing
 * known before. What is found is kept in the cache at once, so a run that was broken off goes on where it was.
 */
export async function describeImages(
  jobs: readonly ImageJob[],
  { cache, startPool, onDone }: DescribeOptions,
): Promise<DescribedImages> {
  const records = Array.from<ImageRecord>({ length: jobs.length });
  let pool: Promise<FrameAnalyzer> | null = null;
  let computed = 0;
  let next = 0;
  const lane = async () => {
    while (next < jobs.length) {
      const index = next++;
      const { file, change } = jobs[index];
      const variant = change?.id ?? 'as-is';
      const original = await readFile(file);
      let record = await cache.get(original, variant);
      if (record === null) {
        const image = change === undefined ? original : await change.apply(original);
        record = recordOf(await analyze(await (pool ??= startPool()), image));
        computed++;
        // A worker that failed says nothing about the picture: the next run tries again.
        if (record.acquired || record.why !== 'server.internal') await cache.put(original, variant, record);
      }
      records[index] = record;
      onDone();
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  return { records, computed };
}

function analyze(pool: FrameAnalyzer, image: Buffer): Promise<AnalyzeReply> {
  return new Promise((resolve) => {
    pool.requestTurn(() => ({ image: new Uint8Array(image).buffer, region: null, wants: WANTS }), resolve);
  });
}
