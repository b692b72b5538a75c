import type { ChosenFence } from './fence/choose.ts';
import type { FenceReport } from './fence/fence.ts';
import { createPool, type MeasurablePool, type PoolOptions } from './pool.ts';

export interface FencedPool {
  readonly pool: MeasurablePool;
  readonly fence: FenceReport;
}

/**
 * Starts a pool behind the first fence behind which workers start. Rejects as `createPool` does when they start behind
 * none, and as the iteration of `fences` does.
 * @param onRefused called when workers do not start behind a fence, before the next one is tried
 */
export async function createFencedPool(
  fences: AsyncIterable<ChosenFence>,
  options: Omit<PoolOptions, 'fence'>,
  onRefused: (error: unknown, report: FenceReport) => void,
): Promise<FencedPool> {
  for await (const { fence, report } of fences) {
    try {
      return { pool: await createPool({ ...options, fence }), fence: report };
    } catch (error) {
      if (fence.kind === 'none') throw error;
      onRefused(error, report);
    }
  }
  throw new Error('There is no fence to start workers behind.');
}
