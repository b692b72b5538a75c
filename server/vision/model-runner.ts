import type { ModelId } from '../../models/ids.ts';

/** One output of a network. `dims[0]` is the batch. */
export interface Tensor {
  readonly dims: readonly number[];
  readonly data: Float32Array;
}

/** Runs networks. The vision code does not know the runtime. */
export interface ModelRunner {
  /** Whether the network is loaded; the optional ones may not be. */
  has(model: ModelId): boolean;
  /**
   * Runs a network on one input. The caller may reuse `input` once the promise is settled. Rejects when the network is
   * absent, or when `dims` does not fit it.
   */
  run(model: ModelId, input: Float32Array, dims: readonly number[]): Promise<readonly Tensor[]>;
}

/**
 * The output with `valuesPerItem` numbers for each item of the batch. Outputs are distinguished by their size, because
 * their names and order depend on how the network was converted. Throws when none fits.
 */
export function outputOfSize(outputs: readonly Tensor[], valuesPerItem: number, batch = 1): Float32Array {
  const found = outputs.find((output) => output.data.length === valuesPerItem * batch);
  if (found === undefined) throw new Error(`The network has no output of ${valuesPerItem} values an item.`);
  return found.data;
}
