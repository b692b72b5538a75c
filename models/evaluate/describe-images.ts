import { readFile } from 'node:fs/promises';
import type { AnalyzeReply, FrameAnalyzer } from '../../server/inference/calls.ts';
import { recordOf, type ImageRecord } from './image-record.ts';
import type { RecordCache } from './record-cache.ts';

/** One image to analyse, after an optional change. */
export interface ImageJob {
  readonly file: string;
  readonly change?: {
    /** Names the change in the cache: the same id must always make the same change. */
    readonly id: string;
    readonly apply: (image: Buffer) => Promise<Buffer>;
  };
}

interface DescribeOptions {
  readonly cache: RecordCache;
  /** Called at most once, when an image is not in the cache. The caller owns the pool. */
  readonly startPool: () => Promise<FrameAnalyzer>;
  readonly onDone: () => void;
}

interface DescribedImages {
  /** In the order of the jobs. */
  readonly records: ImageRecord[];
  /** Images that were analysed in this run. The other records came from the cache. */
  readonly computed: number;
}

const ANALYSIS_OPTIONS = { embeddings: true, pad: false, countFaces: false } as const;
/** Images in progress at a time: enough that the workers stay busy while the next images are read. */
const LANES = 16;

/**
 * Analyses images as the frames of a session are: by the pool's workers, each image without a preceding frame. Each
 * record is stored in the cache at once, so an interrupted run continues where it stopped.
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
        // A failed worker tells nothing about the image: the next run analyses it again.
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
    pool.requestTurn(
      () => ({ image: new Uint8Array(image).buffer, region: null, wants: ANALYSIS_OPTIONS }),
      resolve,
    );
  });
}
